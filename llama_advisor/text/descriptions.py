"""What fields mean, as their annotations say it, in schemas and in help."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel

from llama_advisor.text.record import is_record, model_of


def field_descriptions(schema: type[BaseModel]) -> dict[str, str]:
    """Return what each field of `schema` means: the text in its `Annotated`."""
    return {
        name: next((item for item in field.metadata if isinstance(item, str)), "")
        for name, field in schema.model_fields.items()
    }


def json_schema(kind: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema of a model or a kind of record, every field described."""
    schema: type[BaseModel] = model_of(kind) if is_record(kind) else kind
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
