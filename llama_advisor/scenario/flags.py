"""One flag per scenario field: the table from which the command line is made."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Optional

import typer

from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from collections.abc import Callable


class Flag(NamedTuple):
    """How one field is spelled."""

    flag: str
    field: str
    kind: str  # one: given once; many: may be repeated; yes: a switch.

    @property
    def parameter(self) -> str:
        """Name of the function's parameter."""
        return self.flag.removeprefix("--").replace("-", "_")


FLAGS = (
    Flag("--use-case", "use_cases", "many"),
    Flag("--input", "inputs", "many"),
    Flag("--target", "target", "one"),
    Flag("--hardware", "hardware", "many"),
    Flag("--accelerator", "accelerator", "one"),
    Flag("--memory-budget-gib", "memory_budget_gib", "one"),
    Flag("--context", "context_tokens", "one"),
    Flag("--output-tokens", "output_tokens", "one"),
    Flag("--concurrency", "concurrent_requests", "one"),
    Flag("--requests-per-second", "requests_per_second", "one"),
    Flag("--images-per-prompt", "images_per_prompt", "one"),
    Flag("--min-tokens-per-s", "min_tokens_per_s", "one"),
    Flag("--max-first-token-s", "max_first_token_s", "one"),
    Flag("--max-answer-s", "max_answer_s", "one"),
    Flag("--language", "languages", "many"),
    Flag("--domicile", "domicile", "one"),
    Flag("--end-user-region", "end_user_region", "one"),
    Flag("--monthly-active-users", "monthly_active_users", "one"),
    Flag("--commercial", "commercial", "yes"),
    Flag("--tool-calling", "tool_calling", "one"),
    Flag("--structured-output", "structured_output", "yes"),
    Flag("--fine-tuning", "fine_tuning", "many"),
    Flag("--offline", "offline", "yes"),
    Flag("--budget-usd-per-month", "budget_usd_per_month", "one"),
    Flag("--tokens-per-month", "tokens_per_month", "one"),
    Flag("--engine", "engine", "one"),
    Flag("--quantization", "quantization", "one"),
    Flag("--model", "model", "one"),
    Flag("--only-model", "only.models", "many"),
    Flag("--only-family", "only.families", "many"),
    Flag("--only-engine", "only.engines", "many"),
    Flag("--only-quantization", "only.quantizations", "many"),
    Flag("--max-parameters-b", "only.max_parameters_b", "one"),
    Flag("--provider", "provider", "one"),
    Flag("--service-region", "service_region", "one"),
    Flag("--symptom", "symptoms", "many"),
    Flag("--priority", "priorities", "many"),
)
DEPLOYMENT = Flag("--deployment", "deployment", "one")
FLAG_OF = {flag.field: flag.flag for flag in FLAGS}
_TYPES: dict[str, Any] = {"one": Optional[str], "many": Optional[list[str]], "yes": Optional[bool]}  # noqa: UP045
_SETTING = 2


def with_flags(
    flags: tuple[Flag, ...], panel: str, says: Callable[[Flag], str] | None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command these flags; it receives them as one dict, `said`.

    `says` describes a flag; give it only where help is printed: reading takes longer than an answer.
    """
    made = [
        inspect.Parameter(
            flag.parameter,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=_annotation(flag, panel, says(flag) if says else ""),
        )
        for flag in flags
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "said"]

        def called(**arguments: Any) -> None:
            values = {flag.field: arguments.pop(flag.parameter) for flag in flags}
            command(said={field: value for field, value in values.items() if value is not None}, **arguments)

        keyed = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        called.__signature__ = inspect.Signature([*keyed, *made])  # type: ignore[attr-defined]
        called.__annotations__ = {p.name: p.annotation for p in (*keyed, *made)}
        called.__doc__, called.__name__ = command.__doc__, command.__name__
        return called

    return decorate


def _annotation(flag: Flag, panel: str, says: str) -> Any:
    names = (f"{flag.flag}/--no-{flag.flag[2:]}",) if flag.kind == "yes" else (flag.flag,)
    return Annotated[_TYPES[flag.kind], typer.Option(*names, help=says, show_default=False, rich_help_panel=panel)]


def file_flags(*, described: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the decorator for commands that read a scenario file, too: --deployment picks one of a project file."""
    return with_flags((*FLAGS, DEPLOYMENT), "Scenario", _scenario_says if described else None)


def scenario_flags(*, described: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the decorator with one flag per scenario field."""
    return with_flags(FLAGS, "Scenario", _scenario_says if described else None)


def _scenario_says(flag: Flag) -> str:
    from llama_advisor.scenario.scenario import Only, Scenario
    from llama_advisor.text.descriptions import field_descriptions

    if flag is DEPLOYMENT:
        return "Deployment of a project file whose requirements are the scenario."
    owner, _, field = flag.field.rpartition(".")
    return field_descriptions(Only if owner else Scenario).get(field, "")


def spelled(flag: Flag, value: Any) -> list[str]:
    """Return the words that state a field: a switch, or the flag before each value."""
    if isinstance(value, bool):
        return [flag.flag if value else f"--no-{flag.flag[2:]}"]
    return [word for item in (value if isinstance(value, (list, tuple)) else [value]) for word in (flag.flag, item)]


def nested(said: dict[str, Any]) -> dict[str, Any]:
    """Return flags as scenario keys: dotted fields nested, `quality=3` pairs as a mapping."""
    made: dict[str, Any] = {}
    for field, value in said.items():
        owner, _, name = field.rpartition(".")
        if owner:
            made.setdefault(owner, {})[name] = value
        elif field == "priorities":
            made[field] = dict(_setting(text) for text in value)
        elif field == "hardware":
            made[field] = value[0] if len(value) == 1 else value
        else:
            made[field] = value
    return made


def _setting(text: str) -> tuple[str, str]:
    parts = text.split("=", 1)
    if len(parts) != _SETTING:
        raise InputError(f"--priority: write criterion=number, e.g. quality=3, not {printable(text)!r}")
    return parts[0].strip(), parts[1].strip()
