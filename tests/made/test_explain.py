"""Explanations on the made-up knowledge: where an answer turns, what stands against a model, and in which figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_questions import CARD, CLOUD

from llama_advisor.engine.decide import Advisor
from llama_advisor.explain.compare import compare
from llama_advisor.explain.grid import vary
from llama_advisor.explain.options import front, options, quality_and_cost, quality_and_speed
from llama_advisor.explain.reason import reason
from llama_advisor.explain.why import explained, report
from llama_advisor.explain.why_not import why_not
from llama_advisor.scenario.flags import Axis
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.decide import Answer

    Answered = Callable[..., Answer]

LONG: dict[str, Any] = CARD | {"model": "middle", "context_tokens": 32768}
TURN = "Small is ahead by 3.7 points, most of all in speed (+2.5)"


def scenario(**fields: Any) -> Scenario:
    return Scenario.model_validate({"use_cases": ["talk"]} | fields)


# field, from, first value that turns the answer, last that holds, model then, why.
TURNS = [
    # Middle in w4 fills the card with 20,480 tokens; a coarser form scores less than small. Below nothing turns.
    (CARD, [("context_tokens", 8192, 20481, 20480, "small", TURN)]),
    # Rent is 730 or 1,460 USD. One rack holds 8 + 23 + 1 GiB, 23 of them 23,552 tokens of large; a card no large.
    (CLOUD | {"budget_usd_per_month": 1000}, [
        ("context_tokens", 8192, 23553, 23552, "middle", "1460 of 1000 USD"),
        ("budget_usd_per_month", 1000.0, 729, 730, None, "1460 of 729 USD"),
        ("target", "cloud", "workstation", "cloud", "middle", "Large as w4 needs 17 GiB of 8"),
    ]),
    # Two cards hold large with 6 GiB of cache, 4 + 3 + 1, four with 8: 66.88 points, and middle 62.24.
    ({"hardware": "2x card"}, [
        ("context_tokens", 8192, 6144, 6145, "large", "Large is ahead by 7.6 points, most of all in quality (+8.5)"),
        ("context_tokens", 8192, 32769, 32768, None, "32,769 of 32,768 tokens"),
        ("hardware", "2x card", "4x Card", "2x card", "large", "Large is ahead by 4.6 points, most of all in quality (+12.7)"),
    ]),
    # In w2 with 8 GiB of cache it is asked for, though small is ahead; beyond 32,768 tokens nothing reads.
    (LONG, [
        ("context_tokens", 32768, 32769, 32768, None, "32,769 of 32,768 tokens"),
        ("target", "workstation", "cloud", "workstation", "small", "Middle as w4 needs 11 GiB of 8"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "turns"), TURNS)
def test_where_the_answer_turns(said: dict[str, Any], turns: list[tuple[Any, ...]], advisor: Advisor) -> None:
    points = explained(scenario(**said), advisor).advice.tipping_points
    assert points is not None
    found = [(p.field, p.from_, p.to, p.holds_to, p.then and p.then.model, p.text) for p in points]
    assert found == turns


def test_how_far_weights_may_move(advisor: Advisor) -> None:
    """Middle 54, 19.5, 95.5, 80 against small 36, 64, 98, 80, at weights of 60, 10, 5, 10 of 85.

    Quality alone: 18 w = (44.5 x 10 + 2.5 x 5) / 25 (1 - w). Speed: 44.5 w = (18 x 60 - 2.5 x 5) / 75 (1 - w).
    Footprint: 2.5 w = (18 x 60 - 44.5 x 10) / 80 (1 - w). Maturity is alike.
    """
    found = explained(scenario(**CARD), advisor).advice.robustness
    assert found is not None
    assert found.margin == pytest.approx(55.45 - 48.11, abs=1e-9)
    ranges = {item.criterion: (item.low, item.high) for item in found.weights}
    expected = {"quality": (0.504, 1), "speed": (0, 0.242), "footprint": (0, 0.76), "maturity": (0, 1)}
    assert ranges == {name: pytest.approx(ends, abs=0.015) for name, ends in expected.items()}
    assert {item.criterion: item.weight for item in found.weights} == {
        "quality": 0.706, "speed": 0.118, "footprint": 0.059, "maturity": 0.118}  # fmt: skip
    assert 0 < found.share_of_weightings_won < 1


REASONS = [
    (CARD, "The largest that fits. Large in 4 bits (w4) needs 17 GiB of 8. "
           "Small is 3.3 times as fast (64.0 against 19.5 tokens/s) but scores lower (MMLU 40 against 60)."),
    # 78 against 19.5 tokens/s: a quarter of the bytes.
    (CLOUD, "Middle is 4.0 times as fast (78.0 against 19.5 tokens/s) but scores lower (MMLU 60 against 80)."),
    # Of 60 points w2 leaves half.
    (LONG, "The largest that fits. It was asked for; Small leads it by little. Small scores higher (MMLU 40 against 30 "
           "(estimated)) but is 1.4 times slower (16.5 against 23.9 tokens/s). Large in 4 bits (w4) needs 41 GiB of 8."),
    (CARD | {"only": {"models": ["small"]}}, "The only model that qualifies. Middle is not allowed."),
    (CARD | {"only": {"models": ["large"]}}, "Large as w4 needs 17 GiB of 8."),
]  # fmt: skip


@pytest.mark.parametrize(("said", "text"), REASONS)
def test_why_this_one_in_a_few_sentences(said: dict[str, Any], text: str, answer: Answered, made: Any) -> None:
    assert reason(answer(**said).advice, made) == text


AGAINST = [
    # 7.53 - 2.30 of speed, 5.76 - 5.62 of footprint, 25.41 - 38.12 of quality. It wins once middle no longer fits.
    ("small", CARD, ("qualifies", 2, 7.34), [], [("speed", 5.23), ("footprint", 0.14), ("maturity", 0.0), ("quality", -12.71)],
     [[("context_tokens", 8192, 20481)]]),
    ("middle", CARD, ("recommended", 1, None), [], [], []),
    # Alone neither two cards hold it, 4 + 4 + 1, nor one a shorter context; together 4 + 2 + 1.
    ("large", CARD, ("excluded", None, None), [("Large as w4 needs 17 GiB of 8", -9.0)], [],
     [[("context_tokens", 8192, 4096), ("hardware", "card", "2x Card")]]),
    # 7.8 - 1.55 of speed, 9.55 - 8.35, 32.4 - 42.6; rent and engine are the same. Large is out above 23,552 tokens.
    ("middle", CLOUD | {"budget_usd_per_month": 730}, ("qualifies", 2, 2.75), [],
     [("speed", 6.25), ("footprint", 1.2), ("cost", 0.0), ("maturity", 0.0), ("quality", -10.2)],
     [[("context_tokens", 8192, 23553)], [("target", "cloud", "workstation")]]),
    # With money for two racks they are taken where one is tight: from 95 % of 32 GiB on, 21,914 tokens; that costs 5 points.
    ("middle", CLOUD, ("qualifies", 2, 2.75), [],
     [("speed", 6.25), ("footprint", 1.2), ("cost", 0.0), ("maturity", 0.0), ("quality", -10.2)],
     [[("context_tokens", 8192, 21914)], [("target", "cloud", "workstation")]]),
    # In w16 two racks write 400 / (32 + 2.25) tokens/s, at best twice that. With 20 to be written one rack does in w4.
    ("large", CLOUD | {"budget_usd_per_month": 500, "min_tokens_per_s": 100}, ("excluded", None, None),
     [("1460 of 500 USD", -960.0), ("23 of 100 tokens/s", -76.642)], [],
     [[("min_tokens_per_s", 100.0, 20), ("budget_usd_per_month", 500.0, 1000)]]),
    ("large", CLOUD | {"budget_usd_per_month": 500}, ("excluded", None, None), [("1460 of 500 USD", -960.0)], [],
     [[("budget_usd_per_month", 500.0, 730)]]),
]  # fmt: skip


@pytest.mark.parametrize(("model", "said", "stands", "failed", "against", "ways"), AGAINST)
def test_what_stands_against_a_model(
    model: str,
    said: dict[str, Any],
    stands: tuple[Any, ...],
    failed: list[Any],
    against: list[Any],
    ways: list[Any],
    advisor: Advisor,
) -> None:
    found = why_not(model, scenario(**said), advisor)
    assert (found.standing, found.rank, found.behind) == stands
    assert [(item.excuse.text, item.slack) for item in found.failed] == failed
    assert [(item.criterion, item.points) for item in found.against] == against
    told = [[(change.field, change.from_, change.to) for change in way.changes] for way in found.wins_if]
    assert told == ways
    assert all(way.then.model == model for way in found.wins_if)
    assert not why_not(model, scenario(**said), advisor, ways=False).wins_if


def test_models_side_by_side(advisor: Advisor) -> None:
    """Small in w4: 0.5 + 1 + 0.5 GiB of 8, (0.5 + 0.28) / 50 s a token; large does not fit."""
    found = compare(["small", "large"], scenario(**CARD), advisor)
    rows = {row.label: (row.group, row.unit, row.values, row.differs) for row in found.rows}
    missed = "Large as w4 needs 17 GiB of 8"
    expected = {
        "parameters": ("facts", "billion", (1.07, 17.18), True),
        "context": ("facts", "tokens", (32768, 32768), False),
        "inputs": ("facts", "", (["text"], ["text"]), False),
        "languages": ("facts", "", (["en"], ["en"]), False),
        "tool calling": ("facts", "", (["json"], ["json"]), False),
        "released": ("facts", "", ("2026-01-01", "2026-01-01"), False),
        "knowledge to": ("facts", "", ("2025-12", "2025-12"), False),
        "licence": ("licence", "", ("made", "made"), False),
        "rights for EU companies": ("licence", "", (True, True), False),
        "qualifies": ("scenario", "", (True, False), True),
        "ruled out by": ("scenario", "", (None, missed), True),
        "best build": ("scenario", "", ("w4, paged", None), True),
        "runs on": ("scenario", "", ("Card", None), True),
        "score": ("scenario", "points", (48.11, None), True),
        "memory": ("scenario", "GiB", (2.0, None), True),
        "of which weights": ("scenario", "GiB", (0.5, None), True),
        "of which KV cache": ("scenario", "GiB", (1.0, None), True),
        "there for it": ("scenario", "GiB", (8.0, None), True),
        "speed": ("scenario", "tokens/s", (64.0, None), True),
        "first token": ("scenario", "s", (0.04, None), True),
        "MMLU": ("benchmarks", "", (40.0, 80.0), True),
        "Tools": ("benchmarks", "", (40.0, 80.0), True),
        "Questions in German": ("benchmarks", "", (30.0, 70.0), True),
        "a service": ("engines", "", (True, True), False),
        "Paged": ("engines", "", (True, True), False),
        "Slots": ("engines", "", (True, True), False),
    }
    assert rows == expected
    assert [(item.model, item.name, item.excuse and item.excuse.text) for item in found.models] == [
        ("small", "Small", None),
        ("large", "Large", missed),
    ]
    assert [item.build and (item.build.model, item.build.rank) for item in found.models] == [("small", 1), None]
    assert found.not_comparable == ()


def test_a_service_stands_beside_a_machine_of_ones_own(advisor: Advisor) -> None:
    found = compare(["small", "middle"], scenario(), advisor)
    rows = {row.label: row.values for row in found.rows}
    assert rows["runs on"] == ("hosted by first", "hosted by first")
    assert rows["cost"] == (1.4, 14.0)  # a million tokens, 0.8 of them prompt: 0.8 + 0.6, ten times that
    assert rows["run by oneself"] == ("w16, paged on Rack", "w16, paged on Rack")  # beside services no speed counts


def test_a_grid_says_where_neighbours_differ_and_why(advisor: Advisor) -> None:
    axes = (
        Axis(field="context_tokens", labels=("8k", "32k", "64k"), values=(8192, 32768, 65536)),
        Axis(field="hardware", labels=("one", "four"), values=("card", "4x card")),
    )
    heard: list[tuple[int, int]] = []
    grid = vary(scenario(offline=True), axes, advisor, lambda done, of: heard.append((done, of)))
    assert heard == [(done, 6) for done in range(1, 7)]
    assert grid.scenario == {"use_cases": ["talk"], "offline": True}
    assert [(cell.at, cell.winner and (cell.winner.model, cell.winner.quantization)) for cell in grid.cells] == [
        ((0, 0), ("middle", "w4")), ((0, 1), ("large", "w4")), ((1, 0), ("small", "w16")), ((1, 1), ("middle", "w16")),
        ((2, 0), None), ((2, 1), None)]  # fmt: skip
    first, last = grid.cells[0], grid.cells[-1]
    assert (first.verdict, first.score, first.total_gib, first.tokens_per_s, first.usd_per_month) == (
        "recommended", 55.45, 4.5, 19.5, None)  # fmt: skip
    assert first.winner is not None
    assert (first.winner.engine, first.winner.machine, first.provider, first.excuse) == ("paged", "Card", None, None)
    assert last.excuse is not None
    assert (last.verdict, last.excuse.rule) == ("change_requirement", "context-limit")
    assert [(change.field, change.from_, change.to) for change in last.changes] == [("context_tokens", 65536, 32768)]
    # Four cards need 8/4 + 32/4 + 1 GiB of each for large; one 2 + 8 + 1 for middle in w4, 8 + 8 + 1 in w16.
    assert [(turn.axis, turn.before, turn.after, turn.kind, turn.rule, turn.text) for turn in grid.turns] == [
        (0, (0, 0), (1, 0), "ruled_out", "memory-fits", "Middle as w4 needs 11 GiB of 8"),
        (0, (0, 1), (1, 1), "ruled_out", "memory-fits", "Large as w4 needs 11 GiB of 8"),
        (0, (1, 0), (2, 0), "ruled_out", "context-limit", "65,536 of 32,768 tokens"),
        (0, (1, 1), (2, 1), "ruled_out", "context-limit", "65,536 of 32,768 tokens"),
        (
            1,
            (0, 0),
            (0, 1),
            "qualifies",
            "memory-fits",
            "Large w4 qualifies now; before: Large as w4 needs 17 GiB of 8",
        ),
        (
            1,
            (1, 0),
            (1, 1),
            "qualifies",
            "memory-fits",
            "Middle w16 qualifies now; before: Middle as w16 needs 17 GiB of 8",
        ),
    ]


def test_every_build_judged_and_those_no_other_beats(answer: Answered, made: Any) -> None:
    """More quality is less speed here, but middle in w2, with 30 points at 32 tokens/s, is behind small in w4."""
    found = answer(**CARD).found
    assert found is not None
    every = options(found, made)
    assert [
        (item.model, item.quantization, item.score, item.quality, item.tokens_per_s, item.total_gib) for item in every
    ] == [
        ("middle", "w4", 55.45, 54.0, 19.5, 4.5),
        ("small", "w4", 48.11, 36.0, 64.0, 2.0),
        ("small", "w16", 45.91, 40.0, 21.9, 3.5),
        ("small", "w2", 38.03, 20.0, 94.1, 1.75),
        ("middle", "w2", 37.68, 30.0, 32.0, 3.5),
        ("middle", "w16", None, 60.0, None, 10.5),
        ("large", "w4", None, 72.0, None, 16.5),
        ("large", "w16", None, 80.0, None, 40.5),
        ("large", "w2", None, 40.0, None, 8.75),  # 4 + 8 x 34/64 + 0.5; of too few bits, so it comes last
    ]
    assert [item.excuse and item.excuse.text for item in every[-4:]] == [
        f"{name} needs {gib} GiB of 8"
        for name, gib in (("Middle as w16", 11), ("Large as w4", 17), ("Large as w16", 41), ("Large as w2", 9.25))
    ]
    assert every[0].points == {"quality": 38.12, "speed": 2.3, "footprint": 5.62, "maturity": 9.41}
    assert {item.available_gib for item in every} == {8.0}
    assert {(item.usd_per_month, item.provider, item.machine) for item in every} == {(None, None, "Card")}
    fronts = [(item.model, item.quantization) for item in front(every, quality_and_speed)]
    assert fronts == [("middle", "w4"), ("small", "w16"), ("small", "w4"), ("small", "w2")]
    assert front(every, quality_and_cost) == ()


def test_a_report_holds_the_answer_its_neighbours_and_its_sources(advisor: Advisor) -> None:
    heard: list[int] = []
    found = report(scenario(**CARD), advisor, lambda done, _: heard.append(done), varied=True)
    assert found.stated == {"use_cases": ["talk"], "hardware": "card"}
    assert found.grid is not None
    assert [axis.values for axis in found.grid.axes] == [(4096, 8192, 16384), (1, 2, 4)]
    assert heard == [*range(1, 10)]
    assert [source.id for source in found.sources] == ["made"]
    assert report(scenario(**CARD), advisor, lambda *_: None, varied=False).grid is None
