"""Writes the pages of docs/ that follow from rules/: `--write` after a change of rules."""

from __future__ import annotations

import sys
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent))
import docs_cards as cards
from docs_cards import WRITTEN

from llama_advisor.check.findings import code_page
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.interview.answers_cache import Outlook
from llama_advisor.interview.log import Answer, as_command, scenario_of
from llama_advisor.interview.next_question import following, questions
from llama_advisor.interview.prompt import closing, prompt, wrapped
from llama_advisor.interview.typed import Here, read_line
from llama_advisor.knowledge.base import RULE_FOLDERS
from llama_advisor.knowledge.kinds import ENTRY_FOLDERS, LIST_KEYS
from llama_advisor.knowledge.upkeep_entries import Statement
from llama_advisor.render.sentences import number
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.text.record import plain, validate
from llama_advisor.upkeep.lint import cited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llama_advisor.interview.log import Log
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.offer import Offer
    from llama_advisor.knowledge.upkeep_entries import FindingKind
    from llama_advisor.sizing.request import Estimate

DOCS = Path(__file__).resolve().parent.parent / "docs"
FOLDERS = {
    "constraints": "Constraints: what rules a build out",
    "preferences": "Preferences: what moves a criterion",
    "caveats": "Caveats: what is said about the recommended build",
    "routes": "Routes: ways round, where they bear",
}
AS_OF = date(2026, 11, 24)
LOADS = "gives these figures.\n"
WIDTH = 80
TYPED = ("documents", "laptop, RTX 4070 8GB", "context, German", "16k")
"""The answers of the interview shown."""
FACTS = {
    "models": "models",
    "benchmarks": "benchmarks",
    "quantizations": "quantizations",
    "block_types": "block types of quantized files",
    "engines": "engines",
    "programs": "programs, with their options",
    "devices": "devices",
    "instances": "cloud instances",
    "vendors": "makers of devices",
    "rentals": "prices of rented machines",
    "hosted": "offers of hosted models",
    "providers": "providers of hosted models",
    "cloud_regions": "regions of clouds",
    "trainers": "ways of tuning",
    "optimizers": "optimizers",
}
MEMORY = "from-memory"
OUTCOMES = {"carried": "carried", "corrected": "**corrected**", "no_claim": "no claim"}


def pages(base: RuleBase) -> dict[str, Callable[[], Iterator[str]]]:
    """Return what writes each generated page, by its file name."""
    sizer = Sizer(base)
    return {
        "rules.md": lambda: rules(base),
        "seed-coverage.md": lambda: seed_coverage(base),
        "findings.md": lambda: findings(base),
        "interview.md": lambda: interview(base),
        "serving.md": lambda: serving(base),
        "facts.md": lambda: facts(base),
        "scenario-fields.md": cards.fields,
        "use-cases.md": lambda: cards.use_cases(base),
        "models.md": lambda: cards.model_list(base),
        **{f"models/{model.id}.md": partial(cards.model_card, model, base, sizer) for model in base.models.values()},
        "devices.md": lambda: cards.devices(base, sizer),
        "engines.md": lambda: cards.engines(base),
        "sources.md": lambda: cards.sources(base),
        "faq.md": lambda: cards.faq(base),
        **{f"findings/{kind.id}.md": partial(page, kind) for kind in base.finding_kinds.values() if kind.fix},
    }


def rules(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page of all rules."""
    yield f"# All {len(base.rules)} rules\n"
    yield WRITTEN
    yield "`llama-advisor rules show ID` prints one whole. In brackets: [sources](sources.md), and how sure it is."
    for folder in RULE_FOLDERS:
        entries = list(base.in_folder(folder))
        yield f"\n## {FOLDERS[folder]} ({len(entries)})\n"
        for rule in entries:
            found = cards.cite(item.id for item in rule.rule.sources)
            why = rule.rule.why.strip()
            yield f"- **`{rule.id}`** {rule.rule.title}. {why} [{found}; {rule.rule.confidence}]"
    yield ""


def seed_coverage(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page of what became of the seed article."""
    statements = [validate(Statement, item) for item in _in_order(base)]
    counts = {name: sum(item.outcome == name for item in statements) for name in OUTCOMES}
    yield "# What became of the seed article\n"
    yield WRITTEN
    yield (
        f'The article "Llama 3.2 vs Llama 3.1" makes {len(statements)} statements: {counts["carried"]} are carried by '
        f"rules, criteria or use cases, {counts['corrected']} are corrected by a source that outweighs it, and "
        f"{counts['no_claim']} make no claim that a choice could rest on."
    )
    section = ""
    for item in statements:
        if item.section != section:
            section = item.section
            yield f"\n## {section}\n\n| statement | outcome | by | remark |\n|---|---|---|---|"
        by = ", ".join(f"`{name}`" for name in (*item.rules, *item.also))
        against = f" [{', '.join(f'`{name}`' for name in item.corrected_by)}]" if item.corrected_by else ""
        yield f"| {item.text} | {OUTCOMES[item.outcome]} | {by}{against} | {item.note} |"
    yield ""


def findings(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page of all codes."""
    yield "# Codes of findings\n"
    yield WRITTEN
    yield "## Of `llama-advisor check`, about a project\n\n| code | severity | what it says |\n|---|---|---|"
    for kind in base.finding_kinds.values():
        if kind.fix:
            yield f"| [{kind.id}](findings/{kind.id}.md) | {kind.severity} | {kind.title} |"
    yield "\n## Of `llama-advisor rules`, about the rule base\n"
    for kind in base.finding_kinds.values():
        if not kind.fix:
            yield f"### {kind.id}\n\n{kind.title} ({kind.severity}). {kind.explanation.strip()}\n"


def interview(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page of one interview and of all questions."""
    yield "# An interview, and all questions\n"
    yield WRITTEN
    yield f"What `llama-advisor` shows at a terminal ({AS_OF}), and what is typed after `>`:\n\n```text"
    outlook = Outlook(Advisor(base, AS_OF))
    log: Log = ()
    for line in TYPED:
        yield "".join(prompt(log, outlook, None, WIDTH)) + f"> {line}".rstrip() + "\n"
        answer = read_line(line, Here(tuple(following(log, outlook)), log, None), outlook)
        assert isinstance(answer, Answer)
        log = (*log, answer)
    yield "".join(prompt(log, outlook, None, WIDTH)) + "\n" + wrapped([closing(log, outlook)], WIDTH) + "```\n"
    yield f"The answer follows, and `{as_command(scenario_of(log))}`, which gives it again.\n"
    yield "## All questions\n\n| question | why it matters | if skipped | stated by |\n|---|---|---|---|"
    for item in questions(base):
        question = item.question
        often = f"{question.stated.count} of {question.stated.of}"
        yield f"| {question.text} | {question.why.strip()} | {question.skipped} | {often} |"
    yield ""


def serving(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page of served loads: what is written by hand, then each load with its arithmetic."""
    by_hand, mark, _ = (DOCS / "serving.md").read_text(encoding="utf-8").partition(LOADS)
    yield by_hand + mark
    yield WRITTEN.replace("rules/", "examples/loads.jsonl")
    yield "| load | build | room | in flight | finished at most | machines |\n|---|---|---|---|---|---|"
    told, sizer = [], Sizer(base)
    for line in (DOCS / "examples" / "loads.jsonl").read_text(encoding="utf-8").splitlines():
        request = EstimateRequest.model_validate_json(line)
        made = sizer.estimate(request)
        row, text = _served(request, made, base)
        yield row
        told.append(text)
    yield "\n" + "\n".join(told) + "\n"


def facts(base: RuleBase) -> Iterator[str]:
    """Yield the lines of the page of facts: how many there are, how well each kind is known, which offers count."""
    offers = sorted(base.hosted.values(), key=lambda offer: (offer.model, offer.id))
    today, needed = cards.newest(base), base.criteria.witnesses_needed
    yield "# Facts, and how well they are known\n"
    yield WRITTEN
    yield (
        "`llama-advisor models list`, `hardware list` and `prices list` print the rows. Unverified: what was not "
        "read in a source, in some fields or in all; from memory alone: with no source at all. Days are those of a "
        "price, else those on which the sources of a row were read.\n"
    )
    yield "| kind | rows | unverified | from memory alone | oldest day | newest day |\n|---|---|---|---|---|---|"
    for kind, name in FACTS.items():
        entries = list(base.entries(kind, (ENTRY_FOLDERS | LIST_KEYS)[kind]).values())
        sources = [{*cited(plain(entry))} for entry in entries]
        dated = [getattr(entry, "as_of", None) for entry in entries]
        read = [[base.sources[name].read for name in names] for names in sources]
        days = [day for own, theirs in zip(dated, read, strict=True) for day in ([own] if own else theirs)]
        unverified = sum(bool(getattr(entry, "unverified", False)) for entry in entries)
        span = f"{min(days)} | {max(days)}" if days else "- | -"
        yield f"| {name} | {len(entries)} | {unverified} | {sources.count({MEMORY})} | {span} |"
    states = {offer.id: offer.state(today, needed) for offer in offers}
    begins = [state.partition(" ")[0].rstrip(":") for state in states.values()]
    head = "| model | offer | USD per million tokens, in / out |"
    live = [offer for offer in offers if states[offer.id] == "counts"]
    yield (
        f"\n## Hosted offers on {today}\n\n{len(offers)} offers: {len(live)} count, {begins.count('doubtful')} are "
        f"doubtful, {begins.count('ended')} have ended. One counts that {needed} of the lists have (its witnesses), "
        "that has not ended and that no person doubts; only such an offer is ever picked."
    )
    yield f"\n{head} witnesses | missing in | ends |\n|---|---|---|---|---|---|"
    for offer in live:
        lists = f"{', '.join(offer.witnesses)} | {', '.join(offer.missing_in) or '-'}"
        yield f"| {offer.model} | {offer.id} | {_rates(offer, today)} | {lists} | {offer.until or '-'} |"
    yield f"\n## Doubtful offers\n\n{head} why |\n|---|---|---|---|"
    for offer in offers:
        if states[offer.id].startswith("doubtful"):
            yield f"| {offer.model} | {offer.id} | {_rates(offer, today)} | {offer.doubt(today, needed)} |"
    yield ""


def _rates(offer: Offer, today: date) -> str:
    return " / ".join("?" if rate is None else f"{rate:g}" for rate in offer.price(today).rates)


def _served(request: EstimateRequest, made: Estimate, base: RuleBase) -> tuple[str, str]:
    """Return a load as a row, and the arithmetic of it."""
    capacity, machine, speed, memory = made.capacity, made.machine, made.speed, made.memory
    assert capacity is not None
    assert capacity.requests_per_s is not None
    assert machine is not None
    assert speed is not None
    model, engine = base.models[made.model], base.engines[made.engine]
    cells = (
        request.id,
        f"{model.name.removeprefix('Llama ')}, {made.quantization}, {engine.name} on {machine.name}",
        f"{capacity.requests_at_once:,} ({capacity.full_length_at_once:,} of full length)",
        f"{capacity.in_flight:,} at {number(speed.decode_tokens_per_s.mid)} tokens/s each",
        f"{number(capacity.requests_per_s.mid)} requests/s",
        f"{capacity.machines_needed:,}",
    )
    paged, shape = engine.concurrent_requests == "continuous", model.architecture
    held = f"{request.prompt_tokens:,} + {request.output_tokens:,}" if paged else f"{made.context_tokens:,}"
    each = f"{shape.layers} layers x 2 x {shape.kv_heads} KV heads x {shape.head_dim} x 2 bytes"
    arriving = request.requests_per_second
    if request.users:
        arriving = request.users / base.criteria.seconds_between_requests
    follows = f"{number(arriving)} arrive a second, so {capacity.in_flight:,} are in flight; " if arriving else ""
    return f"| {' | '.join(map(str, cells))} |", (
        f"- **{request.id}**: {memory.weights_gib:.2f} GiB of weights and {memory.overhead_gib:.2f} of overhead in "
        f"{memory.available_gib:.2f}; a request holds {held} tokens of {each}; {follows}the first token comes after "
        f"{number(speed.first_token_s.mid)} s"
    )


def page(kind: FindingKind) -> Iterator[str]:
    """Return the page of one code, which `explain` prints too."""
    yield f"{code_page(kind)}\n[All codes](../findings.md). {WRITTEN}"


def _in_order(base: RuleBase) -> list[dict[str, object]]:
    """Return the statements in the order of the article, which is that of the file."""
    found: list[dict[str, object]] = base.layers[0].files["seed.yaml"]["statements"]
    return found


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python tests/docs_generate.py --write")
    made = pages(load_rules())
    for folder in ("findings", "models"):
        for old in (DOCS / folder).glob("*.md"):
            old.unlink()
        (DOCS / folder).mkdir(exist_ok=True)
    for name, text in made.items():
        (DOCS / name).write_text("\n".join(text()), encoding="utf-8")
