"""What a rule says, when, and on what ground, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.render.screen import bullets, columns, console, heading, line, written
from llama_advisor.text.record import plain
from llama_advisor.upkeep.lint_conditions import shown

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.rule import CompiledRule


def rule_text(rule: CompiledRule, base: RuleBase, *, colour: bool, width: int) -> str:
    """Return the page of a rule: title, reason, what it does, when, in what words, its sources."""
    found = rule.rule
    out = console(colour=colour, width=width)
    line(out, found.title, "bold")
    line(out, found.why)
    then = plain(found.then, exclude_defaults=True)
    rows = [
        ("id", f"{rule.id}, one of the {rule.folder} of {rule.layer}"),
        ("does", ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in then.items())),
        ("when", shown(rule.condition).strip("()")),
        *((("tight when", shown(rule.tight).strip("()")),) if rule.tight else ()),
        ("says", found.say),
        ("confidence", found.confidence),
    ]
    heading(out, "The rule")
    columns(out, ("", ""), rows)
    heading(out, "Sources")
    cited = [(item, base.sources.get(item.id)) for item in found.sources]
    bullets(out, [f"{item.id}: {source.text if source else 'not listed'}; {item.says}" for item, source in cited])
    return written(out)
