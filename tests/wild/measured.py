"""How well the reader of `check` reads the labelled example repositories: deployments and their settings, by half."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from llama_advisor.check.findings import SourceText
from llama_advisor.check.reading.deployments import Deployment
from llama_advisor.check.reading.reader import Reader
from llama_advisor.engine.rules import load_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
REPOSITORIES = HERE / "repositories"
LABELS: dict[str, list[dict[str, Any]]] = yaml.safe_load((HERE / "labels.yaml").read_text(encoding="utf-8"))
HALVES = ("even", "odd")
OTHER = "other"
NAMED = {
    "context": "context_tokens",
    "parallelism": "tensor_parallel",
    "nodes": "pipeline_parallel",
    "version": "engine_version",
    "quantization": "quantization",
}
_PARENTS = re.compile(r"(?:/?\w[\w.@\-]*/|/)*")
"""What may stand before the name of a checkpoint and is part of it or not: folders, an owner, a host."""
BASE = load_rules()
READER = Reader(BASE)


class Setting(NamedTuple):
    """A setting that stands with a deployment; an engine may be named at several places, so its line is 0."""

    name: str
    value: str
    line: int


class Reading(NamedTuple):
    """A deployment that the reader sees in a file."""

    line: int
    column: int
    model: str
    forms: frozenset[str]
    settings: frozenset[Setting]


class Score(NamedTuple):
    """What was labelled, what was read, and what is in both."""

    labelled: frozenset[Any]
    read: frozenset[Any]

    @property
    def right(self) -> frozenset[Any]:
        """What was read as it is labelled."""
        return self.labelled & self.read

    @property
    def recall(self) -> float:
        """The share of the labelled that was read."""
        return len(self.right) / len(self.labelled)

    @property
    def precision(self) -> float:
        """The share of the read that is labelled."""
        return len(self.right) / len(self.read)


def readings(name: str, text: str) -> list[Reading]:
    """Return what the reader makes of a file, by its name in its repository; all that knows its interface."""
    source = SourceText(name, text, {})
    return [
        Reading(
            *source.span(item.model.start, item.model.end)[:2],
            item.model.checkpoint.model or OTHER,
            item.model.checkpoint.quantizations,
            frozenset(settings(item, source)),
        )
        for item in (READER.deployments(name, text) if READER.reads(name) else ())
        if item.model and item.model.checkpoint
    ]


def settings(deployment: Deployment, source: SourceText) -> Iterator[Setting]:
    """Yield what is set beside a model."""
    for item in deployment.settings:
        line = source.span(item.start, item.end)[0]
        if item.kind == "engine":
            yield Setting("engine", item.engine, 0)
        elif item.kind in NAMED:
            for value in item.quantizations or {str(item.number) if item.number else item.text}:
                yield Setting(NAMED[item.kind], value, line)


def half(repository: str) -> str:
    """Return which half a repository is in: `even` is looked at while the reader is written, `odd` is held back."""
    return HALVES[int(hashlib.sha256(repository.encode()).hexdigest(), 16) % 2]


def measured(which: str) -> dict[str, Score]:
    """Return the scores of a half: deployments, and of those read their columns, forms and settings; other models."""
    labelled: dict[str, set[Any]] = {"deployments": set(), "columns": set(), "forms": set(), "settings": set()}
    read: dict[str, set[Any]] = {name: set() for name in labelled}
    for file, labels in LABELS.items():
        if half(file.partition("/")[0]) != which:
            continue
        asides = {label["line"] for label in labels if "aside" in label}
        forms, columns = {}, {}
        for label in labels:
            if "aside" in label:
                continue
            key = (file, label["line"], label["model"])
            labelled["deployments"].add(key)
            columns[key] = label["column"]
            forms[key] = {label["form"]} if "form" in label else set()
            for name, (value, line) in label.get("settings", {}).items():
                labelled["settings"].add((*key, Setting(name, str(value), 0 if name == "engine" else line)))
        labelled["forms"] |= {(*key, form) for key, held in forms.items() for form in held}
        labelled["columns"] |= {(*key, column) for key, column in columns.items()}
        text = (REPOSITORIES / file).read_text(encoding="utf-8")
        lines = text.split("\n")
        for item in readings(file.partition("/")[2], text):
            key = (file, item.line, item.model)
            if key in labelled["deployments"]:
                begin, end = sorted((item.column, columns[key]))
                same = _PARENTS.fullmatch(lines[item.line - 1][begin - 1 : end - 1])
                read["columns"].add((*key, columns[key] if same else item.column))
                read["forms"] |= {(*key, form) for form in item.forms & forms[key] or item.forms}
                read["settings"] |= {(*key, setting) for setting in item.settings}
            if key in labelled["deployments"] or item.line not in asides:
                read["deployments"].add(key)
    scores = {name: Score(frozenset(labelled[name]), frozenset(read[name])) for name in labelled}
    foreign = (frozenset(key for key in side if key[2] == OTHER) for side in scores["deployments"])
    return {**scores, "other models": Score(*foreign)}
