"""Models side by side: facts, what each takes at one scenario, and the benchmarks that compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from llama_advisor.engine.advice import Build, Excuse, RuleBaseShown
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rank import ranked
from llama_advisor.engine.relax import changed
from llama_advisor.engine.score import excuse
from llama_advisor.engine.words import decisive, shown
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.model import Model
from llama_advisor.scenario.names import model_id
from llama_advisor.scenario.scenario import Assumption, Scenario
from llama_advisor.scenario.understand import understand
from llama_advisor.sizing.quality import score
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import Record

FEWEST = 2


class Compared(Record):
    """One of the models compared."""

    model: Annotated[str, "Model id."]
    name: Annotated[str, "Name as people write it."]
    build: Annotated[Build | None, "Its best build for the scenario; null where it has none."]
    at_home: Annotated[Build | None, "Its best build on a machine of one's own or rented; null where it has none."]
    excuse: Annotated[
        Excuse | None, "What rules it out, where it has no build; null also where it is not ranked at all."
    ]


class Row(Record):
    """One fact of all models compared."""

    group: Annotated[Literal["facts", "licence", "scenario", "benchmarks", "engines"], "What kind of fact."]
    label: Annotated[str, "What is compared."]
    unit: Annotated[str, "Unit of the values."]
    values: Annotated[
        tuple[Any, ...],
        "One value for each model, in the order asked for; null where it is not known or does not apply.",
    ]
    differs: Annotated[bool, "Whether the values are not all the same."]


class Comparison(Record):
    """Models side by side, for one scenario."""

    schema_version: Annotated[int, "Version of this contract."] = 1
    as_of: Annotated[date, "Day for which it was asked."]
    scenario: Annotated[dict[str, Any], "The normalised scenario."]
    assumptions: Annotated[tuple[Assumption, ...], "What was taken for granted."]
    models: Annotated[tuple[Compared, ...], "The models, in the order asked for."]
    rows: Annotated[tuple[Row, ...], "What is compared."]
    not_comparable: Annotated[tuple[str, ...], "Benchmarks published for some of the models, but not for all."]
    rulebase: Annotated[RuleBaseShown, "Which rule base answered."]


def compare(names: Sequence[str], scenario: Scenario, advisor: Advisor) -> Comparison:
    """Compare models by any of their names; raise InputError for fewer than two different ones."""
    base = advisor.base
    models = [base.models[name] for name in different(names, base)]
    judged = scenario
    if not (scenario.only and scenario.only.models):  # base models are ranked only when named; stated limits stay
        judged = changed(scenario, "only.models", tuple(model.id for model in models))
    found = advisor.decide(understand(judged, base))
    compared = []
    for model in models:
        mine = tuple(build for build in found.qualified if build.model.id == model.id)
        own = tuple(build for build in mine if build.machine is not None)
        lanes = (ranked(builds, found.need, base) for builds in (mine, own))
        build, at_home = (shown(lane[0], 1, base) if lane else None for lane in lanes)
        missed = found.nearest(model.id)
        because = excuse(decisive(missed, base)) if missed else None
        compared.append(Compared(model=model.id, name=model.name, build=build, at_home=at_home, excuse=because))
    common, partial = benchmarks(models, base)
    return Comparison(
        as_of=advisor.as_of,
        scenario=understand(scenario, base).normalised(),
        assumptions=found.need.assumptions,
        models=tuple(compared),
        rows=tuple(_rows(models, compared, common, base)),
        not_comparable=partial,
        rulebase=advisor.rulebase_shown(),
    )


def different(names: Sequence[str], base: RuleBase) -> list[str]:
    """The ids of at least two models, none of them named twice."""
    found: dict[str, str] = {}
    for name in names:
        model = model_id(name, base, "compare")
        if model in found:
            raise InputError(f"compare: {found[model]!r} and {name!r} are both {model}; name different models")
        found[model] = name
    if len(found) < FEWEST:
        raise InputError("compare: name at least two models; `models list` shows them")
    return list(found)


def benchmarks(models: Sequence[Model], base: RuleBase) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The benchmarks published for all of the models, and those published for some only.

    Scores compare only within one benchmark id. Estimates do not count; the text scores of a vision model are
    those of the text model that it carries unchanged.
    """
    found = {name: [score(model, name, base) for model in models] for name in base.benchmarks}
    having = {name: sum(item is not None and not item.estimated for item in items) for name, items in found.items()}
    partial = tuple(name for name, count in having.items() if 0 < count < len(models))
    return tuple(name for name, count in having.items() if count == len(models)), partial


FACTS: tuple[tuple[str, str, str, Callable[[Model], Any]], ...] = (
    ("facts", "parameters", "billion", lambda m: round(m.parameters / 1e9, 2)),
    ("facts", "context", "tokens", lambda m: m.context_tokens),
    ("facts", "inputs", "", lambda m: list(m.inputs)),
    ("facts", "languages", "", lambda m: sorted(m.languages.text)),
    ("facts", "languages with an image", "", lambda m: sorted(m.languages.image) or None),
    ("facts", "tool calling", "", lambda m: list(m.tools.formats) if m.tools.trained else False),
    ("facts", "tools with an image", "", lambda m: m.tools.with_image if "image" in m.inputs else None),
    ("facts", "released", "", lambda m: m.released.isoformat()),
    ("facts", "knowledge to", "", lambda m: m.knowledge_cutoff),
    ("licence", "licence", "", lambda m: m.licence.name),
    ("licence", "rights for EU companies", "", lambda m: m.licence.eu_domiciled_licensee),
    ("licence", "monthly users at most", "", lambda m: m.licence.monthly_active_users_limit),
)


def _own_build(item: Compared) -> str | None:
    """The build whose memory is shown, where it is not the best one."""
    build = item.at_home
    own = build and build != item.build and build.machine
    return f"{build.quantization}, {build.engine} on {own.name}" if build and own else None


def _runs_on(build: Build) -> str:
    return build.machine.name if build.machine else f"hosted by {build.provider}"


SCENARIO: tuple[tuple[str, str, Callable[[Compared], Any]], ...] = (
    ("qualifies", "", lambda c: c.build is not None),
    ("ruled out by", "", lambda c: c.excuse and c.excuse.text),
    ("best build", "", lambda c: c.build and c.build.machine and f"{c.build.quantization}, {c.build.engine}"),
    ("runs on", "", lambda c: c.build and _runs_on(c.build)),
    ("score", "points", lambda c: c.build and c.build.score),
    ("run by oneself", "", _own_build),
    ("memory", "GiB", lambda c: c.at_home and c.at_home.memory and c.at_home.memory.total_gib),
    ("of which weights", "GiB", lambda c: c.at_home and c.at_home.memory and c.at_home.memory.weights_gib),
    ("of which KV cache", "GiB", lambda c: c.at_home and c.at_home.memory and c.at_home.memory.kv_cache_gib),
    ("there for it", "GiB", lambda c: c.at_home and c.at_home.memory and c.at_home.memory.available_gib),
    ("speed", "tokens/s", lambda c: c.build and c.build.speed and c.build.speed.decode_tokens_per_s.mid),
    ("first token", "s", lambda c: c.build and c.build.speed and c.build.speed.first_token_s.mid),
    ("cost", "USD/month", lambda c: c.build and c.build.cost and round(c.build.cost.usd_per_month, 2)),
)


def _rows(
    models: Sequence[Model], compared: Sequence[Compared], common: Sequence[str], base: RuleBase
) -> Iterator[Row]:
    """Yield what is compared; nothing of what is known of none of the models."""

    def row(group: Any, label: str, values: list[Any], unit: str = "") -> Row:
        differs = any(value != values[0] for value in values)
        return Row(group=group, label=label, unit=unit, values=tuple(values), differs=differs)

    made = [
        *(row(group, label, [read(model) for model in models], unit) for group, label, unit, read in FACTS),
        *(row("scenario", label, [read(item) for item in compared], unit) for label, unit, read in SCENARIO),
    ]
    yield from (item for item in made if any(value is not None for value in item.values))
    for name in common:
        scores = [found.value for model in models if (found := score(model, name, base))]
        yield row("benchmarks", base.benchmarks[name].name, scores)
    for engine in base.engines.values():
        runs: list[bool | str] = []
        for model in models:  # whether the engine runs it, or up to which version it did
            support = engine.by_architecture.get(model.architecture.kind)
            large = engine.maximum_parameters_b is not None and model.parameters / 1e9 > engine.maximum_parameters_b
            runs.append(False if support is None or large else f"up to {support.until}" if support.until else True)
        if any(runs):
            yield row("engines", engine.name, runs)
