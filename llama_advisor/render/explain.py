"""Explanations for a terminal: why not this model, models side by side, what a rule says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.explain.reason import brief
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.rule import CompiledRule
from llama_advisor.render.formats import View
from llama_advisor.render.screen import Screen
from llama_advisor.render.sentences import changes_text, decided_by, value_text
from llama_advisor.text.numbers import number
from llama_advisor.text.record import plain
from llama_advisor.text.tables import table
from llama_advisor.upkeep.lint import shown

if TYPE_CHECKING:
    from llama_advisor.explain.compare import Comparison
    from llama_advisor.explain.why_not import Explanation

SMALL = 0.005
MARK = "*"
SHOWN_SERIES = 6
WORDS = table(__file__)


def explanation_text(found: Explanation, base: RuleBase, view: View) -> str:
    """Write why a model is not recommended: the first line says where it stands, the second why."""
    out = Screen(colour=view.colour, width=view.width)
    winner = base.models[found.winner.model].name if found.winner else "nothing"
    standing = WORDS["standing"][found.standing].format(rank=found.rank, winner=winner)
    out.line(f"{base.models[found.model].name} {standing}", "bold")
    out.line(f"{_because(found, base)}.")
    tried = f", as {found.build.quantization} on {found.build.machine or found.build.engine}" if found.build else ""
    misses = []
    for excuse, slack in ((item.excuse, item.slack) for item in found.failed):
        off = f" ({f'{number(abs(slack))} {excuse.unit}'.rstrip()} off)" if slack else ""
        misses.append(f"{excuse.text}{off} [{excuse.rule}]{decided_by(excuse.layer, base)}")
    out.bullets(misses, f"What rules it out{tried}")
    if found.against:
        out.heading(f"Against {winner}")
        rows = [(f"{item.points:+.2f}", item.mine, item.theirs) for item in found.against]
        out.columns(("points", "this model", "the winner"), rows, frozenset({0}))
    if found.standing != "recommended" and not found.wins_if:
        out.heading("None of the changes tried, alone or in pairs, makes it win")
    ways = []
    for changes, then in ((way.changes, way.then) for way in found.wins_if):
        machine = f", {then.machine}" if then.machine else ""
        build = f"{then.quantization} on {base.engines[then.engine].name}{machine}"
        ways.append(f"{changes_text(changes)}: then as {build}")
    out.bullets(ways, "It would win with")
    return out.text()


def _because(found: Explanation, base: RuleBase) -> str:
    if found.failed:
        return found.failed[0].excuse.text
    if found.standing == "recommended":
        return "recommend --why shows what it rests on and where it turns"
    if found.standing == "not_ranked":
        is_base = base.models[found.model].kind == "base"
        return "base models are ranked for tuning alone" if is_base else "it stands beside others"
    if found.behind is not None and found.behind <= 0:
        return "it has as many points, but a wish decided"
    lost = [item for item in found.against if item.points < -SMALL]
    most = f", {-lost[-1].points:.2f} of them in {lost[-1].criterion}" if lost else ""
    return f"it is {found.behind:.2f} points behind{most}"


def comparison_text(comparison: Comparison, base: RuleBase, view: View) -> str:
    """Write models side by side; `*` marks what differs."""
    out = Screen(colour=view.colour, width=view.width)
    names = [brief(base.models[model.model]) for model in comparison.models]
    out.line(" / ".join(model.name for model in comparison.models), "bold")
    out.line(f"{MARK} marks what differs")
    for group, title in WORDS["groups"].items():
        cells = [
            (MARK * row.differs, ", ".join(filter(None, (row.label, row.unit))), *map(cell_text, row.values))
            for row in comparison.rows
            if row.group == group
        ]
        if cells:
            out.heading(title)
            out.columns(("", "", *names), cells)
    if comparison.not_comparable:
        series = ", ".join(comparison.not_comparable[:SHOWN_SERIES])
        more = len(comparison.not_comparable) - SHOWN_SERIES
        out.heading("Not compared")
        out.line(f"  published for some of them only: {series}{f' and {more} more' if more > 0 else ''}")
    out.bullets((f"{item.field} = {value_text(item.value)} ({item.why})" for item in comparison.assumptions), "Assumed")
    return out.text()


def cell_text(value: Any) -> str:
    """Write one value of a comparison."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    return f"{value:,g}" if isinstance(value, float) else value_text(value)


def rule_text(rule: CompiledRule, base: RuleBase, view: View) -> str:
    """Write a rule: title, reason, what it does, when, in what words, its sources."""
    out = Screen(colour=view.colour, width=view.width)
    out.line(rule.rule.title, "bold")
    out.line(rule.rule.why)
    then = plain(rule.rule.then, exclude_defaults=True)
    rows = [
        ("id", f"{rule.id}, one of the {rule.folder} of {rule.layer}"),
        ("does", ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in then.items())),
        ("when", shown(rule.condition).strip("()")),
        *((("tight when", shown(rule.tight).strip("()")),) if rule.tight else ()),
        ("says", rule.rule.say),
        ("confidence", rule.rule.confidence),
    ]
    out.heading("The rule")
    out.columns(("", ""), rows)
    out.heading("Sources")
    cited = [(item, base.sources.get(item.id)) for item in rule.rule.sources]
    out.bullets([f"{item.id}: {source.text if source else 'not listed'}; {item.says}" for item, source in cited])
    return out.text()
