"""What is typed at a prompt: options, numbers and words, at one question and at a list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.interview.log import Answer, Log
from llama_advisor.interview.next_question import following, open_questions, questions
from llama_advisor.interview.typed import Here, read_line
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from llama_advisor.interview.answers_cache import Outlook

START: Log = (
    Answer(questions=("use-case",), said="rag", sets={"use_cases": ["rag"]}),
    Answer(questions=("target",), said="1x L4", sets={"hardware": "1x L4"}),
)


def asked(name: str, outlook: Outlook, log: Log = ()) -> Here:
    found = {item.id: item for item in questions(outlook.base)}
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
        ("volume", "100M tokens a month", {"tokens_per_month": "100000000"}),
        ("symptom", "1,3", {"symptoms": ["out_of_memory", "slow"]}),
        ("symptom", "out of memory", {"symptoms": ["out_of_memory"]}),
        ("tools", "multi step", {"tool_calling": "multi_step"}),
        ("tools", "none", {"tool_calling": "none"}),
        ("tuning", "1-3", {"fine_tuning": ["qlora", "lora", "full"]}),
        ("target", "5 and RTX 4070", {"target": "laptop", "hardware": "RTX 4070"}),
        ("target", "my laptop", {"target": "laptop"}),
        ("target", "my gaming PC", {"target": "workstation"}),
        ("target", "no hardware yet", {}),
        ("target", "I have no hardware", {}),
        ("hardware", "iPhone and Android", {"target": "phone"}),
        ("hardware", "laptop with 8GB RAM, no GPU", {"hardware": "laptop with 8GB RAM, no GPU"}),
        ("hardware", "my laptop has 8GB RAM", {"hardware": "my laptop has 8GB RAM"}),
        ("use-case", "student homework chat", {"use_cases": ["chat"]}),
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
        ("use-case", "xyzzy", "unknown use case 'xyzzy'"),
        ("hardware", "a quantum abacus", "hardware"),
        ("languages", "Klingon", "not known by this name"),
        ("offline", "perhaps", "neither yes nor no"),
        ("languages", "Germn", "nearest: German"),
        ("context", "16", "16 tokens are too short"),
        ("context", "32.000", "thousands are written 32000"),
        ("budget", "1,50", "decimals are written with a point"),
        ("speed", "20 apples", "a number of tokens per second"),
        ("concurrency", "2.4", "must be a whole number"),
        ("tools", "yes", "say which: a number, or words"),
        ("languages", "or", "nothing is said"),
        ("use-case", ",", "nothing is said"),
        ("context", "--engine vllm --engine tgi", "vllm or tgi[?] say one"),
        ("hardware", "a gpu", "names neither a device nor its memory"),
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
        ("I use vLLM with 32k context", {"engine": "vLLM", "context_tokens": "32k"}, ()),
        ("in Germany", {"domicile": "DE"}, ()),
        ("3-1", {}, ("model", "engine", "inputs")),
        ("2 or 3", {}, ("engine", "inputs")),
        ("$2,500 a month, 32,000 tokens", {"budget_usd_per_month": "2500", "context_tokens": "32000"}, ()),
        ("2,500 users", {"users": "2500"}, ()),
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
        ("abacus", "nothing in 'abacus' is understood"),
        ("any", "nothing in 'any' is understood"),
        ("in", "nothing in 'in' is understood"),
        ("no offline", "what is not needed goes unsaid"),
        ("not German", "what is not needed goes unsaid"),
        (",", "nothing is said"),
        ("8b or 70b", "8b or 70b[?] say one"),
        ("germany and france", "DE or FR[?] say one"),
        ("de", "nothing in 'de' is understood"),
        ("32000", "a number needs its unit"),
    ],
)
def test_what_a_list_cannot_tell_apart_is_asked_back(text: str, says: str, outlook: Outlook) -> None:
    with pytest.raises(InputError, match=says):
        read_line(text, asked(LIST, outlook, START), outlook)


def test_what_a_list_had_closed_can_be_said_later(outlook: Outlook) -> None:
    log = (*START, Answer(questions=("domicile", "concurrency", "tools")))
    said = read_line("Germany and 4 users", asked("model engine", outlook, log), outlook)
    assert isinstance(said, Answer)
    assert said.sets == {"domicile": "DE", "users": "4"}
    again = read_line("tools", asked("model engine", outlook, log), outlook)
    assert isinstance(again, Answer)
    assert again.picks == ("tools",)
    assert [item.id for item in tuple(following((*log, again), outlook))] == ["tools"]


WHOLE: dict[str, dict[str, Any]] = {
    "summarize PDFs in German for 20 people on 2x L40S": {
        "use_cases": ["summarization"],
        "languages": ["de"],
        "users": "4",
        "hardware": "2x L40S",
    },
    "chat for our 40 person law firm": {"use_cases": ["legal", "chat"], "users": "8"},
    "classification of 2 million tokens a day": {"use_cases": ["classification"], "tokens_per_month": "60000000"},
    "chat with 10,000 questions per day": {"use_cases": ["chat"], "requests_per_second": "0.347"},
    "a chatbot that answers from our PDFs and calls our API": {"use_cases": ["rag", "agents"]},
    "coding with vLLM: 70B q4 on 2x RTX 3090 which breaks with out of memory": {
        "use_cases": ["coding"],
        "engine": "vLLM",
        "model": "70B",
        "quantization": "q4",
        "hardware": "2x RTX 3090",
        "symptoms": ["out_of_memory"],
    },
    "chat for 50 users, 32k context, $500/month, data may not leave, in Germany": {
        "use_cases": ["chat"],
        "users": "50",
        "context_tokens": "32k",
        "budget_usd_per_month": "500",
        "offline": True,
        "domicile": "DE",
    },
    "support bot, customers in India, hosted on Groq, 2 million tokens a month, at least 20 tokens/s": {
        "use_cases": ["chat"],
        "end_user_region": "IN",
        "provider": "Groq",
        "tokens_per_month": "2000000",
        "min_tokens_per_s": "20",
    },
    "summarise news on two used RTX 3090": {"use_cases": ["summarization"], "hardware": "two used RTX 3090"},
    "search 50GB of documents": {"use_cases": ["rag"]},
    "translate for us, polish texts": {"use_cases": ["translation"]},
    "chat, not German, no images": {"use_cases": ["chat"]},
    "code completion, no hardware yet": {"use_cases": ["code-completion"]},
    "chat on android phones within a 3 GB memory budget": {
        "use_cases": ["chat"],
        "target": "phone",
        "memory_budget_gib": "3",
    },
}


@pytest.mark.parametrize("text", WHOLE)
def test_a_whole_sentence_says_several_fields(text: str, outlook: Outlook) -> None:
    answer = read_line(text, Here((), (), None), outlook)
    assert isinstance(answer, Answer)
    assert answer.sets == WHOLE[text]


def test_a_sentence_tells_how_it_was_read_and_what_was_not(outlook: Outlook) -> None:
    answer = read_line("chat about gnomes on an L4", Here((), (), None), outlook)
    assert isinstance(answer, Answer)
    assert (answer.heard, answer.unread) == (("Read chat: --use-case chat", "Read L4: --hardware L4"), ("gnomes",))


def test_what_only_names_who_asks_is_not_told_as_unread(outlook: Outlook) -> None:
    answer = read_line("RAG in German for 30 users, one L40S, company in Germany", Here((), (), None), outlook)
    assert isinstance(answer, Answer)
    assert (answer.sets["domicile"], answer.unread) == ("DE", ())


def test_an_unclear_use_is_offered_never_guessed(outlook: Outlook) -> None:
    answer = read_line("spam filter for comments on an L4", Here((), (), None), outlook)
    assert isinstance(answer, Answer)
    assert answer.sets == {"hardware": "L4"}
    assert 1 <= len(answer.offers) <= 3
    (item,) = following((answer,), outlook)
    assert [option.id for option in item.question.options] == list(answer.offers)
    chosen = read_line("1", Here((item,), (answer,), None), outlook)
    assert isinstance(chosen, Answer)
    assert (chosen.sets, chosen.questions) == ({"use_cases": [answer.offers[0]]}, ("use-case",))


@pytest.mark.parametrize(
    ("question", "text", "sets"),
    [
        ("tools", "4 users", {"users": "4"}),
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


def test_every_use_case_can_be_said_in_words(outlook: Outlook) -> None:
    for case in outlook.base.use_cases.values():
        assert typed(case.name, "use-case", outlook)
        assert typed(case.id, "use-case", outlook) == {"use_cases": [case.id]}
