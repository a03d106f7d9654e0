"""One flag per field of an estimate's request: the table from which its command line is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.scenario.flags import Flag, with_flags

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


def estimate_flags(*, described: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the decorator with one flag per field of a request."""
    return with_flags(FLAGS, "Build", _says if described else None)


def _says(flag: Flag) -> str:
    from llama_advisor.sizing.request import EstimateRequest
    from llama_advisor.text.descriptions import field_descriptions

    return field_descriptions(EstimateRequest).get(flag.field, "")
