"""Pages of docs/ that show what is known: fields, use cases, a card for each model, devices, engines, sources, FAQ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llama_advisor.knowledge.upkeep_entries import Misunderstanding
from llama_advisor.render.sentences import number
from llama_advisor.scenario.flags import FLAGS, GROUPS
from llama_advisor.sizing.memory import kv_bytes_per_token
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.sizing.support import official_build, options
from llama_advisor.text.record import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.engine import Engine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.sizing.estimate import Sizer
    from llama_advisor.sizing.request import Estimate

CONTEXTS = (8_192, 32_768, 131_072)
CARDS_GB = (4, 6, 8, 12, 16, 24, 32, 48, 80, 96, 141)
KINDS = {
    "consumer-gpu": "Consumer GPUs",
    "workstation-gpu": "Workstation GPUs",
    "datacentre-gpu": "Data-centre GPUs",
    "apple-silicon": "Apple silicon",
    "unified-pc": "Computers with unified memory",
    "cpu": "Processors",
    "npu": "NPUs",
    "jetson": "Jetson",
    "sbc": "Single-board computers",
    "phone": "Phones",
    "browser": "Browser",
}
WRITTEN = "<!-- Written by `python tests/docs_generate.py --write` from rules/; do not edit. -->\n"
YES = {True: "yes", False: "no"}
ADDRESS = re.compile(r"https?://[^\s;,]*[^\s;,.:)]")


def cite(ids: Iterable[str], up: str = "") -> str:
    """Return source ids as links to their entries on the page of sources."""
    return ", ".join(f"[{name}]({up}sources.md#{re.sub(r'[^a-z0-9_-]', '', name.lower())})" for name in ids)


def table(head: str, rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a table; what would end a cell or a line is written so that it does not."""
    columns = head.split(" | ")
    yield f"| {head} |\n|{'---|' * len(columns)}"
    for row in rows:
        cells = ("-" if cell in {None, "", False} else str(cell).strip() for cell in row)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in cells)} |"


def words(items: Iterable[object]) -> str:
    """Return words as code, between commas."""
    return ", ".join(f"`{item}`" for item in items)


def newest(base: RuleBase) -> date:
    """Return the day of the newest offer, on which offers are shown."""
    return max(offer.as_of for offer in base.hosted.values())


def fields() -> Iterator[str]:
    """Yield the lines of the page of scenario fields."""
    yield "# Scenario fields\n"
    yield (
        "What can be said of a need, as a key of a scenario file or as a flag; all are optional. Gaps are filled from "
        "the [use case](use-cases.md) and listed under *Assumed*. `schema scenario` prints the JSON Schema.\n"
    )
    yield WRITTEN
    for group in GROUPS:
        rows = [flag for flag in FLAGS if flag.group == group]
        if rows:
            yield f"## {group}\n"
            yield from table(
                "field | flag | value | meaning",
                (
                    (
                        f"`{flag.field}`",
                        f"`{flag.flag}`",
                        words(flag.choices) or {"yes": "`true`, `false`"}.get(flag.kind, flag.value.lower()),
                        flag.doc + (" More than one may be given." if flag.kind == "many" else ""),
                    )
                    for flag in rows
                ),
            )
            yield ""


def use_cases(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page of use cases."""
    yield "# Use cases\n"
    yield f"{len(base.use_cases)} kinds of work: what each weighs, which scores stand for quality, what it assumes.\n"
    yield WRITTEN
    for use in base.use_cases.values():
        assumed = use.defaults
        yield f"## {use.id}\n\n**{use.name}.** {use.says} {use.why.strip()}\n"
        yield "- Weights: " + ", ".join(f"{name} {share:g}" for name, share in use.weights.items())
        scores = ", ".join(f"{base.benchmarks[name].name} {share:g}" for name, share in use.benchmarks.items())
        yield f"- Quality is read from: {scores or '-'}"
        yield (
            f"- Assumed: {assumed.target}, context of {assumed.context_tokens:,} tokens, answers of "
            f"{assumed.output_tokens:,}, {assumed.concurrent_requests} at a time"
        )
        if use.floor:
            least = base.benchmarks[use.floor.benchmark].name
            yield f"- Ruled out below {use.floor.at_least:g} in {least}: {use.floor.why}"
        if use.aliases:
            yield f"- Also: {', '.join(use.aliases)}"
        yield f"- Sources: {cite(item.id for item in use.sources)}\n"


def model_list(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page that lists models."""
    yield "# Models\n"
    yield "A card for each: facts, licence, memory in each form, where it fits, offers, scores, sources.\n"
    yield WRITTEN
    yield from table(
        "model | parameters | context | reads | released | role",
        (
            (
                f"[{model.name}](models/{model.id}.md)",
                f"{model.parameters / 1e9:.2f} B",
                f"{model.context_tokens:,}",
                ", ".join(model.inputs),
                model.released,
                {"ranked": model.kind}.get(model.role, model.role),
            )
            for model in base.models.values()
        ),
    )
    yield ""


def model_card(model: Model, base: RuleBase, sizer: Sizer) -> Iterator[str]:
    """Yield the lines of the page of one model."""
    shape, day = model.architecture, newest(base)
    tools = f"{', '.join(model.tools.formats)}. {model.tools.note}" if model.tools.trained else "not trained for them"
    yield f"# {model.name}\n"
    yield f"`{model.id}`, [one of {len(base.models)} models](../models.md). {WRITTEN}"
    yield from table(
        "fact | value",
        (
            ("parameters", f"{model.parameters:,}"),
            ("released; knowledge to", f"{model.released}; {model.knowledge_cutoff}"),
            ("context", f"{model.context_tokens:,} tokens"),
            ("reads", ", ".join(model.inputs)),
            ("languages", ", ".join(model.languages.text)),
            ("languages beside an image", ", ".join(model.languages.image)),
            ("tool calls", tools),
            ("shape", f"{shape.layers} layers, {shape.kv_heads} KV heads of {shape.head_dim}"),
            ("KV cache", f"{kv_bytes_per_token(shape) / 1024:g} KiB a token in 16 bits"),
            ("also called", ", ".join(model.aliases)),
            ("not read in a source", ", ".join(model.unverified)),
        ),
    )
    yield from _licence(model)
    yield "\n## Memory\n"
    yield "GiB for one request on the form's best trodden engine for so many tokens; `-`: not made for it.\n"
    yield from table(
        "form | engine | weights | " + " | ".join(f"{tokens // 1024}k" for tokens in CONTEXTS),
        _memory(model, base, sizer),
    )
    if model.role == "ranked" and model.kind == "instruct":
        yield "\n## Where it fits\n"
        yield "The first of the machines assumed for each place on whose devices it fits, with 8k tokens.\n"
        yield from table("place | machine | form and engine | GiB | tokens/s", _places(model, base, sizer))
    offers = [
        offer
        for offer in base.hosted.values()
        if offer.model == model.id and offer.state(day, base.criteria.witnesses_needed) == "counts"
    ]
    if offers:
        yield f"\n## Hosted offers on {day}\n\nUSD per million tokens; [what counts as an offer](../facts.md).\n"
        yield from table(
            "offer | in | out | context",
            ((offer.id, *offer.price(day).rates[:2], offer.context_tokens) for offer in offers),
        )
    yield f"\n## Files\n\nOriginal weights: {_repository(model.artifacts.hf_repo)}"
    yield from _files(model)
    yield "\n## Scores\n"
    estimated = {item.benchmark: item for item in model.estimated_scores}
    yield from table(
        "benchmark | score | how",
        (
            *((base.benchmarks[name].name, f"{score:g}", "published") for name, score in model.scores.items()),
            *((base.benchmarks[name].name, f"~{item.value:g}", item.how) for name, item in estimated.items()),
        ),
    )
    yield "\n## Sources\n"
    for part, ids in model.sources.items():
        yield f"- {part.replace('_', ' ')}: {cite(ids, '../')}"
    yield ""


def _licence(model: Model) -> Iterator[str]:
    licence = model.licence
    yield "\n## Licence\n"
    limit = licence.monthly_active_users_limit
    people = f"licensees above {limit:,} monthly active users on {licence.tested_on} must ask for one" if limit else "-"
    yield f"- [{licence.name}]({licence.url}); not legal advice"
    yield f"- Users: {people}"
    yield f"- Rights for licensees domiciled in the EU: {YES[licence.eu_domiciled_licensee]}"
    yield f"- To show: {licence.attribution or '-'}"


def _memory(model: Model, base: RuleBase, sizer: Sizer) -> Iterator[Iterable[object]]:
    for option in options(model, None, base, (), None):
        if option.support.failures:
            continue
        asked = EstimateRequest(model=model.id, quantization=option.quantization.id, engine=option.engine.id)
        made = [sizer.estimate(asked.model_copy(update={"context_tokens": tokens})).memory for tokens in CONTEXTS]
        most = _most_tokens(model, option.quantization, option.engine)
        totals = (n <= most and number(memory.total_gib) for n, memory in zip(CONTEXTS, made, strict=True))
        yield option.quantization.name, option.engine.name, number(made[0].weights_gib), *totals


def _most_tokens(model: Model, quantization: Quantization, engine: Engine) -> int:
    """Return the longest context that a form of a model is made for on an engine."""
    official = official_build(model, quantization)
    limits = (model.context_tokens, official and official.context_tokens, engine.maximum_context_tokens)
    return min(limit for limit in limits if limit)


def _runs(model: Model, hardware: str, base: RuleBase, sizer: Sizer) -> Estimate | None:
    """Return the most precise form that runs on a machine and fits the memory of its devices, with 8k tokens."""
    asked = EstimateRequest(model=model.id, hardware=hardware, context_tokens=CONTEXTS[0])
    if not sizer.estimate(asked).memory.fits:
        return None
    for option in options(model, sizer.read(asked).device, base, (), None):
        if not option.support.failures and _most_tokens(model, option.quantization, option.engine) >= CONTEXTS[0]:
            form = {"quantization": option.quantization.id, "engine": option.engine.id}
            made = sizer.estimate(asked.model_copy(update=form))
            if made.memory.fits and not made.memory.offloaded_gib:
                return made
    return None


def _places(model: Model, base: RuleBase, sizer: Sizer) -> Iterator[Iterable[object]]:
    for place, machines in base.reference.reference.items():
        sized = ((machine.hardware, _runs(model, machine.hardware, base, sizer)) for machine in machines)
        named, made = next((item for item in sized if item[1]), ("none of them", None))
        if made is None:
            yield place, named, "", "", ""
            continue
        built = f"{base.quantizations[made.quantization].name}, {base.engines[made.engine].name}"
        speed = made.speed and number(made.speed.decode_tokens_per_s.mid)
        yield place, named, built, number(made.memory.total_gib), speed


def _repository(name: str) -> str:
    return f"[{name}](https://huggingface.co/{name})" if "/" in name else f"`{name}`"


def _files(model: Model) -> Iterator[str]:
    rows = [(item.quantization, item) for items in model.published.values() for item in items]
    if rows:
        yield ""
        yield from table(
            "form | stored as | name | file",
            ((form, item.stored_as, _repository(item.name), item.file) for form, item in rows),
        )


def devices(base: RuleBase, sizer: Sizer) -> Iterator[str]:
    """Yield the lines of the page of devices."""
    yield "# Devices\n"
    yield (
        f"{len(base.devices)} of them. `llama-advisor hardware show NAME` prints one whole, `recommend --hardware "
        "NAME` answers for it. A figure with `?` was not read in a source.\n"
    )
    yield WRITTEN
    instruct = (model for model in base.models.values() if model.role == "ranked" and model.kind == "instruct")
    ranked = sorted(instruct, key=lambda model: model.parameters)
    yield "## What fits on one card\n"
    yield "The most precise form that fits a card of so many GB, with 8k tokens for one request.\n"
    yield from table(
        "GB | " + " | ".join(model.name.removesuffix(" Instruct").removeprefix("Llama ") for model in ranked),
        (
            (gb, *((made := _runs(model, f"{gb}GB VRAM", base, sizer)) and made.quantization for model in ranked))
            for gb in CARDS_GB
        ),
    )
    for kind, title in KINDS.items():
        yield f"\n## {title}\n"
        yield from table(
            "device | GiB | GB/s | FP16 TFLOP/s | architecture | sources",
            (
                (
                    device.name,
                    *(
                        None
                        if (value := getattr(device, name)) is None
                        else f"{value:g}{'?' * (name in device.unverified)}"
                        for name in ("memory_gib", "bandwidth_gb_s", "fp16_tflops")
                    ),
                    device.architecture,
                    cite(dict.fromkeys(device.sources.values())),
                )
                for device in base.devices.values()
                if device.kind == kind
            ),
        )
    yield ""


def engines(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page of engines."""
    yield "# Engines\n"
    yield "What each runs (`llama`: text models, `mllama`: vision models), on what, and up to which version.\n"
    yield WRITTEN
    for engine in base.engines.values():
        yield from _engine(engine)


def _engine(engine: Engine) -> Iterator[str]:
    """Yield the section of one engine."""
    version = f"{engine.version}, read {engine.read}" if engine.version else "no version"
    yield f"## {engine.name}\n\n`{engine.id}`, {version}, {engine.status}. {engine.maturity_basis}\n"
    for item in engine.architectures:
        span = (("since", item.since), ("until", item.until), ("then pin", item.pin))
        said = ", ".join(f"{word} `{version}`" for word, version in span if version) or "runs"
        yield f"- `{item.architecture}`: {said}. {f'{item.note} ' * bool(item.note)}({cite(item.source)})"
    places = "; ".join(
        f"{', '.join(item.vendors) or 'any maker'}: {', '.join(item.kinds)}"
        + (f" from compute capability {item.minimum_compute_capability:g}" if item.minimum_compute_capability else "")
        for item in engine.hardware
    )
    several = {"continuous": "as many as memory holds", "slots": "slots of a fixed size", "one": "one at a time"}
    yield f"- Used for: {', '.join(engine.targets)}"
    yield f"- Devices: {places or '-'}"
    yield f"- Forms: {words(item.quantization for item in engine.quantizations)}"
    yield f"- KV cache: {words(engine.kv_cache_types)}"
    yield f"- Requests: {several[engine.concurrent_requests]}"
    spreads = {
        "splits layers": engine.tensor_parallel,
        "divides by layers": engine.layer_split,
        "spans nodes": engine.multi_node,
        "offloads to host memory": engine.offload,
    }
    yield f"- Over several devices: {', '.join(word for word, does in spreads.items() if does) or 'no'}"
    if engine.unverified:
        yield f"- Not read in a source: {words(engine.unverified)}"
    yield f"- Sources: {cite(engine.sources)}\n"


def sources(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page of sources."""
    yield f"# Sources\n\nEvery fact and every rule names the ones of these {len(base.sources)} it rests on.\n"
    yield WRITTEN
    for source in sorted(base.sources.values(), key=lambda item: item.id):
        text = ADDRESS.sub(lambda match: f"<{match[0]}>", source.text)
        yield f"#### {source.id}\n\n{text} ({source.kind}, read {source.read})\n"


def faq(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page of misunderstandings."""
    yield "# FAQ: what people believe, and what is so\n"
    yield "Each was met in real questions or in articles; a rule that acts on it says so in the answer.\n"
    yield WRITTEN
    for entry in base.layers[0].files["misunderstandings.yaml"]["misunderstandings"]:
        item = validate(Misunderstanding, entry)
        acting = words(name for name, rule in base.rules.items() if item.id == rule.rule.corrects)
        yield f"## “{item.claim.strip()}”\n\n{item.truth.strip()}\n"
        yield (
            f"Sources: {cite(source.id for source in item.sources)}." + (f" Rules: {acting}." if acting else "") + "\n"
        )
