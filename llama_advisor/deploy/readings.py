"""Outputs of tools, recognised by what stands in them, as readings: figures with the lengths they hold for."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from typing import Annotated, Any, NamedTuple, get_args

from llama_advisor.knowledge.verifying import Figure, Measure, ReadFormat
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import Record
from llama_advisor.text.yaml_file import printable

Look = Callable[[str], Any]
MOST_CHARACTERS = 20_000_000
MOST_ROWS = 100
LONGEST_NAME = 200
PLAUSIBLE = 1e-6, 1e12
SCREENS = r"\x1b\[[0-9;?]*[A-Za-z]"  # colours and movements that a terminal's log keeps
METRIC = re.compile(r"^([A-Za-z_:][\w:]{0,200})(?:\{.*\})?[ \t]+(\S+)", re.MULTILINE)
MEASURES = tuple(name for part in get_args(Measure) for name in (get_args(part) or (part,)))
WHOLE = frozenset({"kv_cache_tokens", "concurrent_requests", "context_tokens", "prompt_tokens", "output_tokens"})
LOADED = tuple(name for name in MEASURES if not name.endswith("weights_gib"))
WORDS = frozenset({"model", "engine_version"})


class Reading(Record):
    """What was measured at one load; null where it was not told."""

    decode_tokens_per_s: Annotated[float | None, "Tokens generated per second and user."] = None
    prefill_tokens_per_s: Annotated[float | None, "Prompt tokens read per second."] = None
    first_token_s: Annotated[float | None, "Seconds to the first token."] = None
    total_tokens_per_s: Annotated[float | None, "Tokens generated per second over all users."] = None
    weights_gib: Annotated[float | None, "All weights, GiB."] = None
    device_weights_gib: Annotated[float | None, "Weights on one device, GiB."] = None
    total_gib: Annotated[float | None, "Memory in all, GiB."] = None
    kv_cache_tokens: Annotated[int | None, "Tokens for which the KV cache has room."] = None
    concurrent_requests: Annotated[int | None, "Requests in flight."] = None
    context_tokens: Annotated[int | None, "Tokens allocated per sequence."] = None
    prompt_tokens: Annotated[int | None, "Tokens of a prompt."] = None
    output_tokens: Annotated[int | None, "Tokens of an answer."] = None
    model: Annotated[str | None, "The model as it is named there."] = None
    engine_version: Annotated[str | None, "Version of the engine."] = None
    parameters: Annotated[float | None, "Parameters of the model."] = None


class Readings(NamedTuple):
    """What a source told."""

    tool: str
    engine: str  # Id of the engine that the format is always of; empty where it may be any.
    readings: tuple[Reading, ...]


def read(text: str, where: str, formats: Sequence[ReadFormat]) -> Readings:
    """Read a text of the first format that finds a measured figure in it; raise InputError where none does."""
    known = f"known: {', '.join(item.name for item in formats)}"
    if not text.strip():
        raise InputError(f"{printable(where)}: empty; {known}")
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"{printable(where)}: longer than {MOST_CHARACTERS // 1_000_000} million characters")
    plain = re.sub(SCREENS, "", text).replace("\r", "\n")
    metrics: dict[str, float] = {}
    for name, value in METRIC.findall(plain):
        metrics[name] = metrics.get(name, 0.0) + (_number(value) or 0.0)

    def last(pattern: str) -> str | None:
        return next((match[1] for match in deque(re.finditer(pattern, plain, re.MULTILINE), 1)), None)

    rows: list[Look] = [row.get for row in _rows(plain)]
    looks: dict[str, list[Look]] = {"json": rows, "metrics": [metrics.get], "text": [last]}
    for item in formats:
        try:
            found = [_reading(item, look) for look in looks[item.form]]
        except ValueError as error:
            raise InputError(f"{printable(where)}: {printable(error)}") from error
        # Weights alone are no reading of a load beside others, as where a prompt was read at a depth.
        readings = [reading for reading in found if any(getattr(reading, name) for name in LOADED)]
        readings = readings or [reading for reading in found if any(getattr(reading, name) for name in MEASURES)]
        if len(readings) > MOST_ROWS:
            raise InputError(f"{printable(where)}: {len(readings)} results; at most {MOST_ROWS} are read")
        if readings:
            return Readings(item.name, item.engine, tuple(readings))
    raise InputError(f"{printable(where)}: no measured figure found; {known}")


def _rows(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON text, or of its lines."""
    if text.lstrip()[:1] not in {"{", "["}:
        return
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = []
        for line in text.splitlines():
            try:
                whole.append(json.loads(line))
            except (ValueError, RecursionError):
                continue
    yield from (row for row in (whole if isinstance(whole, list) else [whole]) if isinstance(row, dict))


def _reading(item: ReadFormat, look: Look) -> Reading:
    values: dict[str, Any] = {}
    for figure in item.figures:
        if figure.figure not in values and (value := _value(figure, look)) is not None:
            values[figure.figure] = value
    return Reading(**values)


def _value(figure: Figure, look: Look) -> str | float | None:
    """Return one figure where it is there and plausible: a prompt may be empty, nothing else be nought."""
    found = look(figure.read)
    if figure.figure in WORDS:
        return printable(found)[:LONGEST_NAME] if isinstance(found, (str, int)) and found else None
    value, over = _number(found), _number(look(figure.over)) if figure.over else 1.0
    if isinstance(found, (int, float)) and not isinstance(found, bool) and value is None:
        raise ValueError(f"{figure.read} is {found}, and no figure")
    if value is None or not over or any(_number(look(name)) for name in figure.zero):
        return None
    if figure.figure == "prompt_tokens" and value == 0:
        return 0
    if not value:
        return None
    value = figure.factor * (over / value if figure.invert else value / over)
    if not PLAUSIBLE[0] <= value <= PLAUSIBLE[1]:
        return None
    return max(1, round(value)) if figure.figure in WHOLE else value


def _number(value: Any) -> float | None:
    """Read a number, also one with commas between thousands."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value.replace(",", "") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) and number >= 0 else None
