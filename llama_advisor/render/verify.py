"""A reading beside its prediction, for a terminal."""

from __future__ import annotations

from llama_advisor.deploy.verify import Verification
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.render.formats import View
from llama_advisor.render.screen import Screen
from llama_advisor.render.sentences import range_text, value_text
from llama_advisor.text.numbers import number
from llama_advisor.text.tables import table

NAMES = table(__file__)


def verification_text(found: Verification, base: RuleBase, view: View) -> str:
    """Return the whole comparison as text."""
    out = Screen(colour=view.colour, width=view.width)
    worse = [NAMES[part.figure] for item in found.readings for part in item.figures if part.verdict == "worse"]
    if found.holds:
        out.line("as predicted, or better", "bold green")
    else:
        out.line(f"worse than predicted: {', '.join(worse)}", "bold red")
    engine = base.engines[found.engine].name + (f" {found.engine_version}" if found.engine_version else "")
    build = f"{base.models[found.model].name}, {found.quantization}, {engine}"
    out.line(f"{build} on {found.machine.name}, from {found.tool}")
    suggests: dict[str, None] = {}
    for item in found.readings:
        several = "request" if item.concurrent_requests == 1 else "requests at a time"
        out.heading(f"{item.prompt_tokens:,} + {item.output_tokens:,} tokens, {item.concurrent_requests:,} {several}")
        rows = []
        for figure in item.figures:
            verdict = "within" if figure.verdict == "within" else f"{figure.verdict}: {number(figure.ratio)} times"
            rows.append((NAMES[figure.figure], number(figure.measured), range_text(figure.predicted), verdict))
            if figure.suggests:
                suggests[f"{NAMES[figure.figure]}: {figure.suggests}"] = None
        out.columns(("", "measured", "predicted", ""), rows, frozenset({1}))
        if item.basis:
            out.line(f"  basis: {item.basis}")
    out.bullets(suggests, "What that suggests")
    out.bullets((f"{item.field} = {value_text(item.value)}: {item.why}" for item in found.assumptions), "Assumed")
    return out.text()
