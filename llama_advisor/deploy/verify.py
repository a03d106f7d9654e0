"""Readings beside what is predicted of the build at the same lengths, and as an entry for the team's own layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal

from llama_advisor.deploy.readings import MEASURES, Reading, Readings
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.verifying import Verifying
from llama_advisor.scenario import names
from llama_advisor.scenario.scenario import Assumption
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.figures import MachineUsed, Range
from llama_advisor.sizing.request import Estimate, EstimateRequest
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import Record

Entry = dict[str, Any]
LESS_IS_BETTER = frozenset({"first_token_s", "weights_gib", "device_weights_gib", "total_gib"})
KEPT = ("decode_tokens_per_s", "prefill_tokens_per_s", "first_token_s", "total_gib")
LENGTHS = ("context_tokens", "prompt_tokens", "output_tokens")
LOADS = {"concurrency": "concurrent_requests"} | dict(zip(LENGTHS, LENGTHS, strict=True))
"""Fields of a request, and what a reading says of them."""


class Compared(Record):
    """One figure beside its prediction."""

    figure: Annotated[str, "The figure."]
    measured: Annotated[float, "What was measured."]
    predicted: Annotated[Range, "What is predicted at the same lengths."]
    verdict: Annotated[Literal["within", "better", "worse"], "Where it lies; better is outside, on the good side."]
    ratio: Annotated[float | None, "Measured over the best guess; null where none is left to guess."]
    suggests: Annotated[str | None, "What that suggests, where it lies outside."]


class Verified(Record):
    """One reading, at its lengths."""

    context_tokens: Annotated[int, "Tokens allocated per sequence."]
    prompt_tokens: Annotated[int, "Tokens of a prompt."]
    output_tokens: Annotated[int, "Tokens of an answer."]
    concurrent_requests: Annotated[int, "Requests in flight."]
    figures: Annotated[tuple[Compared, ...], "Its figures."]
    basis: Annotated[str | None, "What the predicted speed rests on."]


class Verification(Record):
    """All readings of a source beside the predictions."""

    schema_version: Annotated[int, "Version of this contract."] = 1
    tool: Annotated[str, "What was read."]
    model: Annotated[str, "Model id."]
    quantization: Annotated[str, "Quantization id."]
    engine: Annotated[str, "Engine id."]
    engine_version: Annotated[str | None, "Its version, where the source says it."]
    machine: Annotated[MachineUsed, "The machine."]
    holds: Annotated[bool, "Whether no figure is worse than its range."]
    readings: Annotated[tuple[Verified, ...], "The readings."]
    assumptions: Annotated[tuple[Assumption, ...], "What was taken for granted of the build and its load."]


def verify(source: Readings, request: EstimateRequest, sizer: Sizer, day: date) -> tuple[Verification, list[Entry]]:
    """Set each reading beside its prediction, and return the entries that keep them.

    What the request says of the load outweighs what a reading says.
    """
    if sizer.read(request).machine is None:
        raise InputError("verify: state the machine that was measured, with --hardware")
    engine = {"engine": source.engine} if source.engine else {}
    verified, assumptions = list[Verified](), dict[Assumption, None]()
    entries: list[Entry] = []
    for reading in source.readings:
        _agree(reading, source, request, sizer.base)
        told = {field: value for field, name in LOADS.items() if (value := getattr(reading, name)) is not None}
        own = {field: value for field, value in told.items() if getattr(request, field) is None}
        asked = request.model_copy(update=own | engine)
        made, load = sizer.estimate(asked), sizer.read(asked).load
        loads: dict[str, int] = {name: getattr(load, name) for name in LOADS.values()}
        predicted = _predicted(made, sizer.estimate(asked.model_copy(update={"concurrency": 1})), sizer.base)
        figures = tuple(
            _compared(name, measured, predicted[name], sizer.base.verifying)
            for name in MEASURES
            if name in predicted and (measured := getattr(reading, name)) is not None
        )
        apart = sizer.base.verifying.weights_apart
        for figure in figures:
            if figure.figure.endswith("weights_gib") and not 1 / apart <= (figure.ratio or 1.0) <= apart:
                raise InputError(
                    f"verify: weights of {figure.measured:g} GiB are not those of {made.model} as {made.quantization}, "
                    f"{figure.predicted.mid:g} GiB; name the quantization that was measured"
                )
        verified.append(Verified(**loads, figures=figures, basis=made.speed.basis if made.speed else None))
        assumptions |= dict.fromkeys(made.assumptions)
        entries += _entries(reading, made, loads, source.tool, day)
    if made.machine is None or not any(item.figures for item in verified):
        raise InputError("verify: nothing is predicted of what was measured on this machine")
    return Verification(
        tool=source.tool,
        **_build(made),
        engine_version=source.readings[0].engine_version,
        machine=made.machine,
        holds=all(figure.verdict != "worse" for item in verified for figure in item.figures),
        readings=tuple(verified),
        assumptions=tuple(assumptions),
    ), entries


def _build(made: Estimate) -> dict[str, Any]:
    return {"model": made.model, "quantization": made.quantization, "engine": made.engine}


def _agree(reading: Reading, source: Readings, request: EstimateRequest, base: RuleBase) -> None:
    """Raise InputError where a reading is of another model or engine than the build that was named."""
    read = named = names.model_id(request.model, base)
    with suppress(InputError):  # a path or an alias says nothing
        read = names.model_id(reading.model or named, base)
    if read != named:
        raise InputError(f"verify: the reading is of {reading.model}, not of {named}")
    told = base.models[named].parameters
    if reading.parameters and abs(reading.parameters / told - 1) > base.verifying.parameters_apart:
        raise InputError(f"verify: the reading is of {reading.parameters / 1e9:.2f} billion parameters, not of {named}")
    if source.engine and request.engine and names.engine_id(request.engine, base) != source.engine:
        raise InputError(f"verify: {source.tool} is of {source.engine}, not of {request.engine}")


def _predicted(made: Estimate, one: Estimate, base: RuleBase) -> dict[str, Range]:
    """Return the range of each figure; `one` is the estimate with one request, whose cache counts the room for tokens.

    Memory lies between the weights alone and the upper estimate.
    """
    assert made.machine is not None
    found: dict[str, Range] = {name: getattr(made.speed, name) for name in MEASURES if hasattr(made.speed, name)}
    devices, memory, slack = made.machine.count * made.machine.nodes, made.memory, base.verifying.weights_slack
    whole, upper = memory.weights_gib, max(memory.total_gib, memory.per_device.need_gib * devices)
    found["weights_gib"] = Range(whole / slack, whole, whole * slack)
    found["device_weights_gib"] = Range(*(figure / devices for figure in found["weights_gib"]))
    found["total_gib"] = Range(whole, memory.total_gib, upper)
    memory = one.memory
    if memory.available_gib and memory.kv_cache_gib and base.engines[one.engine].concurrent_requests == "continuous":
        upper = max(memory.total_gib, memory.per_device.need_gib * devices)
        others = (upper - memory.kv_cache_gib, memory.total_gib - memory.kv_cache_gib, memory.weights_gib)
        per_gib = one.context_tokens / memory.kv_cache_gib
        found["kv_cache_tokens"] = Range(*(max(0.0, memory.available_gib - held) * per_gib for held in others))
    return found


def _compared(figure: str, measured: float, predicted: Range, rules: Verifying) -> Compared:
    verdict: Literal["within", "better", "worse"] = "within"
    if not predicted.low <= measured <= predicted.high:
        verdict = "better" if (measured < predicted.low) == (figure in LESS_IS_BETTER) else "worse"
    told = (item.say for item in rules.suggestions if (item.figure, item.side) == (figure, verdict))
    return Compared(
        figure=figure,
        measured=float(f"{measured:.4g}"),
        predicted=predicted.rounded(4),
        verdict=verdict,
        ratio=round(measured / predicted.mid, 3) if predicted.mid else None,
        suggests=next(told, None),
    )


def _entries(reading: Reading, made: Estimate, loads: dict[str, int], tool: str, day: date) -> Iterator[Entry]:
    """Yield the entry that keeps a reading of a speed on one node; none where there is no such figure."""
    kept = {name: float(f"{value:.4g}") for name in KEPT if (value := getattr(reading, name)) is not None}
    machine = made.machine
    if machine is None or machine.nodes > 1 or not kept.keys() - {"total_gib"}:
        return
    requests = -(-loads["concurrent_requests"] // machine.replicas)
    build = _build(made)
    lengths = f"p{loads['prompt_tokens']}-o{loads['output_tokens']}-r{requests}"
    entry = {"id": "-".join((*build.values(), f"{machine.count}x", machine.device, lengths)), **build}
    entry |= {"device": machine.device, "count": machine.count}
    entry |= {"engine_version": reading.engine_version} if reading.engine_version else {}
    yield entry | loads | {"concurrent_requests": requests} | kept | {"measured": day.isoformat(), "note": tool}
