"""Builds as they were judged, made by hand for tests."""

from __future__ import annotations

from typing import Any

from llama_advisor.engine.advice import Excuse
from llama_advisor.explain.options import Option

EXCUSE = Excuse(rule="r", text="too large", bottleneck="memory", value=2, limit=1, unit="GiB", layer="rules")


def made(name: str = "m", **fields: Any) -> Option:
    plain: dict[str, Any] = {
        "model": name,
        "quantization": "q",
        "engine": "e",
        "machine": None,
        "provider": None,
        "score": 1.0,
        "points": {},
        "quality": None,
        "tokens_per_s": None,
        "usd_per_month": None,
        "total_gib": None,
        "available_gib": None,
        "excuse": None,
    }
    return Option(**(plain | fields))
