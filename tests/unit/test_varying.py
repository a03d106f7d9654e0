"""Grids of answers: what may be varied, and why neighbouring answers differ."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from made_options import EXCUSE, made

from llama_advisor.engine.advice import ShortBuild
from llama_advisor.explain.grid import Cell, Place, turn, vary, with_value
from llama_advisor.explain.options import Option, nearest_excuse, options
from llama_advisor.scenario.flags import MOST_CELLS, read_axes
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor
    from llama_advisor.explain.grid import Grid, Turn
    from llama_advisor.knowledge.base import RuleBase

EIGHT, SEVENTY = "llama-3.1-8b-instruct", "llama-3.1-70b-instruct"


@pytest.mark.parametrize(
    ("written", "field", "values"),
    [
        ("context=8k,32k", "context_tokens", (8192, 32768)),
        ("--context=8k", "context_tokens", (8192,)),
        ("context_tokens=8k, 8192 ,9000", "context_tokens", (8192, 9000)),
        ("hardware=1x L4,1x A100 80GB", "hardware", ("1x L4", "1x A100 80GB")),
        ("hardware=RTX 3060 12GB + 32GB RAM", "hardware", ("RTX 3060 12GB + 32GB RAM",)),
        ("hardware=a, b;c", "hardware", ("a, b", "c")),
        ("use-case=rag,chat+coding", "use_cases", (["rag"], ["chat", "coding"])),
        ("language=en,en+de", "languages", (["en"], ["en", "de"])),
        ("min-tokens-per-s=-,20", "min_tokens_per_s", (None, 20.0)),
        ("offline=true,false", "offline", (True, False)),
        ("only.models=8b,70b", "only.models", (["8b"], ["70b"])),
        ("max-parameters-b=8", "only.max_parameters_b", (8.0,)),
        ("tool-calling=none,single", "tool_calling", ("none", "single")),
    ],
)
def test_any_field_is_varied_by_its_flag_or_its_name(written: str, field: str, values: tuple[Any, ...]) -> None:
    (axis,) = read_axes([written])
    assert (axis.field, axis.values) == (field, values)
    assert len(axis.labels) == len(axis.values)


def test_a_priority_is_varied_and_the_others_stay() -> None:
    (axis,) = read_axes(["priority=quality=0,quality=5"])
    assert [value["quality"] for value in axis.values] == [0, 5]
    assert with_value({"priorities": {"speed": 3}}, axis.field, axis.values[1]) == {
        "priorities": {"speed": 3, "quality": 5}
    }


def test_the_same_field_again_adds_values() -> None:
    axes = read_axes(["context=8k", "hardware=L4", "context=16k,8k"])
    assert [(axis.field, axis.labels) for axis in axes] == [("context_tokens", ("8k", "16k")), ("hardware", ("L4",))]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ([], "whatif: say what to vary, e.g. --vary context=8k,32k"),
        (["context"], "--vary context: write field=value,value"),
        (["contxt=1"], "--vary: unknown field 'contxt'; nearest: context"),
        (["nope=1"], "--vary: unknown field 'nope'; see: llama-advisor whatif --help"),
        (["context=,"], "--vary context: no values"),
        (["context=8q"], "--vary context=8q: context_tokens: must be a number of tokens, e.g. 32k, not '8q'"),
        (["target=moon"], "--vary target=moon: "),
        (
            ["context=" + ",".join(map(str, range(1, 22))), "concurrency=" + ",".join(map(str, range(1, 22)))],
            f"--vary: 21 x 21 makes 441 cells; at most {MOST_CELLS} are answered at once",
        ),
    ],
)
def test_what_cannot_be_varied_is_an_input_error(written: list[str], message: str) -> None:
    with pytest.raises(InputError) as raised:
        read_axes(written)
    assert str(raised.value).startswith(message)


def place(winner: Option | None, *others: Option, at: int = 0) -> Place:
    short = winner and ShortBuild(
        model=winner.model, quantization=winner.quantization, engine=winner.engine, machine=winner.machine
    )
    cell = Cell(
        at=(at,),
        verdict="recommended" if winner else "no_fit",
        winner=short,
        provider=None,
        score=winner.score if winner else None,
        total_gib=None,
        tokens_per_s=None,
        usd_per_month=None,
        excuse=None,
        changes=(),
    )
    return Place(cell, lambda: (*([winner] if winner else []), *others))


def build(model: str, score: float | None = None, **points: float) -> Option:
    out = {} if score is not None else {"score": None, "excuse": EXCUSE}
    return made(model, machine="L4", **({"score": score, "points": points} | out))


def turned(before: Place, after: Place, base: RuleBase, field: str = "context_tokens") -> Turn | None:
    return turn(before, after, 0, field, base)


def test_an_earlier_winner_that_is_ruled_out_is_the_reason(base: RuleBase) -> None:
    before = place(build(EIGHT, 80), build(SEVENTY, 70))
    found = turned(before, place(build(SEVENTY, 70), build(EIGHT), at=1), base)
    assert found is not None
    assert (found.kind, found.rule, found.text) == ("ruled_out", "r", "too large")
    assert (found.before, found.after) == ((0,), (1,))


def test_a_winner_that_qualifies_only_now_is_the_reason(base: RuleBase) -> None:
    before = place(build(EIGHT, 80), build(SEVENTY))
    found = turned(before, place(build(SEVENTY, 90), build(EIGHT, 80), at=1), base)
    assert found is not None
    assert found.kind == "qualifies"
    assert found.text == "3.1 70B Instruct q qualifies now; before: too large"


def test_a_score_that_turned_names_the_criterion_that_moved_most(base: RuleBase) -> None:
    before = place(build(EIGHT, 60, quality=30, speed=30), build(SEVENTY, 55, quality=45, speed=10))
    after = place(build(SEVENTY, 60, quality=45, speed=15), build(EIGHT, 41, quality=30, speed=11), at=1)
    found = turned(before, after, base)
    assert found is not None
    assert (found.kind, found.criterion) == ("outscored", "speed")
    assert found.text == (
        "3.1 70B Instruct q leads 3.1 8B Instruct q by +19.00 points, -5.00 before; most of it speed -20.00 to +4.00"
    )


def test_the_same_winner_is_no_change_and_nothing_twice_is_none(base: RuleBase) -> None:
    assert turned(place(build(EIGHT, 80)), place(build(EIGHT, 70), at=1), base) is None
    assert turned(place(None, build(EIGHT)), place(None, build(EIGHT), at=1), base) is None


def test_another_machine_is_a_change_unless_hardware_is_varied(base: RuleBase) -> None:
    before, after = place(build(EIGHT, 80)), place(made(EIGHT, machine="2x L4", score=70.0), at=1)
    assert turned(before, after, base) is not None
    assert turned(before, after, base, "hardware") is None


def test_nothing_to_something_and_back(base: RuleBase) -> None:
    none, some = place(None, build(EIGHT)), place(build(EIGHT, 80), at=1)
    there, back = turned(none, some, base), turned(some, none, base)
    assert there is not None
    assert back is not None
    assert (there.kind, back.kind) == ("qualifies", "ruled_out")


def grid(advisor: Advisor, fields: dict[str, Any], *written: str) -> Grid:
    return vary(Scenario.model_validate(fields), read_axes(written), advisor, lambda _done, _of: None)


CODING = {"use_cases": ["coding"]}
VARIED = ("context=8k,32k,128k", "hardware=1x L4,1x A100 80GB,RTX 4090")
CLOUD = {"use_cases": ["rag"], "target": "cloud", "offline": True}


def test_every_cell_is_the_answer_to_its_scenario(advisor: Advisor) -> None:
    found = grid(advisor, CODING, *VARIED)
    assert len(found.cells) == 9
    for cell in found.cells:
        context, hardware = (axis.values[place] for axis, place in zip(found.axes, cell.at, strict=True))
        scenario = Scenario.model_validate(CODING | {"context_tokens": context, "hardware": hardware})
        best = advisor.advise(scenario).recommendation
        assert best is not None
        assert cell.winner is not None
        assert (cell.winner.model, cell.winner.quantization, cell.score) == (best.model, best.quantization, best.score)


@pytest.mark.parametrize(
    ("fields", "varied"),
    [(CODING, VARIED), (CLOUD, ("concurrency=1,8,32", "context=8k,32k,128k"))],
    ids=["hardware", "reference machines"],
)
def test_every_change_has_a_reason_that_holds(
    fields: dict[str, Any], varied: tuple[str, ...], advisor: Advisor
) -> None:
    found = grid(advisor, fields, *varied)
    assert found.turns
    for item in found.turns:
        judged = {}
        for name, at in (("before", item.before), ("after", item.after)):
            data = dict(fields)
            for axis, place_ in zip(found.axes, at, strict=True):
                data = with_value(data, axis.field, axis.values[place_])
            answer = advisor.answer(Scenario.model_validate(data))
            assert answer.found is not None
            judged[name] = options(answer.found, advisor.base)
        if item.kind in {"ruled_out", "qualifies"}:
            side = judged["after" if item.kind == "ruled_out" else "before"]
            assert any(option.excuse and option.excuse.text in item.text for option in side)
        elif item.kind == "other":  # of assumed machines another one ends the search
            assert "hardware" not in fields
            assert judged["before"][0].machine != judged["after"][0].machine
        else:
            assert item.kind == "outscored"
            assert item.criterion in {"quality", "speed", "cost", "footprint", "maturity"}


def test_neighbours_with_different_winners_all_have_a_turn(advisor: Advisor) -> None:
    found = grid(advisor, CODING, *VARIED)
    cells = {cell.at: cell.winner for cell in found.cells}
    told = {(item.before, item.after) for item in found.turns}
    for (row, column), winner in cells.items():
        for after in ((row + 1, column), (row, column + 1)):
            if after in cells and winner is not None:
                other = cells[after]
                assert other is not None
                moved = (winner.model, winner.quantization) != (other.model, other.quantization)
                assert not moved or ((row, column), after) in told


def test_where_nothing_fits_the_cell_says_what_is_nearest(advisor: Advisor) -> None:
    fields = {"use_cases": ["chat"], "hardware": "1x L4"}
    found = grid(advisor, fields, "min-tokens-per-s=-,500")
    fits, none = found.cells
    assert fits.winner is not None
    assert none.winner is None
    nearest = nearest_excuse(advisor.advise(Scenario.model_validate(fields | {"min_tokens_per_s": 500})))
    assert nearest is not None
    assert none.excuse == nearest.excuse


def test_a_question_that_says_nothing_is_an_input_error(advisor: Advisor) -> None:
    with pytest.raises(InputError, match=r"^whatif: state at least one of: use_cases, inputs, model$"):
        grid(advisor, {"hardware": "1x L4"}, "context=8k,16k")


def test_progress_is_told_for_every_answer(advisor: Advisor) -> None:
    heard: list[tuple[int, int]] = []
    axes = read_axes(["context=8k,16k"])
    vary(Scenario.model_validate(CODING), axes, advisor, lambda done, of: heard.append((done, of)))
    assert heard == [(1, 2), (2, 2)]
