"""Sentences and tables about a build and an answer, as text, record and page say them alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

from llama_advisor.engine.advice import (
    Advice,
    AskedBuild,
    Build,
    Change,
    Command,
    Contribution,
    Robustness,
    SpeedShown,
    TippingPoint,
)
from llama_advisor.explain.reason import benchmarks, brief, reason, scored
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render.screen import bar
from llama_advisor.scenario.flags import FLAG_OF
from llama_advisor.sizing.estimate import PLAIN_CACHE
from llama_advisor.sizing.figures import Capacity, Cost, MachineUsed, Memory, Range, Speed, Training
from llama_advisor.sizing.request import Estimate
from llama_advisor.text.numbers import number
from llama_advisor.text.tables import table

WORDS = table(__file__)
VERDICTS: dict[str, str] = {verdict: word for verdict, (word, _) in WORDS["verdicts"].items()}
STYLES: dict[str, str] = {verdict: style for verdict, (_, style) in WORDS["verdicts"].items()}


class Table(NamedTuple):
    """Heads, rows, and which columns are numbers."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()


def range_text(figures: Range) -> str:
    """Write a range as `mid (low to high)`."""
    return f"{number(figures.mid)} ({number(figures.low)} to {number(figures.high)})"


def value_text(value: object) -> str:
    """Write the value of a field."""
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, (list, tuple)):
        return ", ".join(map(value_text, value)) or "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{name} {value_text(part)}" for name, part in value.items())
    return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def host_name(build: Build, base: RuleBase) -> str:
    """Name the provider of a hosted build."""
    return base.providers[build.provider].name if build.provider else build.engine


def described(build: Build, base: RuleBase) -> str:
    """Name a build: `model · quantization · engine on machine`."""
    if build.machine is None:
        return f"{base.models[build.model].name} · hosted by {host_name(build, base)}"
    return named(build, build.machine, base, build.engine_version)


def named(build: Build | Estimate, machine: MachineUsed | None, base: RuleBase, pinned: str | None = None) -> str:
    """Name a build on a machine, with the version of its engine."""
    version = re.split(r"==|\s", pinned or base.engines[build.engine].version)[-1]
    engine = f"{base.engines[build.engine].name} {version}".rstrip()
    copies = f", {machine.replicas} copies" if machine and machine.replicas > 1 else ""
    where = f" on {machine.name}{copies}" if machine else ""
    return f"{base.models[build.model].name} · {build.quantization} · {engine}{where}"


def title(advice: Advice, base: RuleBase) -> str:
    """Name what is recommended, or say that nothing is; what has to be changed for it comes first."""
    build = advice.recommendation
    if build is None:
        return str(WORDS["titles"][advice.verdict])
    only = f"Only if you change {changes_text(advice.changes)}: " if advice.changes else ""
    return f"{only}{described(build, base)}"


def why(advice: Advice, base: RuleBase) -> str:
    """Say why, or what to state."""
    if advice.missing:
        flags = ", ".join(FLAG_OF[name] for name in advice.missing)
        return f"state at least one of {flags}; what it may be for: `llama-advisor use-cases list`."
    return f"as asked, {reason(advice, base)}" if advice.changes else reason(advice, base)


def close_text(advice: Advice, base: RuleBase) -> str:
    """Say whether a second model is as good, as far as estimates go; nothing where there is none."""
    if advice.close_call:
        other = advice.close_call.other
        name = f"{brief(base.models[other.model])}, {other.quantization}"
        return f"Close call? Yes: within the range of the speed estimates {name} is as good."
    if len(advice.ranking) <= 1 or advice.ranking[1].score > advice.ranking[0].score:
        return ""
    known = advice.ranking[0].speed and advice.ranking[1].speed
    over = " over the whole range of the speed estimates" if known else ""
    return f"Close call? No: {brief(base.models[advice.ranking[1].model])} stays behind{over}."


def hanging(advice: Advice, base: RuleBase) -> list[str]:
    """List what was not said and would change the answer, with its flag."""
    return [
        f"{FLAG_OF[item.field]}{'' if item.value is True else f' {value_text(item.value)}'}: "
        + (f"then {base.models[item.then.model].name}, {item.then.quantization}" if item.then else "nothing fits then")
        for item in advice.hangs_on
    ]


def assumed(advice: Advice, most: int) -> list[str]:
    """List the assumptions that matter most, each with the flag that changes it."""
    build, said = advice.recommendation, {item.field: item.value for item in advice.assumptions}
    if advice.scenario.get("hardware"):  # what is assumed of it is a detail
        said = {field: value for field, value in said.items() if field not in {"hardware", "target"}}
    elif build and build.machine:
        said["hardware"] = build.machine.name
    if not (build and build.cost and build.cost.usd_per_month):
        said.pop("tokens_per_month", None)
    words = ((field, text) for field, text in WORDS["assumed"].items() if field in said)
    told = [f"{text.format(value_text(said[field]))} ({FLAG_OF[field]})" for field, text in words][:most]
    return [re.sub(r"^(1 \w+)s\b", r"\1", text) for text in told]


def points(build: Build, base: RuleBase) -> Table:
    """Return the parts of a score, those of a rule signed, with what each rests on."""
    rows = []
    for part in build.contributions:
        cited = f" [{', '.join(part.source)}]" if part.source else ""
        made = f"{part.points:+.2f}" if part.rule else f"{part.points:.2f}"
        rows.append((made, part.rule or part.criterion, f"{part.text}{decided_by(part.layer, base)}{cited}"))
        rows.extend(("", "", reading) for reading in readings(part))
    return Table(("points", "from", "reading"), rows, frozenset({0}))


def decided_by(layer: str | None, base: RuleBase) -> str:
    """Name the layer of a rule, where it is not the shipped one."""
    return f" (rule of {layer})" if layer not in {None, base.layers[0].label} else ""


def readings(part: Contribution) -> Iterator[str]:
    """Yield how the points come about: value times weight, then each figure and what was asked of it."""
    yield f"= {part.value:g} x {part.weight:g}"
    for read in part.reads or ():
        value = f"{read.value:,.4g}" if isinstance(read.value, float) else value_text(read.value)
        if read.worth is None:
            yield f"{read.says} (is {value})" if value not in read.says else read.says
        else:
            share = f" x {read.share:g}" if read.share != 1 else ""
            yield f"{read.fact} {value} {read.unit}".rstrip() + f": {read.worth:g}{share} ({read.says})"


def shortest(commands: Iterable[Command]) -> list[Command]:
    """Return the steps without which nothing runs: files, start, and a request where nothing is to be started."""
    found = [item for item in commands if item.step in {"make", "start", "load", "tune"}]
    return found or [item for item in commands if item.step == "request"]


def serves(capacity: Capacity) -> str:
    """Tell how many requests are worked on at a time, how many are finished, and on what."""
    usual, full = capacity.requests_at_once, capacity.full_length_at_once
    room = "room for " * (capacity.in_flight < usual)  # the command allots what is asked for
    text = f"{room}{usual:,} usual requests at a time" if usual > 1 else "one request at a time"
    if full < usual:
        text += f" ({full:,} of full length)"
    waiting = capacity.in_flight - usual
    if waiting > 0:
        text += f", {waiting:,} more wait"
    if capacity.requests_per_s:
        text += f"; {number(capacity.requests_per_s.mid)} requests/s at most"
    if capacity.busy_share:
        text += f", {capacity.busy_share:.0%} of it used" if capacity.busy_share < 1 else ", more arrives"
    if capacity.machines > 1:
        text += f" on each of {capacity.machines:,} machines"
    return text if capacity.copies == 1 else f"{text}; {capacity.copies:,} copies in all"


def tuning_lines(training: Training) -> Iterator[str]:
    """Yield how it is tuned, the samples, and what is not known."""
    yield training.optimizer
    most = training.largest_sample_tokens
    longest = "" if most is None else f"; up to {most:,} tokens fit" if most else "; not even the shortest fits"
    yield f"samples of {training.sample_tokens:,} tokens, {training.batch:,} at a time{longest}; time is not known"
    yield from training.not_known


def memory_lines(memory: Memory, *, drawn: bool = False) -> list[str]:
    """Write what a build takes of what there is for it, as a bar too if it is to be `drawn`, and its parts."""
    split = f", {number(memory.offloaded_gib)} of it in host memory" if memory.offloaded_gib else ""
    unknown = "; what is there is not known" if memory.available_gib is None else ""
    filled = f"  {bar(memory.total_gib, memory.available_gib)}" if drawn and memory.available_gib else ""
    image = f" + image cache {number(memory.image_cache_gib)}" if memory.image_cache_gib else ""
    parts = f"weights {number(memory.weights_gib)} + KV cache {number(memory.kv_cache_gib)}{image}"
    return [
        f"{memory_of(memory.total_gib, memory.available_gib)} GiB{split}{unknown}{filled}",
        f"{parts} + overhead {number(memory.overhead_gib)}",
    ]


def speed_lines(speed: Speed | SpeedShown, at: int, context: int, prompt: int) -> list[str]:
    """Write how fast tokens come with `at` tokens in the context and with a full one, and when the first does."""
    full = f", {number(speed.at_full_context_tokens_per_s)} once {context:,} are full" if at < context else ""
    cached = f", {prompt - speed.read_tokens:,} of them cached" if speed.read_tokens < prompt else ""
    return [
        f"{range_text(speed.decode_tokens_per_s)} tokens/s per user at {at:,} tokens{full}",
        f"first token after {range_text(speed.first_token_s)} s, of a prompt of {prompt:,} tokens{cached}",
    ]


def figures(build: Build, *, drawn: bool = False) -> dict[str, list[str]]:
    """Write what a build takes and does, by name: memory, tuning, speed, what it serves, cost."""
    speed, serving, training = build.speed, build.capacity, build.training
    said: dict[str, list[str]] = {}
    if build.memory:
        said["memory"] = memory_lines(build.memory, drawn=drawn)
    if training:
        said["tuning"] = [f"{training.method}: {number(training.total_gib)} GiB in all", *tuning_lines(training)]
    if speed:
        said["speed"] = speed_lines(speed, speed.at_tokens, speed.context_tokens, speed.prompt_tokens)
    elif not training:
        said["speed"] = [f"not known {'for this device' if build.machine else 'here: measure it, network included'}"]
    if serving and not training and (serving.in_flight > 1 or serving.copies > 1):
        said["serves"] = [serves(serving)]
    if build.cost:
        said["cost"] = [cost_line(build.cost)]
    return said


def cost_line(cost: Cost) -> str:
    """Write what a build costs, with the day and the offer of the price."""
    hour = f", {number(cost.usd_per_hour)} USD/hour" if cost.usd_per_hour else ""
    return f"{number(cost.usd_per_month)} USD/month{hour}{priced(cost)}"


def priced(cost: Cost) -> str:
    """Write the price by tokens, where there is one, and where a price is from."""
    tokens = f", {number(cost.usd_per_million_tokens)} USD per million tokens" if cost.usd_per_million_tokens else ""
    dated = f"price of {cost.as_of}" if cost.as_of else "price undated"
    return f"{tokens} ({dated}, {cost.offer})"


def firm_text(stands: Robustness) -> tuple[str, str]:
    """Write by how much a pick leads, and under how many weightings."""
    return f"{stands.margin:+.2f} points", f"leads under {stands.share_of_weightings_won:.0%} of all weightings"


def ranking(advice: Advice, builds: Iterable[Build], base: RuleBase, *, why: bool) -> Table:
    """Return the ranking: the published score of this work, or with `why` the points."""
    (name, *_), rows = benchmarks(advice, base), []
    first = advice.ranking[0].machine
    listed = ((best, *(b for b in advice.builds or () if b.rank == best.rank)) for best in builds)
    for place, build in ((place, build) for same in listed for place, build in enumerate(same)):
        memory, machine, reached = build.memory, build.machine, scored(build, name, base)
        score = f"{'~' * reached.estimated}{reached.value:g}" if reached else ""
        where = f" on {machine.name}" if machine and first and machine.name != first.name else ""
        ran = f"{build.quantization}, {build.engine}{where}" if machine else f"hosted, {host_name(build, base)}"
        held = memory_of(memory.total_gib, memory.available_gib) if memory else ""
        if memory and memory.offloaded_gib:
            held = f"{number(memory.total_gib)}, {number(memory.offloaded_gib)} in RAM"
        rank, model = "" if place else str(build.rank), brief(base.models[build.model])
        speed = number(build.speed.decode_tokens_per_s.mid if build.speed else None)
        cost = number(build.cost.usd_per_month if build.cost else None)
        rows.append((rank, model, ran, held, speed, cost, f"{build.score:.2f}" if why else score))
    heads = ("#", "model", "build", "GiB", "tok/s", "USD/mo", "score" if why else base.benchmarks[name].name)
    return filled(heads, rows, {0, 3, 4, 5, 6})


def memory_of(need: float, there: float | None) -> str:
    """Write memory as a cell of a table."""
    return number(need) if there is None else f"{number(need)} of {number(there)}"


def forms(asked: AskedBuild, base: RuleBase) -> Table:
    """Return the forms of the build asked about, and on what each would fit."""
    heads = ("form", "engine", "GiB on a device", "fits", "tok/s", "it fits on")
    rows = []
    for form in asked.forms:
        cache = "" if form.kv_cache_type in {None, PLAIN_CACHE} else f", {form.kv_cache_type} KV cache"
        taken, fits = memory_of(form.need_gib, form.available_gib), {True: "yes", False: "no", None: ""}[form.fits]
        named, engine = form.method or f"{form.quantization}{cache}", base.engines[form.engine].name
        rows.append((named, engine, taken, fits, number(form.tokens_per_s), form.machine or ""))
    return filled(heads, rows, {2, 4})


def sizes(advice: Advice, base: RuleBase) -> Table:
    """Return what every model takes, and the cache of one sequence of it."""
    forms, context = base.criteria.sizes_shown, advice.scenario.get("context_tokens")
    heads = ("GiB of weights", *forms, "KV cache: KiB a token", f"GiB at {context:,}" if context else "GiB a sequence")
    rows = []
    for item in advice.sizes:
        sizes = (*(item.weights_gib[form] for form in forms), item.kv_kib_per_token, item.kv_cache_gib)
        rows.append((brief(base.models[item.model]), *(f"{size:g}" for size in sizes)))
    return Table(heads, rows, frozenset(range(1, len(heads))))


def filled(heads: Sequence[str], rows: Iterable[Sequence[str]], right: set[int]) -> Table:
    """Return a table without the columns in which nothing stands."""
    rows = list(rows)
    kept = [any(row[place] for row in rows) for place in range(len(heads))]
    heads, *told = (tuple(compress(row, kept)) for row in (heads, *rows))
    return Table(heads, told, frozenset(sum(kept[:at]) for at in right if kept[at]))


def excluded_lines(advice: Advice, base: RuleBase) -> list[str]:
    """List the reasons for which models are out, the models that share one together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for item in advice.excluded:
        name = base.models[item.model].name
        text = item.excuse.text.replace(name, "{}") + decided_by(item.excuse.layer, base)
        groups.setdefault((item.excuse.rule, text), []).append(name)
    lines = []
    for (_, text), (name, *others) in groups.items():
        rest = text.removeprefix("{}").removeprefix(":").strip().replace("{}", "each" if others else "it")
        own = text.startswith("{}") and not others
        lines.append(text.replace("{}", name) if own else f"{', '.join((name, *others))}: {rest}")
    return lines


def links(build: Build, base: RuleBase) -> list[tuple[str, str]]:
    """Return where the model of a build and its licence are to be read: names and addresses."""
    model = base.models[build.model]
    repository = build.artifact.hf_repo or model.artifacts.hf_repo
    found = ((repository, f"https://huggingface.co/{repository}"), (model.licence.name, model.licence.url))
    return [(name, address) for name, address in found if address.startswith("https://")]


def beside(advice: Advice, base: RuleBase) -> dict[str, list[str]]:
    """Write what an answer says beside its build, by heading."""
    lanes = [(item, f"{described(item, base)}: {cost_line(item.cost)}") for item in advice.alternatives if item.cost]
    asked = list(advice.asked.text if advice.asked else ())
    asked += [
        f"{wish.field} {wish.asked}: {wish.outcome.replace('_', ' ')}; {wish.text}"
        for wish in advice.wishes
        if advice.asked is None or (wish.field != "model" and not any(wish.text in said for said in advice.asked.text))
    ]
    return {
        "The build you asked about": asked,
        "What would help": [
            f"{changes_text(item.changes)}: then {base.models[item.then.model].name}" for item in advice.relaxations
        ],
        "Ways round": [f"{route.kind.replace('_', ' ')}: {route.text}" for route in advice.routes],
        "Caveats": [*(item.text + decided_by(item.layer, base) for item in advice.caveats), *advice.expired],
        "Good to know": [item.text + decided_by(item.layer, base) for item in advice.notes],
        "Hosted instead": [line for item, line in lanes if item.provider is not None],
        "On rented hardware instead": [line for item, line in lanes if item.provider is None],
        "Excluded": excluded_lines(advice, base),
    }


def changes_text(changes: Iterable[Change]) -> str:
    """Write changes, one after another."""
    return ", ".join(map(change_text, changes))


def change_text(change: Change) -> str:
    """Write a change as `field from this to that`."""
    if change.to is None:
        return f"{change.field} (drop {value_text(change.from_)})"
    return f"{change.field} from {value_text(change.from_)} to {value_text(change.to)}"


def turn_lines(points: Iterable[TippingPoint], base: RuleBase) -> Iterator[str]:
    """Yield the tipping points: what is moved, what is recommended then, and why."""
    for point in points:
        then = base.models[point.then.model].name if point.then else "nothing fits"
        moved = change_text(Change(field=point.field, from_=point.from_, to=point.to))
        yield f"{moved}: {point.text}" if point.text.startswith(then) else f"{moved}: {then}; {point.text}"
