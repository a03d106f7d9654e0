"""Python: calls, assignments, defaults, items of dictionaries and lists; no docstrings, comparisons, enumerations."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from llama_advisor.check.reading import lines
from llama_advisor.check.reading.pieces import Entry, Named, Path, Piece

_BREAK = re.compile(r"\r\n|\n|\r")
_OPENING = re.compile(r"[rbfuRBFU]{0,2}(\"\"\"|'''|\"|')")
_NAME = re.compile(r"[A-Za-z][\w.\-]*")
_FILLED = re.compile(r"(?:[\w.:/\-]|\{\w+\})+")
_NAMED = re.compile(r"(?:(--?[\w.\-]+)=)?\{(\w+)\}")
LOOKUPS = frozenset({"get", "getenv", "setdefault", "env", "config", "get_env", "getattr"})
SKIPPED = (ast.Raise, ast.Assert, ast.Compare, ast.MatchValue, ast.Slice)


def read(piece: Piece, path: Path = ()) -> Iterator[Entry] | None:
    """Return what a module says; None where it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(piece.text)
        return iter(list(_Module(piece).walk(tree, path)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Module:
    """A text and where its lines begin."""

    def __init__(self, piece: Piece) -> None:
        self.piece, self.ascii = piece, piece.text.isascii()
        self.starts = [0, *(match.end() for match in _BREAK.finditer(piece.text))]
        self.readers: dict[type, Callable[[Any, Path], Iterator[Entry]]] = {
            **dict.fromkeys((ast.Constant, ast.JoinedStr), self._constant),
            **dict.fromkeys((ast.List, ast.Tuple, ast.Set), self._listed),
            **dict.fromkeys((ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr), self._assigned),
            **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda), self._function),
            **dict.fromkeys((ast.Import, ast.ImportFrom), self._imported),
            ast.Expr: self._statement,
            ast.BinOp: self._computed,
            ast.Call: self._call,
            ast.Dict: self._items,
            ast.ClassDef: self._class,
            ast.Subscript: self._subscript,
        }

    def _index(self, line: int, column: int) -> int:
        start = self.starts[line - 1]
        if not self.ascii:
            column = len(self.piece.text[start : start + column].encode()[:column].decode(errors="ignore"))
        return start + column

    def _span(self, node: ast.expr) -> tuple[int, int]:
        """Return where a value stands; of a string what is between the quotes."""
        start = self._index(node.lineno, node.col_offset)
        end = self._index(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        if isinstance(node, ast.JoinedStr | ast.Constant) and (opening := _OPENING.match(self.piece.text, start)):
            return opening.end(), end - len(opening[1])
        return start, end

    def walk(self, node: ast.AST, path: Path) -> Iterator[Entry]:
        """Yield what a node and those in it say."""
        read = self.readers.get(type(node))
        if read:
            yield from read(node, path)
        elif not isinstance(node, SKIPPED):
            yield from self._each(ast.iter_child_nodes(node), path)

    def _each(self, nodes: Iterable[ast.AST], path: Path) -> Iterator[Entry]:
        for node in nodes:
            yield from self.walk(node, path)

    def _statement(self, node: ast.Expr, path: Path) -> Iterator[Entry]:
        if _text(node.value) is None:  # no docstring
            yield from self.walk(node.value, path)

    def _constant(self, node: ast.expr, path: Path) -> Iterator[Entry]:
        piece = self.piece.part(*self._span(node))
        if isinstance(node, ast.JoinedStr) and (name := _NAMED.fullmatch(piece.text)):
            path = (*path, name[1]) if name[1] else path
            yield piece.entry(path, *name.span(2))._replace(value=f"${name[2]}")
        elif isinstance(node, ast.JoinedStr) and _FILLED.fullmatch(piece.text):
            yield piece.entry(path, 0, len(piece.text))
        else:
            yield from lines.value(piece, path)

    def _computed(self, node: ast.BinOp, path: Path) -> Iterator[Entry]:
        if all(isinstance(side, ast.Constant) for side in (node.left, node.right)):
            yield self.piece.entry(path, *self._span(node))

    def _listed(self, node: ast.List | ast.Tuple | ast.Set, path: Path) -> Iterator[Entry]:
        within = (*path, node.lineno, node.col_offset)
        spans = [(*self._span(item), _text(item) is not None) for item in node.elts]
        items = [lines.Item(start, end if text else start, quoted=True) for start, end, text in spans]
        yield from lines.options(self.piece, items, within)
        for index, item in enumerate(node.elts):
            if _text(item) is None:
                flag = (_text(node.elts[index - 1]) or "") if index else ""
                at = (*within, flag if flag.startswith("-") and "=" not in flag else index)
                if isinstance(item, ast.Name) and flag:
                    yield self._variable(item, at)
                yield from self.walk(item, at)

    def _assigned(self, node: Any, path: Path) -> Iterator[Entry]:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        key = _text(target.slice) if isinstance(target, ast.Subscript) else _called(target)
        if node.value:
            yield from self.walk(node.value, (*path, key) if key else path)

    def _class(self, node: ast.ClassDef, path: Path) -> Iterator[Entry]:
        if not any("Enum" in ast.dump(base) for base in node.bases):
            yield from self._each(node.body, (*path, Named(node.name)))

    def _subscript(self, node: ast.Subscript, path: Path) -> Iterator[Entry]:
        yield from self.walk(node.value, path)

    def _call(self, node: ast.Call, path: Path) -> Iterator[Entry]:
        name = _called(node.func)
        first = _text(node.args[0]) if node.args else None
        yield from self.walk(node.func, path) if not isinstance(node.func, ast.Name) else ()
        if first and len(node.args) > 1 and name.rpartition(".")[2] in LOOKUPS and _NAME.fullmatch(first):
            yield from self._each(node.args[1:], (*path, Named(first)))
            return
        place = (*path, name, node.lineno, node.col_offset) if name else path
        if first and first.startswith("-"):
            place = (*place, Named(first))
        else:
            for index, item in enumerate(node.args):
                if isinstance(item, ast.Name):
                    yield self._variable(item, (*place, index))
                yield from self.walk(item, (*place, index))
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            yield self._variable(node.func.value, place)
        for keyword in node.keywords:
            at = (*place, keyword.arg) if keyword.arg else place
            if isinstance(keyword.value, ast.Name):
                yield self._variable(keyword.value, at)
            elif isinstance(keyword.value, ast.Attribute):
                yield self.piece.entry(at, *self._span(keyword.value))
            yield from self.walk(keyword.value, at)

    def _variable(self, node: ast.Name, path: Path) -> Entry:
        return self.piece.entry(path, *self._span(node))._replace(value=f"${node.id}")

    def _items(self, node: ast.Dict, path: Path) -> Iterator[Entry]:
        within = (*path, node.lineno, node.col_offset)
        keyed = [(_text(key) if key else None, value) for key, value in zip(node.keys, node.values, strict=True)]
        if name := next((_text(value) for key, value in keyed if key == "name"), None):
            within = (*within, Named(name))
        for key, value in keyed:
            yield from self.walk(value, (*within, key) if key else within)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, path: Path) -> Iterator[Entry]:
        within = path if isinstance(node, ast.Lambda) else (*path, Named(node.name))
        given = node.args
        placed = [*given.posonlyargs, *given.args]
        pairs = [*zip(placed[len(placed) - len(given.defaults) :], given.defaults, strict=True)]
        for argument, default in [*pairs, *zip(given.kwonlyargs, given.kw_defaults, strict=True)]:
            if default is not None:
                yield from self.walk(default, (*within, argument.arg))
        inside = [node.body] if isinstance(node, ast.Lambda) else [*node.decorator_list, *node.body]
        yield from self._each(inside, within)

    def _imported(self, node: ast.Import | ast.ImportFrom, path: Path) -> Iterator[Entry]:
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        begin = self._index(node.lineno, node.col_offset)
        for module in modules:
            start = self.piece.text.find(module, begin)
            yield self.piece.entry((*path, "import"), start, start + len(module.partition(".")[0]))


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _called(node: ast.expr) -> str:
    """Return the name of what is called or assigned to, with what it belongs to: `AutoTokenizer.from_pretrained`."""
    if isinstance(node, ast.Attribute):
        return f"{_called(node.value).rpartition('.')[2]}.{node.attr}".removeprefix(".")
    return node.id if isinstance(node, ast.Name) else ""
