"""The interview as a function of its log, and its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llama_advisor.interview.log import Answer, Log, as_command, resumed, saved, stated
from llama_advisor.interview.next_question import bits, following, open_questions, options_of, questions
from llama_advisor.interview.prompt import closing, explained, in_ascii, prompt
from llama_advisor.knowledge.judgement import MOST_OPTIONS
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.interview.answers_cache import Outlook

START: Log = (
    Answer(questions=("use-case",), said="rag", sets={"use_cases": ["rag"]}),
    Answer(questions=("target",), said="1x L4", sets={"hardware": "1x L4"}),
)


def shown(log: Log, outlook: Outlook, machine: str | None, width: int) -> str:
    """The whole prompt."""
    return "".join(prompt(log, outlook, machine, width))


def test_what_only_an_option_states_closes_no_question(outlook: Outlook) -> None:
    log = (START[0], Answer(said="--monthly-active-users 1000", sets={"monthly_active_users": 1000}))
    domicile = next(item for item in open_questions(log, outlook) if item.id == "domicile")
    assert "large" not in {option.id for option in options_of(domicile, stated(log), outlook)}


def test_every_answer_is_told_as_it_was_read(outlook: Outlook) -> None:
    log = (START[0], Answer(questions=("target",), said="x", sets={"hardware": "a server with 4 A100s"}))
    text = " ".join(shown(log, outlook, None, 200).split())
    assert "Noted: --hardware 'a server with 4 A100s'" in text
    assert 'Read as: A100 SXM4 40 GB; not read: "4"' in text or "Read as: 4x A100" in text
    assert shown((*log, Answer(questions=("tools",))), outlook, None, 200).startswith("Skipped.")
    picked = shown((*log, Answer(questions=("tools",), picks=("context",))), outlook, None, 200)
    assert picked.startswith("To be asked: context.")


def test_without_anything_known_only_what_is_needed_is_asked(outlook: Outlook) -> None:
    log: Log = ()
    while found := tuple(following(log, outlook)):
        assert found[0].question.free in {"use_cases", "inputs", "model"}
        log = (*log, Answer(questions=(found[0].id,)))
    assert closing(log, outlook).startswith("Nothing is known yet")


def test_what_was_chosen_is_asked_alone(outlook: Outlook) -> None:
    log = (*START, Answer(questions=("model",), picks=("context",)))
    assert [item.id for item in tuple(following(log, outlook))] == ["context"]


def test_of_what_was_chosen_the_most_telling_comes_first(outlook: Outlook) -> None:
    names = ("budget", "context", "languages", "model")
    log = (*START, Answer(picks=names))
    items = {item.id: item for item in open_questions(log, outlook) if item.id in names}
    worth = {name: bits(item, stated(log), outlook) for name, item in items.items()}
    assert len(set(worth.values())) > 1
    assert next(following(log, outlook)).id == max(items, key=worth.__getitem__)
    assert next(following(log, outlook)).id != next(iter(items))


def test_a_command_keeps_every_digit() -> None:
    data = {
        "use_cases": ["chat"],
        "priorities": {"cost": 0.3333333333333333, "quality": 1},
        "memory_budget_gib": 12.345678901234567,
        "budget_usd_per_month": 500.0,
    }
    command = as_command(Scenario.model_validate(data))
    assert command is not None
    assert command.endswith(
        "--memory-budget-gib 12.345678901234567 --budget-usd-per-month 500 "
        "--priority quality=1 --priority cost=0.3333333333333333"
    )


def test_a_command_says_how_it_is_tuned() -> None:
    command = as_command(Scenario.model_validate({"tuning": {"sample_tokens": "8k", "checkpointing": False}}))
    assert command == "llama-advisor recommend --tuning sample_tokens=8192 --tuning checkpointing=False"


def test_one_question_for_place_and_hardware_is_skipped_as_one(outlook: Outlook) -> None:
    log = (START[0], Answer(questions=("target",)))
    assert "hardware" not in {item.id for item in open_questions(log, outlook)}
    log = (START[0], Answer(questions=("target",), said="5", sets={"target": "laptop"}))
    assert "hardware" in {item.id for item in open_questions(log, outlook)}


def test_no_question_has_too_many_options(outlook: Outlook) -> None:
    assert all(len(item.question.options) <= MOST_OPTIONS for item in questions(outlook.base))


@settings(max_examples=5)
@given(st.data())
def test_back_is_pop_and_resume_is_reload(outlook: Outlook, data: st.DataObject) -> None:
    log = START
    for _ in range(data.draw(st.integers(0, 2))):
        found = tuple(following(log, outlook))
        if not found:
            break
        before = shown(log, outlook, None, 80)
        names = tuple(item.id for item in found)
        picks = tuple(data.draw(st.sets(st.sampled_from(names), max_size=2))) if len(names) > 1 else ()
        option = data.draw(st.sampled_from(found[0].question.options))
        sets = option.sets if len(names) == 1 else {}
        further = (*log, Answer(questions=tuple(set(names) - set(picks)), picks=picks, said=option.id, sets=sets))
        if not outlook.goes_together(stated(further)):
            continue
        assert shown(further[:-1], outlook, None, 80) == before
        log = further
    assert shown(resumed(saved(log), "file"), outlook, None, 80) == shown(log, outlook, None, 80)


def test_what_was_said_in_flags_is_not_asked(outlook: Outlook) -> None:
    log = (Answer(said="--domicile DE", sets={"domicile": "DE"}), START[0])
    assert "domicile" not in {item.id for item in open_questions(log, outlook)}


def test_after_six_questions_it_offers_to_stop(outlook: Outlook) -> None:
    skips = tuple(Answer(questions=(name,)) for name in ("tools", "model", "engine", "symptom"))
    text = " ".join(shown(START + skips, outlook, None, 200).split())
    assert "Enough? e ends here. Likely Llama 3.1 8B Instruct" in text
    assert "could still change with: " in text
    assert "Enough?" not in shown(START, outlook, None, 80)


def test_the_end_says_that_it_is_settled(outlook: Outlook) -> None:
    rest = tuple(item.id for item in open_questions(START, outlook))
    assert closing((*START, Answer(questions=rest)), outlook) == (
        "Settled after 3 questions: nothing left to ask changes model or verdict."
    )
    assert closing(START, outlook).startswith("Not settled: it could still change with inputs, ")


def test_the_prompt_is_narrow_and_plain(outlook: Outlook) -> None:
    for text in (shown(START, outlook, "8x Ampere 8 GB", 40), explained(START, outlook, 40)):
        assert max(map(len, text.splitlines())) <= 40
        assert text.isascii()
        assert "\x1b" not in text


def test_help_says_what_each_answer_does(outlook: Outlook) -> None:
    text = explained((START[0],), outlook, 80)
    assert "What each answer would do now:" in text
    assert text.count("Llama 3") >= 3


def test_help_on_a_list_says_what_each_line_could_lead_to(outlook: Outlook) -> None:
    text = " ".join(explained(START, outlook, 200).split())
    assert "What you choose is asked next." in text
    assert "The models support eight languages" in text
    assert "(recommended, with caveats)" in text


def test_without_unicode_nothing_is_lost() -> None:
    assert in_ascii("2× H100 – fine…") == "2x H100 - fine..."


def test_a_saved_interview_holds_no_control_characters() -> None:
    text = saved((Answer(questions=("target",), said="x", sets={"hardware": "RTX 4090"}),))
    with pytest.raises(InputError, match="control characters"):
        resumed(text.replace("RTX", r"\u001b[31m"), "file")


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "answers": [{"quest": 1}]}'])
def test_what_is_no_saved_interview_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="file: not a saved interview"):
        resumed(text, "file")


def test_nothing_more_is_asked_where_no_answer_makes_anything_fit(outlook: Outlook) -> None:
    log = (Answer(questions=("use-case",), sets={"use_cases": ["image-understanding"]}),)
    assert tuple(following(log, outlook))
    log = (*log, Answer(questions=("domicile",), sets={"domicile": "DE"}))
    assert tuple(following(log, outlook)) == ()
    assert closing(log, outlook) == "Nothing fits, and no answer to a question left changes that alone."
