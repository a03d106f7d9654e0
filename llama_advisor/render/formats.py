"""The formats of answers, one line each; what writes a format is loaded when it is asked for. JSON is written here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import is_record, plain


class View(NamedTuple):
    """How an answer is to be shown."""

    colour: bool = False
    width: int = 80
    unicode: bool = True  # Whether the output takes more than ASCII.
    why: bool = False  # Whether text shows what every point rests on.
    top: int = 5  # Models that text shows of a ranking.
    command: str = ""  # What prints a report again.


class Format(NamedTuple):
    """One format of an answer."""

    module: str  # In this package.
    function: str  # Takes a result, the rule base and a view; returns text.
    report: bool = False  # Whether it shows every reason, as `--why` does.
    varied: bool = False  # Whether it shows how the answer moves, too.

    def writer(self) -> Callable[[Any, RuleBase, View], str]:
        """Load what writes this format; InputError where the library of an extra is not installed."""
        try:
            module = import_module(f"llama_advisor.render.{self.module}")
        except ModuleNotFoundError as error:
            if error.name not in {"jinja2", "markupsafe"}:
                raise
            raise InputError("--format html needs Jinja2: pip install jinja2") from error
        written: Callable[[Any, RuleBase, View], str] = getattr(module, self.function)
        return written


ONLY_WHEN_ASKED = frozenset({"builds", "training", "limits", "value"})
_STEERS = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]|(?<=#)#")
JSON = Format("formats", "json_answer")
ADVICE = {
    "text": Format("advice", "advice_text"),
    "json": JSON,
    "markdown": Format("record", "record", report=True),
    "html": Format("report", "report_html", report=True, varied=True),
}
GRID = {
    "text": Format("grid", "grid_text"),
    "json": JSON,
    "csv": Format("grid", "grid_csv"),
    "svg": Format("svg", "grid_svg"),
    "html": Format("page", "grid_html"),
}
EXPLANATION = Format("explain", "explanation_text")
COMPARISON = {"text": Format("explain", "comparison_text"), "json": JSON, "html": Format("page", "comparison_html")}


def to_json(result: Any, *, indent: int | None = 2) -> str:
    """Return a result, or plain data, as JSON, in the order of its contract.

    What would steer a terminal, and `##` as build servers know it, is escaped; only a string can hold it.
    """
    data = asked_for(result) if is_record(type(result)) else plain(result)
    return _STEERS.sub(lambda found: f"\\u{ord(found[0][-1]):04x}", json.dumps(data, indent=indent, ensure_ascii=False))


def json_answer(result: Any, *_: object) -> str:
    """Write a result as a JSON file, as a format of answers."""
    return to_json(result) + "\n"


def asked_for(result: Any) -> dict[str, Any]:
    """Return a result as plain data, without parts that nobody asked for."""
    return {name: value for name, value in plain(result).items() if value is not None or name not in ONLY_WHEN_ASKED}


def fence(text: str, least: int = 1) -> str:
    """Return the marks around code of Markdown, `least` of them and more than any in the text follow each other."""
    return "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))


def as_file(fields: dict[str, Any]) -> list[str]:
    """Return the lines of a YAML file with these fields; JSON values are YAML."""
    return [f"{name}: {to_json(value, indent=None)}" for name, value in fields.items()]
