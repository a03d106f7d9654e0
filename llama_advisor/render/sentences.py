"""Sentences about a build and an answer, as text, record and page say them alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llama_advisor.engine.advice import Advice, Build, Change, Command, Contribution, Robustness, TippingPoint
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.sizing.figures import Capacity, Cost, Memory, Range, Training
from llama_advisor.text.tables import table

SIGNIFICANT = 3
VERDICTS = table(__file__)


def number(value: float | None) -> str:
    """Write a figure with three significant digits, thousands separated; a dash where it is not known."""
    if value is None:
        return "-"
    digits = max(0, SIGNIFICANT - len(str(int(value))))
    return f"{value:,.{digits}f}"


def range_text(figures: Range) -> str:
    """Write a range as `mid (low to high)`."""
    return f"{number(figures.mid)} ({number(figures.low)} to {number(figures.high)})"


def value_text(value: object) -> str:
    """Write the value of a field."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(value_text, value)) or "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{name} {value_text(part)}" for name, part in value.items())
    if isinstance(value, (int, float)):
        return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"
    return str(value)


def short_name(model: str, base: RuleBase) -> str:
    """Name a model without the family that all of them share."""
    return base.models[model].name.removeprefix("Llama ")


def host_name(build: Build, base: RuleBase) -> str:
    """Name the provider of a hosted build."""
    return base.providers[build.provider].name if build.provider else build.engine


def described(build: Build, base: RuleBase) -> str:
    """Name a build: `model, quantization, engine on machine`."""
    name = base.models[build.model].name
    if build.machine is None:
        return f"{name}, hosted by {host_name(build, base)}"
    version = f" ({build.engine_version})" if build.engine_version else ""
    copies = f", {build.machine.replicas} copies" if build.machine.replicas > 1 else ""
    return f"{name}, {build.quantization}, {base.engines[build.engine].name}{version} on {build.machine.name}{copies}"


def reason_line(advice: Advice, build: Build, base: RuleBase) -> str:
    """Give the verdict and what carries it: the pick's weightiest rule, and where it leads the next model."""
    if advice.changes:
        from llama_advisor.explain.options import nearest_excuse

        nearest = nearest_excuse(advice)
        against = nearest.excuse.text if nearest else "nothing qualifies as asked"
        return f"only if you change {changes_text(advice.changes)}: {against}."

    def points(build: Build, criterion: str) -> float:
        return sum(part.points for part in build.contributions if part.criterion == criterion)

    rules = [part for part in build.contributions if part.rule and part.points > 0]
    said = [max(rules, key=lambda part: part.points).text] if rules else []
    if len(advice.ranking) > 1:
        rival = advice.ranking[1]
        criteria = dict.fromkeys(part.criterion for part in build.contributions)
        gains = sorted(((points(build, name) - points(rival, name), name) for name in criteria), reverse=True)
        ahead = [name for gap, name in gains if gap > 0][:2]
        if ahead:
            said.append(f"ahead of {base.models[rival.model].name} in {' and '.join(ahead)}")
    elif not said:
        said.append("the only model that qualifies")
    return f"{VERDICTS[advice.verdict]}: {'; '.join(said) or 'the best score of all builds that qualify'}."


def part_row(part: Contribution, base: RuleBase) -> tuple[str, str, str, str]:
    """Return a part of the score: its points, those of a rule signed, whose they are, the reading, its sources."""
    points = f"{part.points:+.2f}" if part.rule else f"{part.points:.2f}"
    text = part.text + decided_by(part.layer, base)
    return points, part.rule or part.criterion, text, ", ".join(part.source) or "-"


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


def command_lines(commands: Iterable[Command]) -> list[str]:
    """Return what to type, line by line; what is no shell command with what it is written in."""
    lines = []
    for item in commands:
        if item.language != "sh":
            lines.append(f"# in {item.language}:")
        lines += item.run.splitlines()
    return lines


def serves(capacity: Capacity) -> str:
    """Tell how many requests are worked on at a time, how many are finished, and on what."""
    usual, full = capacity.requests_at_once, capacity.full_length_at_once
    text = f"{usual:,} usual requests at a time" if usual > 1 else "one request at a time"
    if full < usual:
        text += f" ({full:,} of full length)"
    waiting = capacity.in_flight - usual
    if waiting > 0:
        text += f", {waiting:,} more wait"
    if capacity.requests_per_s:
        text += f"; {capacity.requests_per_s.mid:.2g} requests/s at most"
    if capacity.busy_share:
        text += f", {capacity.busy_share:.2%} of it used" if capacity.busy_share < 1 else ", more arrives"
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


def memory_line(memory: Memory) -> str:
    """Write the memory of a build with its parts."""
    image = f" + image cache {memory.image_cache_gib:.2f}" if memory.image_cache_gib else ""
    there = "of unknown memory" if memory.available_gib is None else f"of {memory.available_gib:.2f} GiB"
    caches = f"KV cache {memory.kv_cache_gib:.2f}{image}"
    parts = f"weights {memory.weights_gib:.2f} + {caches} + overhead {memory.overhead_gib:.2f}"
    split = f"; {memory.offloaded_gib:.1f} GiB of it in host memory" if memory.offloaded_gib else ""
    return f"{memory.total_gib:.2f} GiB {there}: {parts}{split}"


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


def ranking_rows(advice: Advice, base: RuleBase, most: int | None = None) -> list[tuple[str, ...]]:
    """Return the rows of the ranking, of the first `most` models: each by its best build, then further ones."""
    rows = []
    for best in advice.ranking[:most]:
        others = (build for build in advice.builds or () if build.rank == best.rank)
        rows += [_ranking_row(best, base), *(("", *_ranking_row(build, base)[1:]) for build in others)]
    return rows


def _ranking_row(build: Build, base: RuleBase) -> tuple[str, ...]:
    return (
        str(build.rank),
        short_name(build.model, base),
        f"{build.quantization}, {build.engine}" if build.machine else f"hosted, {host_name(build, base)}",
        number(build.memory.total_gib if build.memory else None),
        number(build.speed.decode_tokens_per_s.mid if build.speed else None),
        number(build.cost.usd_per_month if build.cost else None),
        f"{build.score:.2f}",
    )


def excluded_lines(advice: Advice, base: RuleBase) -> list[str]:
    """List the reasons for which models are out, the models that share one together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for item in advice.excluded:
        name = base.models[item.model].name
        text = item.excuse.text.replace(name, "{}") + decided_by(item.excuse.layer, base)
        groups.setdefault((item.excuse.rule, text), []).append(name)
    lines = []
    for (_, text), names in groups.items():
        if len(names) == 1 and text.startswith("{}"):
            lines.append(text.replace("{}", names[0]))
        else:
            rest = text.removeprefix("{}").removeprefix(":").strip()
            meant = "it" if len(names) == 1 else "each"
            lines.append(f"{', '.join(names)}: {rest.replace('{}', meant)}")
    return lines


def beside(advice: Advice, base: RuleBase) -> dict[str, list[str]]:
    """Write what an answer says beside its build, by heading; the last two are the lane that was not ranked."""
    lanes = [(item, f"{described(item, base)}: {cost_line(item.cost)}") for item in advice.alternatives if item.cost]
    return {
        "Wishes": [
            f"{wish.field} {wish.asked}: {wish.outcome.replace('_', ' ')}; {wish.text}" for wish in advice.wishes
        ],
        "Caveats": [*(item.text + decided_by(item.layer, base) for item in advice.caveats), *advice.expired],
        "What would help": [
            f"{changes_text(item.changes)}: then {base.models[item.then.model].name}" for item in advice.relaxations
        ],
        "Ways round": [f"{route.kind.replace('_', ' ')}: {route.text}" for route in advice.routes],
        "Hosted instead": [line for item, line in lanes if item.provider is not None],
        "On rented hardware instead": [line for item, line in lanes if item.provider is None],
    }


def changes_text(changes: Iterable[Change]) -> str:
    """Write changes, one after another."""
    return ", ".join(map(change_text, changes))


def change_text(change: Change) -> str:
    """Write a change as `field from this to that`."""
    if change.to is None:
        return f"{change.field} (drop {value_text(change.from_)})"
    return f"{change.field} from {value_text(change.from_)} to {value_text(change.to)}"


def turn_lines(points: Iterable[TippingPoint], base: RuleBase) -> list[str]:
    """List the tipping points: what is moved, what is recommended then, and why."""
    lines = []
    for point in points:
        then = base.models[point.then.model].name if point.then else "nothing fits"
        change = Change(field=point.field, from_=point.from_, to=point.to)
        lines.append(
            f"{change_text(change)}: " + (point.text if point.text.startswith(then) else f"{then}; {point.text}")
        )
    return lines
