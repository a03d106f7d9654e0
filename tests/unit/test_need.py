"""From what was said to what is needed: defaults, assumptions, weights, contradictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from pydantic import ValidationError

from llama_advisor.scenario.need import Need
from llama_advisor.scenario.scenario import Priorities, Scenario
from llama_advisor.scenario.understand import understand
from llama_advisor.text.errors import InputError
from llama_advisor.text.strict import CriterionId

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase


def need(base: RuleBase, **fields: Any) -> Need:
    return understand(Scenario.model_validate(fields), base)


def assumed(found: Need) -> dict[str, Any]:
    return {item.field: item.value for item in found.assumptions}


def test_a_criterion_named_in_one_place_is_named_in_all(base: RuleBase) -> None:
    named = get_args(CriterionId)
    assert tuple(item.id for item in base.criteria.criteria) == named
    assert tuple(Priorities.model_fields) == named


def test_what_was_not_said_comes_from_the_use_case_and_is_listed(base: RuleBase) -> None:
    case = base.use_cases["coding"]
    found = need(base, use_cases=["coding"])
    assert (found.context_tokens, found.output_tokens) == (case.defaults.context_tokens, case.defaults.output_tokens)
    assert assumed(found) == {
        "inputs": list(case.inputs),
        "context_tokens": found.context_tokens,
        "output_tokens": found.output_tokens,
        "target": case.defaults.target,
        "concurrent_requests": case.defaults.concurrent_requests,
        "tool_calling": case.defaults.tool_calling,
        "tokens_per_month": base.criteria.assumed_tokens_per_month,
        "prompt_tokens": found.prompt_tokens,
        "shared_prefix_tokens": found.shared_prefix_tokens,
    }
    assert all("coding" in item.why for item in found.assumptions if item.field != "tokens_per_month")


def test_what_was_said_is_no_assumption(base: RuleBase) -> None:
    said = {
        "use_cases": ["coding"],
        "inputs": ["text"],
        "context_tokens": 4096,
        "prompt_tokens": 900,
        "shared_prefix_tokens": 0,
        "output_tokens": 100,
        "target": "server",
        "concurrent_requests": 3,
        "tool_calling": "none",
        "tokens_per_month": 5,
    }
    found = need(base, **said)
    assert found.assumptions == ()
    assert found.normalised() == said | {"use_cases": ["coding"], "inputs": ["text"]}


def test_no_use_case_means_general_and_says_so(base: RuleBase) -> None:
    found = need(base, model="llama3.1")
    assert found.use_cases == {"general"}
    assert assumed(found)["use_cases"] == ["general"]


def test_several_use_cases_take_the_most_demanding_default(base: RuleBase) -> None:
    both = need(base, use_cases=["chat", "long-documents"])
    each = [need(base, use_cases=[name]) for name in ("chat", "long-documents")]
    assert both.context_tokens == max(one.context_tokens for one in each)
    assert both.output_tokens == max(one.output_tokens for one in each)
    assert need(base, use_cases=["chat", "image-captioning"]).inputs == {"text", "image"}


def test_weights_are_the_mean_over_use_cases_and_sum_to_one(base: RuleBase) -> None:
    first, second = base.use_cases["chat"].weights, base.use_cases["coding"].weights
    found = need(base, use_cases=["chat", "coding"]).weights
    total = sum(first.values()) + sum(second.values())
    assert found == pytest.approx({name: (first.get(name, 0) + second.get(name, 0)) / total for name in found})
    assert sum(found.values()) == pytest.approx(1)


def test_priorities_multiply_the_weights(base: RuleBase) -> None:
    plain = need(base, use_cases=["chat"]).weights
    cheap = need(base, use_cases=["chat"], priorities={"cost": 3, "speed": 0}).weights
    assert cheap["speed"] == 0
    assert cheap["cost"] / cheap["quality"] == pytest.approx(3 * plain["cost"] / plain["quality"])
    assert sum(cheap.values()) == pytest.approx(1)
    assert need(base, use_cases=["chat"], priorities={}).weights == plain


def test_priorities_that_leave_nothing_are_refused(base: RuleBase) -> None:
    nothing = dict.fromkeys(("quality", "speed", "cost", "footprint", "maturity"), 0)
    with pytest.raises(InputError, match=r"^priorities: at least one criterion must count"):
        need(base, use_cases=["chat"], priorities=nothing)


@pytest.mark.parametrize(("context", "output"), [(1000, 1001), (1, 2), ("8k", "16k")])
def test_an_answer_longer_than_its_context_is_refused(context: Any, output: Any, base: RuleBase) -> None:
    with pytest.raises(InputError, match=r"^output_tokens: \d+ is more than the context of \d+ tokens"):
        need(base, use_cases=["chat"], context_tokens=context, output_tokens=output)


def test_what_is_said_of_the_load_fixes_what_follows(base: RuleBase) -> None:
    lengths = {"use_cases": ["chat"], "prompt_tokens": 500, "output_tokens": 250}
    arriving = need(base, **lengths, requests_per_second=4)
    assert arriving.tokens_per_month == 4 * 750 * 730 * 3600
    assert (arriving.workload.requests_per_second, arriving.workload.in_flight_follows) == (4, True)
    people = need(base, **lengths, users=240)
    assert people.workload == arriving.workload
    assert assumed(people)["requests_per_second"] == 4
    volume = need(base, **lengths, tokens_per_month=arriving.tokens_per_month)
    assert volume.workload.requests_per_second == pytest.approx(4)
    batch = need(base, **lengths, tokens_per_month=3600 * 750, batch_hours=2)
    assert batch.workload.requests_per_second == pytest.approx(0.5)
    assert (batch.usable_tokens_per_s, batch.weights["speed"]) == (0, 0)
    busy = need(base, **lengths, concurrent_requests=200)
    assert (busy.workload.requests_per_second, busy.workload.in_flight_follows) == (None, False)
    assert busy.tokens_per_month > 1_000_000_000


def test_nothing_jumps_at_a_round_number_of_tokens(base: RuleBase) -> None:
    for edge in (4096, 8192, 16384, 32768, 65536):
        below, above = (need(base, use_cases=["coding"], context_tokens=edge + more) for more in (0, 1))
        assert 0 <= above.prompt_tokens - below.prompt_tokens <= 1


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"prompt_tokens": 9000, "context_tokens": 8192}, r"^prompt_tokens: 9000 with an answer of \d+ is more than"),
        ({"prompt_tokens": 100, "shared_prefix_tokens": 101}, "^shared_prefix_tokens: 101 is more than the prompt"),
    ],
)
def test_lengths_that_contradict_each_other_are_refused(said: Any, where: str, base: RuleBase) -> None:
    with pytest.raises(InputError, match=where):
        need(base, use_cases=["chat"], **said)


@pytest.mark.parametrize("context", [1, 2, 3, 100, 600])
def test_an_assumed_answer_fits_into_a_stated_context(context: int, base: RuleBase) -> None:
    found = need(base, use_cases=["chat"], context_tokens=context)
    assert 1 <= found.output_tokens <= context
    assert found.prompt_tokens >= 1


def test_an_assumed_context_holds_a_stated_answer(base: RuleBase) -> None:
    found = need(base, use_cases=["chat"], output_tokens=50_000)
    assert found.context_tokens >= 100_000


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        ("32k", 32768),
        ("8K", 8192),
        ("128k", 131072),
        ("100k", 100_000),
        ("1M", 1_000_000),
        ("1.5k", 1500),
        (4096, 4096),
    ],
)
def test_counts_are_read_as_people_write_them(said: Any, tokens: int, base: RuleBase) -> None:
    assert need(base, use_cases=["chat"], context_tokens=said).context_tokens == tokens


@pytest.mark.parametrize(
    ("said", "target"),
    [
        ({"hardware": "8x H100"}, "server"),
        ({"provider": "bedrock"}, "hosted"),
        ({"engine": "hosted"}, "hosted"),
        ({"offline": True}, "workstation"),
        ({"hardware": "RTX 4090", "target": "desktop"}, "workstation"),
        ({"target": "phone"}, "phone"),
    ],
)
def test_the_place_follows_from_what_was_said(said: dict[str, Any], target: str, base: RuleBase) -> None:
    assert need(base, use_cases=["chat"], **said).target == target


@pytest.mark.parametrize(
    ("said", "lanes"),
    [
        ({}, (True, True)),
        ({"target": "hosted"}, (True, False)),
        ({"hardware": "RTX 4090"}, (False, True)),
        ({"offline": True}, (False, True)),
        ({"target": "phone"}, (False, True)),
        ({"memory_budget_gib": 8}, (False, True)),
        ({"fine_tuning": "lora"}, (False, True)),
        ({"tuning": {"batch": 2}}, (False, True)),
        ({"target": "cloud"}, (True, True)),
    ],
)
def test_hosted_competes_only_where_nothing_ties_the_model_home(
    said: dict[str, Any], lanes: tuple[bool, bool], base: RuleBase
) -> None:
    found = need(base, use_cases=["chat"], **said)
    assert (found.hosted_considered, found.self_hosted_considered) == lanes


@pytest.mark.parametrize(
    ("said", "bought"),
    [
        ({"offline": True}, True),
        ({"target": "server"}, True),
        ({"offline": True, "target": "cloud"}, False),
        ({"offline": True, "budget_usd_per_month": 500}, False),
        ({"use_cases": ["legal"]}, False),  # a server by default alone
        ({}, False),
    ],
)
def test_a_machine_at_home_is_bought(said: dict[str, Any], bought: bool, base: RuleBase) -> None:
    assert need(base, **({"use_cases": ["extraction"]} | said)).bought == bought


@pytest.mark.parametrize(
    ("domicile", "in_eu"),
    [
        ("DE", True),
        ("EU", True),
        ("de", True),
        ("Germany", True),
        ("the Netherlands", True),
        ("Britain", False),
        ("NO", False),
        ("US", False),
        ("CH", False),
        ("GB", False),
        (None, None),
    ],
)
def test_domicile_and_the_european_union(domicile: str | None, in_eu: bool | None, base: RuleBase) -> None:
    assert need(base, use_cases=["chat"], domicile=domicile).domicile_in_eu is in_eu


def test_end_users_are_apart_from_the_licensee(base: RuleBase) -> None:
    found = need(base, use_cases=["chat"], domicile="US", end_user_region="FR")
    assert (found.domicile_in_eu, found.end_users_in_eu) == (False, True)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"use_cases": ["codng"]}, "use_cases: unknown use case 'codng'; nearest: coding"),
        ({"languages": ["enn"]}, "languages: 'enn' is not known by this name; say its two-letter code"),
        ({"languages": ["germn"]}, "; nearest: German"),
        ({"languages": ["klingon"]}, "languages: 'klingon' is not known by this name; say its two-letter code"),
        ({"domicile": "XX"}, "domicile: 'XX' is not known by this name; say its two-letter code"),
        ({"end_user_region": "ZZ"}, "end_user_region: 'ZZ' is not known by this name"),
        ({"model": "llama-3.2-8b-instruct"}, "model: unknown model 'llama-3.2-8b-instruct'; nearest: llama-3."),
        ({"engine": "olama"}, "engine: unknown engine 'olama'; nearest: ollama"),
        ({"quantization": "q4_k_z"}, "quantization: unknown quantization 'q4_k_z'; nearest: q4_k_"),
        ({"only": {"models": ["x"]}}, "only.models: unknown model 'x'"),
        ({"only": {"families": ["llama-4"]}}, "only.families: unknown family 'llama-4'; nearest: llama-3."),
        ({"only": {"engines": ["vlm"]}}, "only.engines: unknown engine 'vlm'; nearest: vllm"),
        ({"only": {"quantizations": ["q9"]}}, "only.quantizations: unknown quantization 'q9'"),
    ],
)
def test_names_that_are_not_known_are_told_with_the_field(said: dict[str, Any], message: str, base: RuleBase) -> None:
    with pytest.raises(InputError) as caught:
        need(base, **({"use_cases": ["chat"]} | said))
    assert message in str(caught.value)


def test_images_are_counted_only_where_images_are_read(base: RuleBase) -> None:
    assert need(base, use_cases=["chat"]).images_per_prompt == 0
    assert need(base, use_cases=["image-captioning"]).images_per_prompt == 1
    assert need(base, use_cases=["chat"], inputs=["text", "multiple_images"]).images_per_prompt == 2
    assert need(base, use_cases=["chat"], inputs=["text", "image"], images_per_prompt=4).images_per_prompt == 4


@pytest.mark.parametrize(("said", "read"), [(True, "single"), (False, "none"), ("multi-step", "multi_step")])
def test_tool_calling_is_read_as_written(said: Any, read: str, base: RuleBase) -> None:
    assert need(base, use_cases=["chat"], tool_calling=said).tool_calling == read


@pytest.mark.parametrize(
    ("said", "read"),
    [("none", frozenset()), ("qlora", {"qlora"}), (["lora", "full"], {"lora", "full"}), ([], frozenset())],
)
def test_tuning_methods(said: Any, read: Any, base: RuleBase) -> None:
    found = need(base, use_cases=["chat"], fine_tuning=said)
    assert found.fine_tuning == read
    assert found.wants_tuning is bool(read)


def test_use_cases_are_read_by_any_spelling(base: RuleBase) -> None:
    for text in ("Code Completion", "code_completion", "code-completion", " CODE-COMPLETION "):
        assert need(base, use_cases=[text]).use_cases == {"code-completion"}
    assert need(base, use_cases="chat").use_cases == {"chat"}


def test_a_scenario_is_frozen_and_closed() -> None:
    scenario = Scenario(use_cases=("chat",))
    with pytest.raises(ValidationError):
        scenario.target = "phone"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Scenario.model_validate({"usecase": "chat"})


@pytest.mark.parametrize(
    ("said", "sample", "assumed"),
    [
        ({}, 2048, {"sample_tokens": 2048}),
        ({"context_tokens": "32k"}, 32768, {"sample_tokens": 32768}),
        ({"context_tokens": "32k", "tuning": {"sample_tokens": "4k"}}, 4096, None),
        ({"tuning": {"trainer": "PEFT", "batch": 4}}, 2048, {"trainer": "PEFT", "batch": 4, "sample_tokens": 2048}),
    ],
)
def test_a_sample_that_was_not_said_is_assumed(
    said: dict[str, Any], sample: int, assumed: dict[str, Any] | None, base: RuleBase
) -> None:
    found = need(base, use_cases=["fine-tuning-base"], **said)
    noted = [item.value for item in found.assumptions if item.field == "tuning"]
    assert (found.tuning.sample_tokens, noted) == (sample, [assumed] if assumed else [])
    assert found.tuning.trainer in {None, "trl"}


def test_no_sample_is_assumed_where_nothing_is_tuned(base: RuleBase) -> None:
    assert "tuning" not in {item.field for item in need(base, use_cases=["chat"]).assumptions}


def test_an_unknown_trainer_is_refused(base: RuleBase) -> None:
    with pytest.raises(InputError, match=r"^tuning.trainer: unknown trainer 'deepsped'"):
        need(base, use_cases=["chat"], tuning={"trainer": "deepsped"})


@pytest.mark.parametrize(("name", "code"), [("deutsch", "de"), ("FRANÇAIS", "fr"), ("Farsi", "fa"), ("mandarin", "zh")])
def test_languages_go_by_their_own_and_other_names(name: str, code: str, base: RuleBase) -> None:
    assert need(base, use_cases=["chat"], languages=[name]).languages == {code}


def test_other_names_of_languages_and_countries_lead_to_known_ones(base: RuleBase) -> None:
    assert set(base.regions.languages_also.values()) <= base.regions.languages.keys()
    assert set(base.regions.also.values()) <= base.regions.countries.keys()


def test_languages_and_countries_by_name_become_codes(base: RuleBase) -> None:
    found = need(base, use_cases=["chat"], languages=["German", "pt_BR", "en", "de"], end_user_region="united states")
    assert found.normalised()["languages"] == ["de", "pt", "en"]
    assert (found.languages, found.normalised()["end_user_region"]) == ({"de", "pt", "en"}, "US")


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({"context_tokens": "32,768"}, 32768),
        ({"context_tokens": "32k tokens"}, 32768),
        ({"context_tokens": "1.5M"}, 1_500_000),
        ({"context_tokens": "24 k"}, 24_000),
        ({"users": "1k"}, 1000),
        ({"users": "200 people"}, 200),
        ({"monthly_active_users": "5 million"}, 5_000_000),
        ({"tokens_per_month": "2 billion tokens per month"}, 2_000_000_000),
        ({"memory_budget_gib": "8GB"}, 8.0),
        ({"memory_budget_gib": "512 MiB"}, 0.5),
        ({"budget_usd_per_month": "$1,200.50"}, 1200.5),
        ({"budget_usd_per_month": "200/month"}, 200.0),
        ({"budget_usd_per_month": "USD 2k a month"}, 2000.0),
        ({"min_tokens_per_s": "20 tok/s"}, 20.0),
        ({"max_first_token_s": "2 min"}, 120.0),
        ({"max_answer_s": "500ms"}, 0.5),
        ({"requests_per_second": "30/min"}, 0.5),
        ({"batch_hours": "2 days"}, 48.0),
        ({"max_first_token_s": "1e1"}, 10.0),
    ],
)
def test_numbers_are_read_with_their_unit(said: dict[str, Any], read: float) -> None:
    (field,) = said
    assert getattr(Scenario.model_validate(said), field) == pytest.approx(read)
