"""Which Llama 3.1 or 3.2 variant to deploy, in which build, on what hardware, and why."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llama_advisor.api import (
        Advice,
        Estimate,
        InputError,
        Scenario,
        estimate,
        load_rules,
        recommend,
        recommend_batch,
        to_json,
    )

__version__ = "0.1.0"
__all__ = [
    "Advice",
    "Estimate",
    "InputError",
    "Scenario",
    "__version__",
    "estimate",
    "load_rules",
    "recommend",
    "recommend_batch",
    "to_json",
]


def __getattr__(name: str) -> Any:
    """Load what programs use when they use it: the command line starts without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("llama_advisor.api"), name)
