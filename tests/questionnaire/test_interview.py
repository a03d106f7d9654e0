"""The interview as a function of its log, and its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llama_advisor.errors import InputError
from llama_advisor.questionnaire.choosing import bits, open_questions, options_of, standing
from llama_advisor.questionnaire.handing_over import as_command
from llama_advisor.questionnaire.log import Answer, Log, resumed, saved, stated
from llama_advisor.questionnaire.prompting import closing, explained, in_ascii, prompt
from llama_advisor.questionnaire.typed import Here, read_line
from llama_advisor.schema.question import MOST_OPTIONS
from llama_advisor.schema.scenario import Scenario

if TYPE_CHECKING:
    from llama_advisor.questionnaire.outlook import Outlook

START: Log = (
    Answer(questions=("use-case",), said="rag", sets={"use_cases": ["rag"]}),
    Answer(questions=("target",), said="1x L4", sets={"hardware": "1x L4"}),
)


def asked(name: str, outlook: Outlook, log: Log = ()) -> Here:
    found = {item.id: item for item in outlook.base.questions}
    return Here(tuple(found[part] for part in name.split()), log, None)


def typed(text: str, name: str, outlook: Outlook, log: Log = ()) -> dict[str, Any]:
    answer = read_line(text, asked(name, outlook, log), outlook)
    assert isinstance(answer, Answer)
    return answer.sets


@pytest.mark.parametrize(
    ("name", "text", "sets"),
    [
        ("use-case", "coding, sql", {"use_cases": ["coding", "sql"]}),
        ("use-case", "8", {"use_cases": ["coding"]}),
        ("hardware", "2x3090", {"hardware": "2x3090"}),
        ("context", "24k", {"context_tokens": "24k"}),
        ("languages", "German and fr", {"languages": ["de", "fr"]}),
        ("domicile", "de", {"domicile": "DE"}),
        ("domicile", "the Netherlands", {"domicile": "NL"}),
        ("domicile", "European Union", {"domicile": "EU"}),
        ("target", "laptop", {"target": "laptop"}),
        ("target", "2x3090", {"hardware": "2x3090"}),
        ("target", "laptop, 8 GB RAM", {"target": "laptop", "hardware": "8 GB RAM"}),
        ("target", "desktop with an RTX 4090", {"hardware": "desktop with an RTX 4090"}),
        ("target", "5, 16GB RAM", {"target": "laptop", "hardware": "16GB RAM"}),
        ("target", "no", {}),
        ("concurrency", "2", {"concurrent_requests": "2"}),
        ("concurrency", "10", {"concurrent_requests": 10}),
        ("context", "8k", {"context_tokens": 8192}),
        ("context", "32,000 tokens", {"context_tokens": "32000"}),
        ("budget", "5k USD a month", {"budget_usd_per_month": "5000"}),
        ("speed", "20 tokens/s", {"min_tokens_per_s": "20"}),
        ("volume", "100M tokens a month", {"tokens_per_month": "100m"}),
        ("symptom", "1,3", {"symptoms": ["out_of_memory", "slow"]}),
        ("symptom", "out of memory", {"symptoms": ["out_of_memory"]}),
        ("tools", "multi step", {"tool_calling": "multi_step"}),
        ("tools", "none", {"tool_calling": "none"}),
        ("tuning", "1-3", {"fine_tuning": ["qlora", "lora", "full"]}),
        ("target", "5 and RTX 4070", {"target": "laptop", "hardware": "RTX 4070"}),
        ("target", "my laptop", {"target": "laptop"}),
        ("volume", "20 million", {"tokens_per_month": "20000000"}),
        ("engine", "any", {}),
        ("domicile", "USA", {"domicile": "US"}),
        ("languages", "no", {}),
        ("languages", "Norwegian or Thai", {"languages": ["no", "th"]}),
        ("offline", "no", {"offline": False}),
        ("budget", "$2,000", {"budget_usd_per_month": "2000"}),
        (
            "context",
            "--output-tokens 50 --only-quantization bf16",
            {"output_tokens": "50", "only": {"quantizations": ["bf16"]}},
        ),
        ("context", "s", {}),
        ("context", "", {}),
    ],
)
def test_words_become_fields(name: str, text: str, sets: dict[str, Any], outlook: Outlook) -> None:
    assert typed(text, name, outlook) == sets


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("use-case", "codding", "nearest: coding"),
        ("hardware", "a quantum abacus", "hardware"),
        ("languages", "Klingon", "not known by this name"),
        ("offline", "perhaps", "neither yes nor no"),
        ("languages", "Germn", "nearest: german"),
        ("context", "16", "16 tokens are too short"),
        ("context", "32.000", "thousands are written 32000"),
        ("budget", "1,50", "decimals are written with a point"),
        ("speed", "20 apples", "a number is wanted"),
        ("concurrency", "2.4", "a whole number is wanted"),
        ("tools", "yes", "say which: a number, or words"),
        ("languages", "or", "nothing is said"),
        ("use-case", ",", "nothing is said"),
        ("context", "--engine vllm --engine tgi", "vllm or tgi[?] say one"),
        ("target", "my gaming PC", "names neither a device nor its memory"),
        ("target", "RTX 4090 --context 32k", "flags go on a line of their own"),
        ("context", "--offline=no", "--offline takes no value"),
        ("context", "--no-use-case chat", "unknown flag '--no-use-case'"),
        ("context", "--priority quality", "write criterion=number"),
        ("target", "RTX 4090 \x1b[31m", "no plain text"),
        ("target", "RTX 4090 \udcff", "no plain text"),
        ("target", "x" * 501, "longer than 500 characters"),
        ("context", "--contxt 5", "nearest: --context"),
        ("context", "--context", "needs a value"),
    ],
)
def test_what_is_not_understood_says_so(name: str, text: str, says: str, outlook: Outlook) -> None:
    with pytest.raises(InputError, match=says):
        typed(text, name, outlook)


LIST = "model engine inputs context offline languages domicile budget"


@pytest.mark.parametrize(
    ("text", "sets", "picks"),
    [
        ("1 4", {}, ("model", "context")),
        ("4,1,4", {}, ("context", "model")),
        ("5", {"offline": True}, ()),
        ("llama3.1:8b, vllm and 4", {"model": "llama3.1:8b", "engine": "vllm"}, ("context",)),
        ("German and Thai", {"languages": ["de", "th"]}, ()),
        ("in the European Union", {"domicile": "EU"}, ()),
        ("$50, fp8 and context", {"budget_usd_per_month": "50", "quantization": "fp8"}, ("context",)),
        ("a limit on the cost", {}, ("budget",)),
        ("", {}, ()),
        ("none", {}, ()),
        ("1.", {}, ("model",)),
        ("1-3", {}, ("model", "engine", "inputs")),
        ("I use vLLM with 32k context", {"engine": "vllm", "context_tokens": "32k"}, ()),
        ("in Germany", {"domicile": "DE"}, ()),
        ("3-1", {}, ("model", "engine", "inputs")),
        ("2 or 3", {}, ("engine", "inputs")),
        ("$2,500 a month, 32,000 tokens", {"budget_usd_per_month": "2500", "context_tokens": "32000"}, ()),
        ("2,500 users", {"concurrent_requests": "2500"}, ()),
        ("images", {}, ("inputs",)),
    ],
)
def test_one_answer_closes_all_that_it_does_not_choose(
    text: str, sets: dict[str, Any], picks: tuple[str, ...], outlook: Outlook
) -> None:
    answer = read_line(text, asked(LIST, outlook, START), outlook)
    assert isinstance(answer, Answer)
    assert (answer.sets, answer.picks) == (sets, picks)
    assert set(answer.questions) == set(LIST.split()) - set(picks)
    left = {item.id for item in open_questions((*START, answer), outlook)}
    assert left.isdisjoint(answer.questions)
    assert set(picks) <= left


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("9", "9 is no number of the list"),
        ("0", "0 is no number of the list"),
        ("abacus", "neither a number of the list nor about anything in it"),
        ("any", "neither a number of the list"),
        ("8 gb", "a number needs its unit"),
        ("in", "says nothing"),
        ("no offline", "what is not needed need not be said"),
        ("not German", "what is not needed need not be said"),
        (",", "nothing is said"),
        ("8b or 70b", "8b or 70b[?] say one"),
        ("germany and france", "DE or FR[?] say one"),
        ("de", "could mean several of these; say which with --language, --domicile"),
        ("32000", "32000 is no number|a number needs its unit"),
    ],
)
def test_what_a_list_cannot_tell_apart_is_asked_back(text: str, says: str, outlook: Outlook) -> None:
    with pytest.raises(InputError, match=says):
        read_line(text, asked(LIST, outlook, START), outlook)


def test_what_a_list_had_closed_can_be_said_later(outlook: Outlook) -> None:
    log = (*START, Answer(questions=("domicile", "concurrency", "tools")))
    said = read_line("Germany and 4 users", asked("model engine", outlook, log), outlook)
    assert isinstance(said, Answer)
    assert said.sets == {"domicile": "DE", "concurrent_requests": "4"}
    again = read_line("tools", asked("model engine", outlook, log), outlook)
    assert isinstance(again, Answer)
    assert again.picks == ("tools",)
    assert [item.id for item in standing((*log, again), outlook).next] == ["tools"]


def test_what_only_an_option_states_closes_no_question(outlook: Outlook) -> None:
    log = (START[0], Answer(said="--monthly-active-users 1000", sets={"monthly_active_users": 1000}))
    domicile = next(item for item in open_questions(log, outlook) if item.id == "domicile")
    assert "large" not in {option.id for option in options_of(domicile, stated(log), outlook)}


@pytest.mark.parametrize(
    ("question", "text", "sets"),
    [
        ("tools", "4 users", {"concurrent_requests": "4"}),
        ("target", "Germany", {"domicile": "DE"}),
        ("speed", "$20", {"budget_usd_per_month": "20"}),
    ],
)
def test_words_about_another_question_leave_the_one_asked(
    question: str, text: str, sets: dict[str, Any], outlook: Outlook
) -> None:
    answer = read_line(text, asked(question, outlook, START[:1]), outlook)
    assert isinstance(answer, Answer)
    assert (answer.questions, answer.sets) == ((), sets)


def test_every_answer_is_told_as_it_was_read(outlook: Outlook) -> None:
    log = (START[0], Answer(questions=("target",), said="x", sets={"hardware": "a server with 4 A100s"}))
    text = " ".join(prompt(log, outlook, None, 200).split())
    assert "Noted: --hardware 'a server with 4 A100s'" in text
    assert 'Read as: A100 SXM4 40 GB; not read: "4"' in text or "Read as: 4x A100" in text
    assert prompt((*log, Answer(questions=("tools",))), outlook, None, 200).startswith("Skipped.")
    picked = prompt((*log, Answer(questions=("tools",), picks=("context",))), outlook, None, 200)
    assert picked.startswith("To be asked: context.")


def test_without_anything_known_only_what_is_needed_is_asked(outlook: Outlook) -> None:
    log: Log = ()
    while found := standing(log, outlook).next:
        assert found[0].question.free in {"use_cases", "inputs", "model"}
        log = (*log, Answer(questions=(found[0].id,)))
    assert closing(log, outlook).startswith("Nothing is known yet")


def test_what_was_chosen_is_asked_alone(outlook: Outlook) -> None:
    log = (*START, Answer(questions=("model",), picks=("context",)))
    assert [item.id for item in standing(log, outlook).next] == ["context"]


def test_of_what_was_chosen_the_most_telling_comes_first(outlook: Outlook) -> None:
    names = ("budget", "context", "languages", "model")
    log = (*START, Answer(picks=names))
    items = {item.id: item for item in open_questions(log, outlook) if item.id in names}
    worth = {name: bits(item, stated(log), outlook) for name, item in items.items()}
    assert len(set(worth.values())) > 1
    assert standing(log, outlook).next[0].id == max(items, key=worth.__getitem__)
    assert standing(log, outlook).next[0].id != next(iter(items))


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


def test_one_question_for_place_and_hardware_is_skipped_as_one(outlook: Outlook) -> None:
    log = (START[0], Answer(questions=("target",)))
    assert "hardware" not in {item.id for item in open_questions(log, outlook)}
    log = (START[0], Answer(questions=("target",), said="5", sets={"target": "laptop"}))
    assert "hardware" in {item.id for item in open_questions(log, outlook)}


def test_every_use_case_can_be_said_in_words(outlook: Outlook) -> None:
    for case in outlook.base.use_cases.values():
        assert typed(case.name, "use-case", outlook)
        assert typed(case.id, "use-case", outlook) == {"use_cases": [case.id]}


def test_no_question_has_too_many_options(outlook: Outlook) -> None:
    assert all(len(item.question.options) <= MOST_OPTIONS for item in outlook.base.questions)


@settings(max_examples=5)
@given(st.data())
def test_back_is_pop_and_resume_is_reload(outlook: Outlook, data: st.DataObject) -> None:
    log = START
    for _ in range(data.draw(st.integers(0, 2))):
        found = standing(log, outlook).next
        if not found:
            break
        before = prompt(log, outlook, None, 80)
        names = tuple(item.id for item in found)
        picks = tuple(data.draw(st.sets(st.sampled_from(names), max_size=2))) if len(names) > 1 else ()
        option = data.draw(st.sampled_from(found[0].question.options))
        sets = option.sets if len(names) == 1 else {}
        further = (*log, Answer(questions=tuple(set(names) - set(picks)), picks=picks, said=option.id, sets=sets))
        if not outlook.goes_together(stated(further)):
            continue
        assert prompt(further[:-1], outlook, None, 80) == before
        log = further
    assert prompt(resumed(saved(log), "file"), outlook, None, 80) == prompt(log, outlook, None, 80)


def test_what_was_said_in_flags_is_not_asked(outlook: Outlook) -> None:
    log = (Answer(said="--domicile DE", sets={"domicile": "DE"}), START[0])
    assert "domicile" not in {item.id for item in open_questions(log, outlook)}


def test_after_six_questions_it_offers_to_stop(outlook: Outlook) -> None:
    skips = tuple(Answer(questions=(name,)) for name in ("tools", "model", "engine", "symptom"))
    text = " ".join(prompt(START + skips, outlook, None, 200).split())
    assert "Enough? e ends here. Likely Llama 3.1 8B Instruct" in text
    assert "could still change with: " in text
    assert "Enough?" not in prompt(START, outlook, None, 80)


def test_the_end_says_that_it_is_settled(outlook: Outlook) -> None:
    rest = tuple(item.id for item in open_questions(START, outlook))
    assert closing((*START, Answer(questions=rest)), outlook) == (
        "Settled after 3 questions: nothing left to ask changes model or verdict."
    )
    assert closing(START, outlook).startswith("Not settled: it could still change with inputs, ")


def test_the_prompt_is_narrow_and_plain(outlook: Outlook) -> None:
    for text in (prompt(START, outlook, "8x Ampere 8 GB", 40), explained(START, outlook, 40)):
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
