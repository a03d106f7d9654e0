"""Every fact that a rule may test: `facts.json` lists them, here is what is worked out of a candidate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, get_args

from llama_advisor.engine.artifacts import artifact, published
from llama_advisor.engine.build_facts import LAID_OUT, SIZED, Compute, printed_total_gib
from llama_advisor.engine.fact import FACTS, HOPELESS, LEVELS, LOAD, OPEN
from llama_advisor.knowledge.conditions import Fact
from llama_advisor.knowledge.judgement import AnsweredBy
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario.need import LEFT_OPEN
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.sizing.figures import machine_name
from llama_advisor.text.tables import table

if TYPE_CHECKING:
    from llama_advisor.engine.candidate import Candidate

ROUNDED = 0.97
"""Share of a model's context from which a provider's figure is that context, rounded: 128,000 of 131,072."""
OTHERS = {
    "asked": "the build asked about",
    "companion": "the model that goes beside",
    "other": "the best build of the other lane, hosted or at home",
}
_COMPUTES = {"cpu": "cpu", "sbc": "cpu", "phone": "cpu", "npu": "npu"}


def _read(path: str) -> Compute:
    """Return the reader of a candidate's part; None where a part on the way is not there yet."""
    getter = attrgetter(path)

    def read(candidate: Candidate) -> Any:
        try:
            return getter(candidate)
        except AttributeError:
            return None

    return read


def _where(owner: str, compute: Compute) -> Compute:
    """Return a function that comes to None where the part of a candidate that it is about is not there yet."""
    part = attrgetter(owner)
    return lambda candidate: None if part(candidate) is None else compute(candidate)


def _allowed(limit: frozenset[str], value: str) -> bool:
    return not limit or value in limit


def _languages(candidate: Candidate) -> frozenset[str]:
    languages = candidate.model.languages
    known = languages.image if "image" in candidate.need.inputs else languages.text
    return frozenset(known or languages.text)


def _unsupported(candidate: Candidate) -> frozenset[str]:
    return candidate.need.languages - _languages(candidate)


def _tool_flags(candidate: Candidate) -> str | None:
    flags = candidate.engine.tool_flags
    return next((flags[name] for name in flags if name in candidate.model.tools.formats), None)


def _fp8(candidate: Candidate) -> str | None:
    entry, machine = candidate.engine.by_quantization.get("fp8"), candidate.machine
    if machine is None or not machine.device.architecture:
        return None
    if entry is None or machine.device.architecture in entry.architectures:
        return "native" if entry else "no"
    return "weight_only" if machine.device.architecture in entry.weight_only else "no"


def _lacks_compute_capability(candidate: Candidate) -> float | None:
    """Return the compute capability that the engine needs, where the device has less."""
    device = candidate.machine.device if candidate.machine else None
    if device is None or device.compute_capability is None:
        return None
    entries = [
        item for item in candidate.engine.hardware if device.kind in item.kinds and device.vendor in item.vendors
    ]
    needed = min((item.minimum_compute_capability or 0.0 for item in entries), default=0.0)
    return needed if needed > device.compute_capability else None


def _model_allowed(candidate: Candidate) -> bool:
    need, model = candidate.need, candidate.model
    within = model.parameters / 1e9 <= (need.max_parameters_b or float("inf"))
    return within and _allowed(need.only_models, model.id) and _allowed(need.only_families, model.family)


def _stronger(candidate: Candidate) -> bool | None:
    own, tried = candidate.place.model_quality, candidate.need.tried_model
    other = None if tried is None or own is None else candidate.place.qualities(tried)
    return None if own is None or other is None else own > other + 1e-9


def _schema_by(candidate: Candidate) -> str | None:
    found = candidate.engine.by_architecture.get(candidate.model.architecture.kind)
    return (found and found.schema_by) or candidate.engine.schema_by or None


def _context_limit(candidate: Candidate) -> int | None:
    place = candidate.place
    own = place.official.context_tokens if place.official else None
    offer, standing, most = place.offer, place.standing, place.model and place.model.context_tokens
    hosted = None
    if offer and standing and not (standing.ended or standing.doubt):
        if offer.context_tokens is None and candidate.need.context_tokens <= most:
            return None  # less than the model has, perhaps; more never
        hosted = (
            most if offer.context_tokens is None or offer.context_tokens >= most * ROUNDED else offer.context_tokens
        )
    files = place.engine.maximum_context_tokens if place.engine else None
    return min((n for n in (own, hosted, files, most) if n), default=None)


def _regions(candidate: Candidate) -> Iterator[str]:
    """Regions that an offer names, else those of its provider."""
    offer, standing = candidate.place.offer, candidate.place.standing
    assert offer is not None
    assert standing is not None
    yield from offer.regions or (standing.host.regions if standing.host else ())
    yield from (region for profile in offer.profiles for region in profile.called_from)


def _fleet_gib(candidate: Candidate) -> float | None:
    """Memory of one's own that all copies take: a service takes none of it."""
    memory, capacity = candidate.memory, candidate.capacity
    if memory is None:
        return 0.0 if candidate.place.offer else None
    return printed_total_gib(memory) * (capacity.machines if capacity else 1)


def _instead(candidate: Candidate, told: Callable[[AnsweredBy], str]) -> str | None:
    """Say something of the kinds of model that all of the work takes."""
    return (
        " and ".join(filter(None, (told(case.answered_by) for case in candidate.need.cases if case.answered_by)))
        or None
    )


COMPUTED: dict[str, Callable[[Any], Any]] = {
    "scenario.answered_by": lambda c: _instead(c, lambda by: by.kind),
    "scenario.such_as": lambda c: _instead(c, lambda by: by.such_as),
    "scenario.goes_beside": lambda c: (
        "; ".join(
            f"for {case.name.lower()} take {case.answered_by.kind}: {case.answered_by.such_as}"
            for case in c.need.beside
            if case.answered_by.such_as
        )
        or None
    ),
    "given.fp8_hardware": lambda c: "fp8" in c.given.device.dtypes if c.given.device.dtypes else None,
    "given.instance": lambda c: c.given.target == "cloud",
    "scenario.form_stated": lambda c: bool(c.need.quantizations_asked),
    "scenario.tokens_per_s": lambda c: (
        c.need.requests_per_second and c.need.requests_per_second * (c.need.prompt_tokens + c.need.output_tokens)
    ),
    "answer.bottlenecks": lambda c: c.bottlenecks,
    "answer.qualifies": lambda c: c.qualifies,
    "answer.changes": lambda c: c.changes,
    "answer.figures": lambda c: c.figures,
    "answer.engines_now": lambda c: c.engines_now,
    "answer.next_larger": lambda c: c.larger,
    "answer.engines_unable": lambda c: c.unable,
    "answer.other_gain": lambda c: (
        theirs - mine
        if c.other and (theirs := c.other.place.model_quality) and (mine := c.place.model_quality)
        else None
    ),
    "scenario.prompt_tokens_per_s": lambda c: (
        c.need.requests_per_second and c.need.requests_per_second * c.need.prompt_tokens
    ),
    "scenario.prompt_share": lambda c: c.need.prompt_tokens / (c.need.prompt_tokens + c.need.output_tokens),
    "model.parameters_b": lambda c: c.model.parameters / 1e9,
    "model.bf16_gib": lambda c: c.model.parameters * 2 / 2**30,
    "model.multimodal": lambda c: "image" in c.model.inputs,
    "model.picture_px": lambda c: (
        (vision := c.model.architecture.vision) and vision.tile_px * math.isqrt(vision.max_tiles)
    ),
    "model.prompt_logits_gib": lambda c: c.model.architecture.vocab_size * 2 * c.need.context_tokens / 2**30,
    "model.int4_context_tokens": lambda c: min(
        (build.context_tokens for build in c.model.official_builds if build.context_tokens), default=None
    ),
    "model.recall_short": lambda c: next((score for _, score in c.model.ruler), None),
    "model.recall_tokens": lambda c: next((n for n, _ in c.model.ruler if n >= c.need.context_tokens), None),
    "model.recall_here": lambda c: next((score for n, score in c.model.ruler if n >= c.need.context_tokens), None),
    "model.unread_inputs": lambda c: frozenset(
        kind.replace("_", " ") for kind in c.need.inputs - frozenset(c.model.inputs)
    ),
    "model.reads_inputs": lambda c: c.need.inputs <= frozenset(c.model.inputs),
    "model.made_for_use": lambda c: all(
        case.answered_by and c.model.id in case.answered_by.models for case in c.need.cases
    ),
    "model.stronger_than_tried": _stronger,
    "model.lighter_than_tried": lambda c: (
        c.need.tried_parameters_b and c.model.parameters / 1e9 < c.need.tried_parameters_b
    ),
    "model.unsupported_languages": _unsupported,
    "model.unsupported_in_text": lambda c: (
        c.need.languages - frozenset(c.model.languages.text) or None if "image" in c.need.inputs else None
    ),
    "model.falls_short": lambda c: c.model.id in c.need.lesser,
    "model.supports_languages": lambda c: not _unsupported(c),
    "model.languages": _languages,
    "model.quality_estimated": lambda c: bool(c.place.estimated),
    "model.estimated_benchmarks": lambda c: frozenset(c.place.estimated),
    "model.licence_attribution": lambda c: c.model.licence.attribution or None,
    "model.licence_month": lambda c: (  # before the day at which the user limit is tested
        f"{day.replace(day=1) - timedelta(days=1):%Y-%m}" if (day := c.model.licence.tested_on) else None
    ),
    "model.named": lambda c: c.need.model in {c.model.id, c.model.sibling} if c.need.model else False,
    "model.allowed": _model_allowed,
    "quantization.tunes_as_asked": lambda c: (
        not c.need.wants_tuning or not set(c.quantization.tunes).isdisjoint(c.need.fine_tuning or c.quantization.tunes)
    ),
    "quantization.allowed": lambda c: _allowed(c.need.only_quantizations, c.quantization.id),
    "engine.hosted": lambda c: c.engine.id == HOSTED,
    "engine.status_note": lambda c: c.engine.notes.get(c.engine.status),
    "engine.asked": lambda c: c.engine.id in c.need.engines_asked,
    "engine.schema_by": _schema_by,
    "engine.structured_output": lambda c: _schema_by(c) is not None,
    "engine.reserves": lambda c: c.engine.reserves or None,
    "engine.called": lambda c: (c.need.app if c.need.app and c.engine.id in c.need.app.engines else c.engine).name,
    "engine.default_window": lambda c: (c.need.app or c.engine).default_window or None,
    "engine.divides_with": lambda c: c.engine.divides_with or None,
    "engine.beyond_context": lambda c: (c.need.app or c.engine).beyond_context or None,
    "engine.tool_flags": _tool_flags,
    "engine.fp8": _fp8,
    "engine.lacks_compute_capability": _lacks_compute_capability,
    "engine.not_read_here": lambda c: bool(c.machine and c.machine.device.kind in c.engine.not_read_on),
    "engine.batches": lambda c: c.engine.concurrent_requests == "continuous",
    "engine.allowed": lambda c: _allowed(c.need.only_engines, c.engine.id),
    "hosted.roomy": lambda c: (
        ", ".join(
            f"{name} ({tokens:,})" for name, tokens in c.place.standing.windows if tokens >= c.need.context_tokens
        )
        or None
    ),
    "hosted.until": lambda c: str(c.place.offer.until) if c.place.offer.until else None,
    "hosted.regions": lambda c: frozenset(_regions(c)),
    "hosted.end_announced": lambda c: c.place.offer is not None and c.place.offer.until is not None,
    "hosted.provider_matches": lambda c: (
        c.place.offer is not None and c.need.provider in {None, c.place.offer.provider}
    ),
    "machine.place": lambda c: (
        "here"
        if c.need.hardware_stated
        else f"on {machine_name(c.machine.device.name, c.machine.count, c.machine.nodes)}"
    ),
    "machine.used": lambda c: machine_name(c.machine.device.name, c.machine.count, c.machine.nodes, c.machine.others),
    "machine.has_npu": lambda c: "npu" in c.machine.device.parts,
    "machine.ram_gib": lambda c: None if c.machine.ram_assumed else c.machine.ram_gib,
    "machine.files_of_ram": lambda c: (
        c.model.parameters * 2 / 2**30 / c.machine.ram_gib if c.machine.ram_gib and not c.machine.ram_assumed else None
    ),
    "machine.fp8": lambda c: "fp8" in c.machine.device.dtypes if c.machine.device.dtypes else None,
    "machine.bf16": lambda c: "bf16" in c.machine.device.dtypes if c.machine.device.dtypes else None,
    "machine.accelerator": lambda c: (
        "gpu"
        if c.machine.device.kind == "phone" and not c.machine.device.cores
        else _COMPUTES.get(c.machine.device.kind, "gpu")
    ),
    "training.largest_sample_tokens": lambda c: c.training.largest_sample_tokens or None,
    **SIZED,
}
"""Facts that are worked out, by name; asked only where their owner is there."""
WHOLE: dict[str, Compute] = {
    "build.context_tokens": _context_limit,
    "memory.fleet_gib": _fleet_gib,
    "machine.step": lambda c: 0 if c.place.offer else c.machine and c.machine.step,  # a service needs none of them
    "build.gated": lambda c: artifact(c).gated if c.place.engine and c.place.quantization else None,
    "build.published": lambda c: published(c) if c.place.engine and c.place.quantization else None,
    **LAID_OUT,
}
"""Facts that are worked out of a candidate as far as it goes, by name."""
_SETTLES = {"open": OPEN, "hopeless": HOPELESS}


def _of(other: str, compute: Compute) -> Compute:
    get = attrgetter(other)
    return lambda candidate: None if (build := get(candidate)) is None else compute(build)


def _words(annotation: Any) -> Iterator[str]:
    """Yield the words of all literals in an annotation: facts that have but a few values have no others."""
    for part in get_args(annotation):
        yield from (part,) if isinstance(part, str) else _words(part)


def _declare(level: int, owner: str, name: str, entry: dict[str, Any]) -> Fact:
    """Make a fact of its entry: a function of `WHOLE` or `COMPUTED`, else the path to it, which may be the name's.

    It moves with the numbers of a load where the entry says so; what a function reads of that plans leave open is said
    by `settles`.
    """
    if owner in OTHERS:
        told = FACTS[name.removeprefix(f"{owner}.")]
        said = f"Of {OTHERS[owner]}: {told.says}"
        return told._replace(
            name=name, says=said, level=level, owner=owner, settles=OPEN, compute=_of(owner, told.compute)
        )
    path = entry.get("path") or name.partition(".")[2]
    compute = WHOLE.get(name)
    if compute is None:
        compute = _where(owner, COMPUTED[name]) if name in COMPUTED else _read(f"{owner}.{path}")
    field = Scenario.model_fields.get(path) if owner == "need" else None
    choices = frozenset(entry.get("choices") or _words(field and field.annotation)) or None
    settles = OPEN if owner == "need" and path in LEFT_OPEN else LOAD if entry.get("moves") else level
    settles = _SETTLES.get(entry.get("settles", ""), settles)
    return Fact(name, entry["kind"], entry.get("unit", ""), entry["says"], level, compute, choices, owner, settles)


for _group in table(__file__):
    _level = LEVELS.index(_group["level"])
    FACTS.update({name: _declare(_level, _group["owner"], name, entry) for name, entry in _group["facts"].items()})
