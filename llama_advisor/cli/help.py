"""Help as text: flag names whole at any width, under headings of what they are about, with examples at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import wrap
from typing import Any

from typer.core import TyperCommand, TyperGroup

ARGUMENTS = "Arguments"
COLOUR = ("--color auto|always|never", "Whether to colour the output; auto is on a terminal.")
WIDEST_NAME = 30


class HelpCommand(TyperCommand):
    """A command whose options stand under headings."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then options by heading, those without one last."""
        from llama_advisor.scenario.flags import GROUPS

        sections: dict[str, list[tuple[str, str]]] = {name: [] for name in (ARGUMENTS, *GROUPS)}
        for param in self.get_params(ctx):
            shown, text = param.get_help_record(ctx) or ("", "")
            text = re.sub(r"(\d+)<=x<=(\d+)", r"\1 to \2", re.sub(r"x>=(\d+)", r"\1 or more", text))
            if param.param_type_name == "argument":
                sections[ARGUMENTS].append((param.metavar or str(param.name).upper(), text))
                continue
            own = param.opts[0].rpartition("-")[2].upper()
            name = re.sub(r"<.*>", own, re.sub(r"<(?:list\[)?(\S+\|[^\s\]]+)\]?>", r"\1", shown))
            sections[getattr(param, "rich_help_panel", None) or GROUPS[-1]].append((name, text))
        sections[GROUPS[-1]].append(COLOUR)
        for heading, rows in sections.items():
            if rows:
                _write(formatter, heading, rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 (what the parser hands over)
        """Write the examples as they are."""
        if self.epilog:
            formatter.write("\n".join(("\nExamples:", *(f"  {line}" for line in self.epilog.splitlines()), "")))


class HelpGroup(TyperGroup):
    """Commands, each with what it does in full."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, those of a group on its line."""
        rows = []
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            below = " " + "|".join(command.list_commands(ctx)) if isinstance(command, TyperGroup) else ""
            rows.append((name + below, command.help or ""))
        _write(formatter, "Commands", rows)


def _write(formatter: Any, heading: str, rows: Iterable[tuple[str, str]]) -> None:
    """Write names and what they mean beside them, or below a long one; no name is broken."""
    rows = list(rows)
    column = 4 + min(WIDEST_NAME, 2 * formatter.width // 5, max(len(name) for name, _ in rows))
    lines = ["", f"{heading}:"]
    for name, text in rows:
        head = f"  {name}"
        told = wrap(text, formatter.width - column, break_on_hyphens=False)
        if told and len(head) + 2 <= column:
            head = head.ljust(column) + told.pop(0)
        lines += [head, *(" " * column + line for line in told)]
    formatter.write("\n".join((*lines, "")))
