"""What the removal of each rule changes, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.render.screen import columns, console, heading, line, written

if TYPE_CHECKING:
    from llama_advisor.upkeep.ablation import Effect

WIDTH = 80
NAMES = ("rule", "at work", "said", "picks", "verdicts")


def effects_text(effects: list[Effect], scenarios: int) -> str:
    """Return rules that decide something, those that are only said, and those that change nothing."""
    out = console(colour=False, width=WIDTH)
    line(out, f"{len(effects)} rules, {scenarios} scenarios, each answered without each rule at work in it")
    rank = sorted(
        effects, key=lambda effect: (-len(effect.picks), -len(effect.verdicts), -len(effect.said), effect.rule)
    )
    columns(out, NAMES, [_row(effect) for effect in rank if effect.decides], frozenset({1, 2, 3, 4}))
    line(out, "at work: not plainly false for some build; said: shapes the words; picks, verdicts: change without it")
    for title, group in (
        ("Said, but no pick or verdict rests on them", [e for e in rank if e.said and not e.decides]),
        ("At work, but change and say nothing", [e for e in rank if e.at_work and not e.said and not e.decides]),
        ("Never at work in these scenarios", [e for e in rank if not e.at_work]),
    ):
        heading(out, f"{title}: {len(group)}")
        line(out, ", ".join(sorted(effect.rule for effect in group)) or "none")
    return written(out)


def _row(effect: Effect) -> list[str]:
    counts = (effect.at_work, effect.said, effect.picks, effect.verdicts)
    return [effect.rule, *(str(len(part)) for part in counts)]
