"""What a report says, section by section: the request, the answer, what else was judged, how to check it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from llama_advisor.engine.advice import RuleBaseShown
from llama_advisor.explain.why import Report
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render import sentences as say
from llama_advisor.render.formats import View, as_file
from llama_advisor.scenario.scenario import Assumption

Kind = Literal[
    "text", "items", "figures", "links", "table", "fields", "sources", "compared", "code", "steps", "chart", "grid"
]


class Block(NamedTuple):
    """A part of a section; sources and fields are tables, the one with addresses that are links."""

    kind: Kind
    body: Any
    title: str = ""
    folded: bool = False  # Whether a page shows it only when it is asked for.
    language: str = ""  # Of code.


Section = tuple[str, list[Block]]  # A heading and what stands under it.


def sections(
    report: Report, base: RuleBase, view: View, varied: Iterable[Block] = (), drawn: Sequence[Section] = ()
) -> Iterator[Section]:
    """Yield the sections that have something to say; what is `drawn` stands after what was compared."""
    advice, beside, build = report.advice, say.beside(report.advice, base), report.advice.recommendation
    stated = [(field, say.value_text(value)) for field, value in report.stated.items()]
    asked = [Block("items", beside.pop("The build you asked about"))]
    if advice.asked and advice.asked.forms:
        asked.append(Block("table", say.forms(advice.asked, base), "In which form it would fit, and on what"))
    compared = []
    if advice.ranking:
        compared.append(Block("table", say.ranking(advice, advice.ranking, base, why=True), "Each model's best build"))
    if advice.sizes:
        compared.append(Block("table", say.sizes(advice, base), "What the models take"))
    compared.append(Block("items", beside.pop("Excluded"), "Ruled out"))
    points = []
    if build:
        firm = ", {} ahead; it {}".format(*say.firm_text(advice.robustness)) if advice.robustness else ""
        points = [Block("text", f"{build.score:.2f} of 100 points{firm}.")]
        points += [Block("table", say.points(build, base), "What they are made of", folded=True)]
    turns = list(say.turn_lines(advice.tipping_points or (), base))
    sources = [(item.id, item.text, item.kind, str(item.read)) for item in report.sources]
    listed = say.Table(("id", "source", "kind", "read on"), sources) if sources else None
    file = Block(
        "code", as_file(report.stated), "The scenario as it was stated, as a file", language="yaml", folded=True
    )
    found: Iterable[Section] = (
        ("What was asked", [Block("fields", say.Table(("field", "value"), stated), "As it was stated")]),
        ("The answer", list(_answer(report, base, beside))),
        ("The build that was asked about", asked),
        ("What would change it", [Block("items", turns), *varied]),
        ("What it was compared with", compared),
        *drawn,
        ("Points", points),
        ("What was assumed", [assumptions(advice.assumptions)]),
        ("Sources", [Block("sources", listed, f"What it rests on, {len(sources)} sources", folded=True)]),
        ("How to check again", [*again(advice.rulebase, view), file]),
    )
    yield from telling(found)


def telling(found: Iterable[Section]) -> Iterator[Section]:
    """Yield the sections without blocks that have nothing to say, and without sections left empty."""
    told = ((title, [block for block in blocks if block.body]) for title, blocks in found)
    yield from ((title, blocks) for title, blocks in told if blocks)


def assumptions(found: Iterable[Assumption]) -> Block:
    """Return what was taken for granted; nothing where nothing was."""
    rows = [(item.field, say.value_text(item.value), item.why) for item in found]
    return Block("fields", say.Table(("field", "value", "why"), rows) if rows else None, "What was not said")


def again(shown: RuleBaseShown, view: View) -> list[Block]:
    """Say what answered, and how to ask it again."""
    layers = f" with {', '.join(shown.layers)} over it" if shown.layers else ""
    return [
        Block("text", f"Answered by llama-advisor {shown.version} with rule base {shown.hash}{layers}."),
        Block("text", "The same version and rules print this again, byte for byte; others show what moved."),
        Block("code", [view.command], "To print it again", language="sh"),
    ]


def _answer(report: Report, base: RuleBase, beside: dict[str, list[str]]) -> Iterator[Block]:
    advice, build = report.advice, report.advice.recommendation
    yield Block("text", f"{say.VERDICTS[advice.verdict]}: {say.why(advice, base)}")
    yield Block("text", say.close_text(advice, base))
    if build:
        yield Block("figures", say.figures(build))
        yield Block("links", say.links(build, base))
        yield Block("steps", build.commands, "Run it", language="sh")
    yield from (Block("items", lines, title) for title, lines in beside.items())
    yield Block("items", say.hanging(advice, base), "What was not said, and would change it")
