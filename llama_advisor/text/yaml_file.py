"""YAML and JSON files as plain data that remembers where each value stands.

The parser is imported and the patterns are compiled when a file is read: most answers read none.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from llama_advisor.text.errors import InputError, PlacedError

Loc = tuple[Any, ...]
_INT = r"[-+]?(0|[1-9][0-9_]*)"
_FLOAT = r"[-+]?(\.[0-9]+|[0-9][0-9_]*\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
_BRACKETS = r"[\[\]{}]|(?:[-?]\s+){20,}"
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
_LOGGED = r"##(?=[\w.\-]*\[)"
_LED = r"(?m)^([ \t]*):(?=:)"
_ALIAS = r"[\s:,\-\[?]*(\*[^\s,\[\]{}]+)"
LONGEST_NUMBER = 300
DIGITS = "+-.0123456789"
MAX_OPEN = 1000
MAX_DEPTH = 60
MAX_NODES = 200_000
MAX_BYTES = 5_000_000


def printable(text: object) -> str:
    """Return `text` on one line without control characters, for messages; a build server logs no command of it."""
    told = re.sub(_CONTROL, "?", str(text).replace("\n", " "))
    return re.sub(_LOGGED, "#?", told) if "##" in told else told


def logged(text: str) -> str:
    """Return lines none of which begins as a command of a build server does: `::error::`, blanks before it or none."""
    return re.sub(_LED, r"\1?", text) if "::" in text else text


def steers(text: str) -> bool:
    """Tell whether lines that must stay as they are would steer a terminal or a build server that shows them."""
    return logged(text) != text or any(printable(line) != line for line in text.replace("\r\n", "\n").split("\n"))


class Document(NamedTuple):
    """One parsed file."""

    name: str
    text: str
    data: Any
    node: Any = None  # Root of the node tree, which knows where each value stands; composed again where not kept.

    def where(self, loc: Loc) -> str:
        """Return `file:line:column` of the value at `loc`, or of its nearest parent."""
        node = self.node or _compose(self.text, self.name)
        for key in loc:
            inside = _child(node, key)
            if inside is None:
                break
            _, node = inside
        return f"{self.name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}" if node else f"{self.name}:1:1"

    def error(self, loc: Loc, what: str) -> str:
        """Return `file:line:column: what`, one printable line."""
        return f"{printable(self.where(loc))}: {printable(what)}"


def _child(node: Any, key: Any) -> tuple[Any, Any] | None:
    """Return the nodes of a key and its value, for an entry of a list None and the entry; None where there is none."""
    if node.id == "mapping":
        return next(((name, value) for name, value in node.value if name.value == str(key)), None)
    if node.id == "sequence" and isinstance(key, int) and 0 <= key < len(node.value):
        return None, node.value[key]
    return None


def place_of(document: Document, loc: Loc, *, key: bool = False) -> tuple[int, int]:
    """Return the extent of the value at `loc`, an alias where it is used, or of its key; else of its nearest parent."""
    node, name, text = document.node, None, document.text
    place = _extent(node, text)
    for step in loc:
        inside = _child(node, step)
        if inside is None:
            return place
        before = node.start_mark.index
        name, value = inside
        if name is not None:
            before = name.end_mark.index
        else:
            for item in node.value[:step]:
                before = _used(item, before, text)[1]
        node, place = value, _used(value, before, text)
    return _extent(name, text) if key and name is not None else place


def _used(value: Any, before: int, text: str) -> tuple[int, int]:
    """Return where a value stands; one that stands before its key was written elsewhere and is named here."""
    if value.start_mark.index >= before:
        return _extent(value, text)
    alias = re.compile(_ALIAS).match(text, before)
    return alias.span(1) if alias else (before, before)


def _extent(node: Any, text: str) -> tuple[int, int]:
    """Return where a node begins and where its last value ends: a block's own end lies behind blanks and comments."""
    start, end = node.start_mark.index, node.end_mark.index
    if node.id != "scalar" and node.flow_style is False and node.value:
        last = node.value[-1]
        name, value = last if isinstance(last, tuple) else (None, last)
        if name is not None:
            return start, max(start, _used(value, name.end_mark.index, text)[1])
        if value.start_mark.index >= start:
            return start, _extent(value, text)[1]
    blank = node.id != "scalar" or node.style in {"|", ">"}
    return start, start + len(text[start:end].rstrip()) if blank else end


def parse(text: str, name: str) -> Document:
    """Parse YAML (or JSON, which is YAML); raise InputError with the position of what is wrong."""
    node = _compose(text, name)
    return Document(name, text, None if node is None else _Builder(name).build(node, 0), node)


def parse_all(text: str, name: str) -> tuple[Document, ...]:
    """Parse a file that may hold several documents; empty ones are left out."""
    builder = _Builder(name)
    return tuple(
        Document(name, text, builder.build(node, 0), node)
        for node in _compose(text, name, several=True)
        if node.id != "scalar" or node.style or node.value
    )


def nodes(text: str, name: str) -> list[Any]:
    """The node trees of all documents of a file; raise InputError where it is none, too large or too deep."""
    found: list[Any] = _compose(text, name, several=True)
    return found


def _refuse_what_is_too_large(text: str, name: str) -> None:
    """Bound size and nesting, before a parser that recurses sees the text."""
    depth = deepest = 0
    for bracket in re.findall(_BRACKETS, text):
        depth += 1 if bracket in "[{" else -1 if bracket in "]}" else bracket.count("-") + bracket.count("?")
        deepest = max(deepest, depth)
        depth = max(depth, 0) if bracket in "[]{}" else depth - bracket.count("-") - bracket.count("?")
    if deepest > MAX_OPEN:
        raise InputError(f"{printable(name)}: nested too deeply")
    if len(text) > MAX_BYTES:
        raise InputError(f"{printable(name)}: file is larger than {MAX_BYTES // 1_000_000} MB")


def _compose(text: str, name: str, *, several: bool = False) -> Any:
    """Node tree of the one document, or those of several."""
    import yaml

    _refuse_what_is_too_large(text, name)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return list(yaml.compose_all(text, Loader=loader)) if several else yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        what = printable(f"not valid YAML: {error.problem or error.context}")
        index = min(mark.index, len(text)) if mark else 0
        raise PlacedError(f"{printable(name)}{at}: {what}", what, index, index) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"{printable(name)}: not valid YAML: {printable(error)[:120]}") from error


class _Builder:
    """Turns a node tree into plain data with YAML 1.2 scalars."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes = 0

    def build(self, node: Any, depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise self.fail(node, "nested too deeply or too many values")
        if node.id == "scalar":
            if len(node.value) > LONGEST_NUMBER and not node.style and node.value[:1] in DIGITS:
                raise self.fail(node, "a number this long is no number of ours")
            return node.value if node.style else _scalar(node.value)
        if node.id == "sequence":
            return [self.build(item, depth + 1) for item in node.value]
        built: dict[str, Any] = {}
        for key, value in node.value:
            if key.id != "scalar":
                raise self.fail(key, "a key must be a plain word")
            if key.value in built:
                raise self.fail(key, f"duplicate key {key.value!r}")
            built[key.value] = self.build(value, depth + 1)
        return built

    def fail(self, node: Any, what: str) -> PlacedError:
        mark = node.start_mark
        told = printable(what)
        where = printable(f"{self.name}:{mark.line + 1}:{mark.column + 1}")
        return PlacedError(f"{where}: {told}", told, mark.index, node.end_mark.index)


def _scalar(value: str) -> Any:
    if value in _WORDS:
        return _WORDS[value]
    if re.fullmatch(_INT, value):
        return int(value.replace("_", ""))
    if re.fullmatch(_FLOAT, value):
        return float(value.replace("_", ""))
    return value
