"""Options that Python programs declare, read from their source, which is never run."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Definition = ast.ClassDef | ast.FunctionDef


def read(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def part(tree: ast.AST, name: str) -> Definition:
    """Find a class or function by its name, one inside another by a dotted name."""
    for step in name.split("."):
        tree = next(node for node in ast.walk(tree) if isinstance(node, Definition) and node.name == step)
    return cast("Definition", tree)


def declared(tree: ast.AST, call: str = "add_argument") -> set[str]:
    """Options that calls of a method name as text; an on-off option has its `--no-` beside it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == call:
            names = {text for text in _texts(node.args) if text.startswith("-")}
            actions = [ast.unparse(item.value) for item in node.keywords if item.arg == "action"]
            found |= names | (off(names) if any("BooleanOptionalAction" in action for action in actions) else set())
    return found


def click_options(function: Definition) -> set[str]:
    """Options that the decorators of a click command name."""
    return {name for call in function.decorator_list for name in declared(call, "option")}


def fields(tree: ast.AST, name: str) -> dict[str, str]:
    """Return the public fields of a dataclass with the text of their types; what it inherits is not followed."""
    found = {
        node.target.id: ast.unparse(node.annotation)
        for node in part(tree, name).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    return {field: text for field, text in found.items() if field[0] != "_" and "ClassVar" not in text}


def marked_fields(tree: ast.AST) -> set[str]:
    """Options of `field: A[type, "help"]` and `A[type, Arg(...)]`, in any class."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(
                target=ast.Name(id=name),
                annotation=ast.Subscript(value=ast.Name(id="A"), slice=ast.Tuple(elts=[_, ast.Call() as arg, *_])),
            ):
                said = {item.arg: item.value for item in arg.keywords}
                if "no_cli" not in said:
                    found |= set(_texts([said["cli_name"]])) if "cli_name" in said else {option(name)}
                    aliases = said.get("aliases")
                    found |= set(_texts(aliases.elts)) if isinstance(aliases, ast.List) else set()
            case ast.AnnAssign(
                target=ast.Name(id=name),
                annotation=ast.Subscript(value=ast.Name(id="A"), slice=ast.Tuple(elts=[_, help_text, *_])),
            ) if isinstance(help_text, ast.Constant | ast.JoinedStr | ast.BinOp):
                found.add(option(name))
    return found


def annotated_parameters(function: Definition, shared: ast.AST | None = None) -> set[str]:
    """Options of `name: Annotated[type, Option(...)]`; annotations that are only named stand in `shared`."""
    known = dict(_assigned(shared)) if shared else {}
    assert isinstance(function, ast.FunctionDef)
    found: set[str] = set()
    for item in function.args.args:
        annotation = item.annotation
        if isinstance(annotation, ast.Name):
            annotation = known.get(annotation.id)
        for call in ast.walk(annotation) if annotation else ():
            if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "Option":
                found |= {text for text in _texts(call.args) if text.startswith("-")} or {option(item.arg)}
    return found


def nested_fields(tree: ast.AST, name: str) -> set[str]:
    """Dotted names of the fields of a class and of the classes of the same file that its fields hold."""
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    found: set[str] = set()
    for field, annotation in fields(tree, name).items():
        held = annotation.removeprefix("Optional[").removesuffix("]")
        below = nested_fields(tree, held) if held in classes else set()
        found |= {f"{field}.{inner}" for inner in below} or {field}
    return found


def option(name: str) -> str:
    """Spell a name of Python as an option."""
    return "--" + name.replace("_", "-")


def off(options: set[str]) -> set[str]:
    """Spell the opposite of long options."""
    return {"--no-" + name[2:] for name in options if name.startswith("--")}


def _texts(nodes: list[ast.expr]) -> list[str]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def _assigned(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
