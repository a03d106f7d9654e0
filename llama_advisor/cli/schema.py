"""schema: the JSON Schema of a kind of file or result."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from llama_advisor.engine import facts  # noqa: F401  (it fills the table of facts)
from llama_advisor.engine.fact import FACTS
from llama_advisor.knowledge.conditions import with_conditions
from llama_advisor.render.formats import to_json
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.wording import json_schema
from llama_advisor.text.yaml_file import printable


def schema(name: Annotated[str, typer.Argument(help="scenario, rule, model, hardware, recommendation …")]) -> int:
    """Print one JSON Schema."""
    known = schemas()
    if name not in known:
        raise InputError(f"unknown schema {printable(name)!r}{nearest(name, known)}")
    shown = json_schema(known[name])
    sys.stdout.write(to_json(with_conditions(shown, FACTS) if name == "rule" else shown) + "\n")
    return 0


def schemas() -> dict[str, type[Any]]:
    """Return the kinds of file and result that have a schema; where each is defined is listed beside this file."""
    listed: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    places = {name: place.split(":") for name, place in listed.items()}
    return {name: getattr(import_module(f"llama_advisor.{module}"), kind) for name, (module, kind) in places.items()}
