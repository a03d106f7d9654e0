"""What a file says to people and not to machines is blanked out, every character that stays keeping its place."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

_HASH = re.compile(r"(?m)(?:^|(?<=\s))#[^\n\r]*")
_NOT_BREAK = re.compile(r"[^\n\r]")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DOCS_AFTER = frozenset({tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT})
_DOCS_AFTER |= {tokenize.ENCODING}
PROSE = frozenset({".md", ".rst", ".txt", ".adoc"})
NO_COMMENTS = frozenset({".json", ".lock"}) | PROSE


def without_comments(name: str, text: str) -> str:
    """Return the text of a file with comments, docstrings and the prose of notebooks blanked out."""
    suffix = PurePath(name).suffix.lower()
    if suffix == ".ipynb":
        return _code_cells(text)
    if suffix == ".py":
        return _python(text)
    return text if suffix in NO_COMMENTS else _HASH.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return _NOT_BREAK.sub(" ", match[0])


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    made, at = [], 0
    for start, end in spans:
        made += [text[at:start], _NOT_BREAK.sub(" ", text[start:end])]
        at = end
    return "".join([*made, text[at:]])


def _python(text: str) -> str:
    """Blank comments and strings that are statements; a file that is no Python loses its comments alone."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    spans = []
    try:
        before = tokenize.ENCODING
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            alone = token.type == tokenize.STRING and before in _DOCS_AFTER
            if token.type == tokenize.COMMENT or (alone and _statement(lines, token)):
                begin = starts[token.start[0] - 1] + token.start[1]
                spans.append((begin, starts[token.end[0] - 1] + token.end[1]))
            if token.type not in {tokenize.NL, tokenize.COMMENT} or before in _DOCS_AFTER:
                before = token.type
    except (tokenize.TokenError, SyntaxError, IndexError):
        return _HASH.sub(_blank, text)
    return _blanked(text, spans)


def _statement(lines: list[str], token: tokenize.TokenInfo) -> bool:
    """Tell whether nothing but a comment follows a string on its last line, and nothing but blanks precede it."""
    before = lines[token.start[0] - 1][: token.start[1]]
    after = lines[token.end[0] - 1][token.end[1] :].split("#", 1)[0]
    return not before.strip() and not after.strip()


def _code_cells(text: str) -> str:
    """Keep the source of a notebook's code cells alone."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except (yaml.YAMLError, RecursionError, ValueError):
        return text
    kept = sorted(_sources(root))
    made, at = [], 0
    for start, end in kept:
        line = text[start:end]
        made.append(_NOT_BREAK.sub(" ", text[at:start]))
        comment = re.search(r'(?:^"|\\n|\s)\s*#', line)
        cut = comment.end() - 1 if comment and "\\n" not in line[comment.end() : -3] else len(line)
        made.append(line[:cut] + " " * (len(line) - cut))
        at = end
    made.append(_NOT_BREAK.sub(" ", text[at:]))
    return "".join(made)


def _sources(root: Any) -> Iterator[tuple[int, int]]:
    for cell in _items(_value(root, "cells")):
        if getattr(_value(cell, "cell_type"), "value", "") != "code":
            continue
        source = _value(cell, "source")
        for part in _items(source) or ([source] if isinstance(source, yaml.ScalarNode) else []):
            if isinstance(part, yaml.ScalarNode):
                yield part.start_mark.index, part.end_mark.index


def _value(node: Any, name: str) -> Any:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for key, value in pairs if key.value == name), None)


def _items(node: Any) -> list[Any]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
