"""Docstrings beneath fields as descriptions: read when a schema or help is printed, not at start-up."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from types import ModuleType


@cache
def _documented(module: ModuleType) -> dict[str, dict[str, str]]:
    """Return field docstrings by class name of one module."""
    tree = ast.parse(inspect.getsource(module))
    return {node.name: _fields(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _fields(node: ast.ClassDef) -> dict[str, str]:
    found = {}
    for field, after in zip(node.body, node.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[field.target.id] = inspect.cleandoc(str(after.value.value))
    return found


def field_descriptions(schema: type[BaseModel]) -> dict[str, str]:
    """Return what each field of `schema` means."""
    found: dict[str, str] = {}
    for cls in reversed(schema.__mro__):
        if issubclass(cls, BaseModel) and cls is not BaseModel:
            found |= _documented(sys.modules[cls.__module__]).get(cls.__name__, {})
    return found


def json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of `schema`, every field described."""
    made = schema.model_json_schema(by_alias=True)
    known = {cls.__name__: cls for cls in _reachable(schema)}
    for name, part in (*made.get("$defs", {}).items(), (schema.__name__, made)):
        if name in known:
            _describe(part, field_descriptions(known[name]), known[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made


def _describe(part: dict[str, Any], says: dict[str, str], schema: type[BaseModel]) -> None:
    names = {field.alias or name: name for name, field in schema.model_fields.items()}
    for shown, properties in part.get("properties", {}).items():
        if text := says.get(names.get(shown, shown)):
            properties["description"] = text


def _reachable(schema: type[BaseModel]) -> set[type[BaseModel]]:
    todo, seen = [schema], {schema}
    while todo:
        for field in todo.pop().model_fields.values():
            for found in _models_in(field.annotation):
                if found not in seen:
                    seen.add(found)
                    todo.append(found)
    return seen


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models_in(part)]
