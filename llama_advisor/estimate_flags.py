"""One flag per field of an estimate's request: the table from which its command line is made."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from llama_advisor.descriptions import field_descriptions
from llama_advisor.flags import Flag
from llama_advisor.schema.estimate_result import EstimateRequest

if TYPE_CHECKING:
    from collections.abc import Callable

FLAGS = (
    Flag("--quantization", "quantization", "one"),
    Flag("--hardware", "hardware", "one"),
    Flag("--gpus", "gpus", "one"),
    Flag("--nodes", "nodes", "one"),
    Flag("--memory-gb", "memory_gb", "one"),
    Flag("--bandwidth-gb-s", "bandwidth_gb_s", "one"),
    Flag("--accelerator", "accelerator", "one"),
    Flag("--engine", "engine", "one"),
    Flag("--context", "context_tokens", "one"),
    Flag("--prompt-tokens", "prompt_tokens", "one"),
    Flag("--output-tokens", "output_tokens", "one"),
    Flag("--concurrency", "concurrency", "one"),
    Flag("--images-per-prompt", "images_per_prompt", "one"),
    Flag("--kv-cache-type", "kv_cache_type", "one"),
    Flag("--fine-tuning", "fine_tuning", "many"),
    Flag("--tokens-per-month", "tokens_per_month", "one"),
    Flag("--offer", "offer", "one"),
)
FLAG_OF = {flag.field: flag.flag for flag in FLAGS}
_TYPES: dict[str, Any] = {"one": Optional[str], "many": Optional[list[str]]}  # noqa: UP045


def with_estimate_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` every flag of a request; it receives them as one dict, `said`."""
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "said"]
    says = field_descriptions(EstimateRequest)
    flags = [
        inspect.Parameter(
            flag.parameter,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                _TYPES[flag.kind],
                typer.Option(flag.flag, help=says[flag.field], show_default=False, rich_help_panel="Build"),
            ],
        )
        for flag in FLAGS
    ]

    def called(**arguments: Any) -> None:
        values = {flag.field: arguments.pop(flag.parameter) for flag in FLAGS}
        command(said={field: value for field, value in values.items() if value is not None}, **arguments)

    keyed = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    called.__signature__ = inspect.Signature([*keyed, *flags])  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in (*keyed, *flags)}
    called.__doc__, called.__name__ = command.__doc__, command.__name__
    return called
