"""Lists and single entries of the rule base as text, and what the removal of each rule changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.render.formats import View
from llama_advisor.render.screen import Screen
from llama_advisor.text.tables import table

if TYPE_CHECKING:
    from llama_advisor.upkeep.coverage import Effect

WIDTH = 80
FIELDS = table(__file__)
"""Fields that a list leaves out, by its kind; those that are numbers, with the heading that names their unit."""


def render(kind: str, data: Any, view: View) -> str:
    """Return a list as a table, one entry as an outline."""
    out = Screen(colour=view.colour, width=view.width)
    if isinstance(data, list):
        if not data:
            return "nothing found\n"
        names = [name for name in data[0] if name not in FIELDS["hidden"].get(kind, ())]
        rows = [["" if entry[name] is None else _cell(entry[name]) for name in names] for entry in data]
        headings, right = FIELDS["numbers"], frozenset(n for n, name in enumerate(names) if name in FIELDS["numbers"])
        out.columns([headings.get(name, name.replace("_", " ")) for name in names], rows, right)
        return out.text()

    def outline(value: Any, pad: str) -> None:
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            label = f"{pad}{name}:" if isinstance(value, dict) else f"{pad}-"
            parts = item if isinstance(item, list) else ()
            if isinstance(item, dict) or any(isinstance(part, (dict, list)) for part in parts):
                out.line(label)
                outline(item, f"{pad}  ")
            else:
                out.line(f"{label} {_cell(item)}")

    outline(data, "")
    return out.text()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "-" if value is None else f"{value:,}" if type(value) is int else str(value)


def effects_text(effects: list[Effect], scenarios: int) -> str:
    """List the rules that decide something, those that are only said, and those that change nothing."""
    out = Screen(colour=False, width=WIDTH)
    out.line(f"{len(effects)} rules, {scenarios} scenarios, each answered without each rule at work in it")
    decide = [e for e in effects if e.decides]
    decide.sort(key=lambda e: (-len(e.picks), -len(e.verdicts), -len(e.said), e.rule))
    rows = [(e.rule, *(str(len(part)) for part in (e.at_work, e.said, e.picks, e.verdicts))) for e in decide]
    out.columns(("rule", "at work", "said", "picks", "verdicts"), rows, frozenset({1, 2, 3, 4}))
    out.line("at work: not plainly false for some build; said: shapes the words; picks, verdicts: change without it")
    for title, group in (
        ("Said, but no pick or verdict rests on them", [e for e in effects if e.said and not e.decides]),
        ("At work, but change and say nothing", [e for e in effects if e.at_work and not e.said and not e.decides]),
        ("Never at work in these scenarios", [e for e in effects if not e.at_work]),
    ):
        out.heading(f"{title}: {len(group)}")
        out.line(", ".join(sorted(effect.rule for effect in group)) or "none")
    return out.text()
