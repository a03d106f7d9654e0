"""Offers of hosted models for a need: order, region, features, ends, and what is said of a provider."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.offers import features_needed, replacement, standings
from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.layers import Layer
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.scenario.understand import understand
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.advice import Advice
    from llama_advisor.engine.offers import Standing
    from llama_advisor.knowledge.offer import Offer

    Judged = list[tuple[Offer | None, Standing]]

BASE = load_rules()
DAY = date(2026, 11, 26)
BEFORE = date(2026, 6, 1)
"""A day on which offers still stood that have ended since."""
LISTS = ["litellm", "models.dev"]
MODEL = "llama-3.1-8b-instruct"
THREE = "llama-3.2-3b-instruct"
US = ["us-east-1", "us-west-2"]


def row(provider: str, usd: float, **fields: Any) -> dict[str, Any]:
    """An offer of a made-up provider, that counts unless something else is said."""
    prices = [{"usd_per_million_input_tokens": usd, "usd_per_million_output_tokens": usd}]
    told = {"model": MODEL, "prices": prices, "as_of": str(DAY), "source": "litellm", "witnesses": LISTS}
    return {"id": f"{provider}/8b", "provider": provider, **told, **fields}


ROWS = (
    row("cheap", 0.01, witnesses=["litellm"], missing_in=["models.dev"]),
    row("doubted", 0.02, doubtful="it answered nothing"),
    row("old", 0.03, until="2026-08-01", replaced_by="something newer"),
    row("plain", 0.2),
    row("missed", 0.1, missing_in=["genai-prices"]),
    row("here", 0.5, regions=["eu-central-1"], features={"tools": "no", "schema": "on request"}),
    row(
        "routed",
        0.4,
        regions=US,
        profiles=[{"id": "eu.8b", "called_from": ["eu-west-1"], "computes_in": ["eu-west-1"]}],
    ),
    row("away", 0.3, regions=US),
)


@pytest.fixture(scope="module")
def made() -> RuleBase:
    """The shipped rules with made-up offers in place of all others."""
    gone = [{"id": name, "remove": True} for name in BASE.hosted]
    hosts = [{"id": item["provider"], "name": item["provider"].title(), "sources": ["litellm"]} for item in ROWS]
    upper = {"prices/own.yaml": {"providers": hosts, "hosted": [*gone, *ROWS]}}
    return RuleBase((*BASE.layers, Layer(BASE.layers[0].root, "own", "digest", upper)), BASE.facts)


def judged(base: RuleBase, day: date = DAY, model: str = MODEL, **fields: Any) -> Judged:
    need = understand(Scenario.model_validate({"use_cases": ["chat"], **fields}), base)
    return list(standings(base.models[model], need, features_needed(need), base, day))


def first(base: RuleBase, day: date = DAY, model: str = MODEL, **fields: Any) -> tuple[Offer, Standing]:
    offer, standing = judged(base, day, model, **fields)[0]
    assert offer is not None
    return offer, standing


def order(found: Judged) -> list[str]:
    return [offer.provider for offer, _ in found if offer is not None]


def test_those_that_count_are_tried_by_whether_a_list_misses_them_then_by_price(made: RuleBase) -> None:
    assert order(judged(made)) == ["plain", "away", "routed", "here", "missed"]


def test_a_cheaper_one_that_does_not_count_is_named_with_its_reason(made: RuleBase) -> None:
    assert first(made)[1].cheaper is None  # one that counts is cheaper, too
    _, standing = first(made, provider="missed")
    assert standing.cheaper == "Cheap at 0.01/0.01 USD per million tokens in/out: only litellm lists it, models.dev not"
    assert (standing.doubt, standing.ended) == (None, False)


def test_without_one_that_counts_the_nearest_is_told_with_its_reason(made: RuleBase) -> None:
    offer, standing = first(made, provider="doubted")
    assert (offer.provider, standing.doubt) == ("doubted", "it answered nothing")
    assert standing.elsewhere.startswith("confirmed: Plain at 0.2/0.2, Away at ")
    assert judged(made, model="llama-3.2-1b-instruct") == [(None, judged(made, model="llama-3.2-1b")[0][1])]


@pytest.mark.parametrize(
    ("region", "reach"),
    [
        ("eu-central-1", {"here": "there", "routed": "elsewhere", "away": "elsewhere"}),
        ("eu-west-1", {"routed": "there", "here": "elsewhere", "away": "elsewhere"}),
        ("eu", {"here": "there", "routed": "there", "away": "elsewhere"}),
        ("Germany", {"here": "there", "routed": "elsewhere", "away": "elsewhere"}),
        ("DE", {"here": "there", "routed": "elsewhere", "away": "elsewhere"}),
        ("frankfurt", {"here": "there", "routed": "elsewhere", "away": "elsewhere"}),
        ("us-west-2", {"here": "elsewhere", "routed": "there", "away": "there"}),
        ("nowhere in particular", {"here": None, "routed": None, "away": None}),
    ],
)
def test_where_an_offer_computes_orders_it(region: str, reach: dict[str, str | None], made: RuleBase) -> None:
    found = judged(made, service_region=region)
    told = {offer.provider: standing.reach for offer, standing in found if offer is not None}
    assert told == {"plain": None, "missed": None, **reach}
    places = [("there", "profile", None, "elsewhere").index(standing.reach) for _, standing in found]
    assert places == sorted(places)


def test_a_region_that_no_list_has_is_said_not_to_be_known(asked: Callable[..., Advice]) -> None:
    def told(region: str) -> bool:
        return "region-unlisted" in {item.rule for item in asked(service_region=region).caveats}

    assert told("mars-1")
    assert told("eu-west-9")  # another number is no slip
    assert not any(map(told, ("eu-central-1", "frankfurt", "Germany", "EU", "us-east-1a")))
    for slip, meant in (("eu-wset-1", "eu-west-1"), ("frankfrut", "frankfurt")):
        with pytest.raises(InputError, match=f"service_region: unknown region '{slip}'; nearest: {meant}"):
            asked(service_region=slip)


def test_a_profile_that_leaves_the_region_is_named(made: RuleBase) -> None:
    offer, standing = next(
        item for item in judged(BASE, BEFORE, THREE, provider="bedrock", service_region="eu-central-1") if item[0]
    )
    assert (offer and offer.provider, standing.reach, standing.region) == ("bedrock", "profile", "eu-central-1")
    assert standing.profile is not None
    assert standing.profile.id.startswith("eu.")
    routed = {offer.provider: standing.profile for offer, standing in judged(made, service_region="eu-west-1") if offer}
    assert routed["routed"] is not None
    assert routed["here"] is None


@pytest.mark.parametrize(
    ("region", "called"),
    [(None, "us-east-1"), ("us-west-2", "us-west-2"), ("eu", "eu-west-1"), ("US", "us-east-1")],
)
def test_the_region_to_call_is_one_that_was_meant(region: str | None, called: str, made: RuleBase) -> None:
    told = {offer.provider: standing for offer, standing in judged(made, service_region=region) if offer is not None}
    assert told["routed"].region == called


def test_what_is_reached_by_profiles_alone_is_called_by_one() -> None:
    offer, standing = first(BASE, BEFORE, THREE, provider="bedrock")
    assert not offer.regions
    assert (standing.reach, standing.profile, standing.region) == (None, offer.profiles[0], "us-east-1")


def test_features_are_yes_no_on_a_condition_or_not_known(made: RuleBase) -> None:
    asked = judged(made, tool_calling="single", structured_output=True)
    told = {offer.provider: standing for offer, standing in asked if offer is not None}
    assert (told["here"].lacks, told["here"].condition) == ({"tools"}, "on request")
    assert (told["plain"].lacks, told["plain"].untold) == (frozenset(), {"tools", "schema"})
    assert all(not standing.lacks | standing.untold for _, standing in judged(made))


@pytest.mark.parametrize(
    ("said", "provider"),
    [
        ({"provider": "groq"}, "groq"),
        ({"provider": "Together"}, "together_ai"),
        ({"provider": "together.ai"}, "together_ai"),
        ({"provider": "fireworks"}, "fireworks_ai"),
        ({"provider": "AWS Bedrock"}, "bedrock"),
        ({"engine": "groq"}, "groq"),
    ],
)
def test_a_provider_goes_by_all_of_its_names(said: dict[str, str], provider: str) -> None:
    assert understand(Scenario.model_validate({"use_cases": ["chat"], **said}), BASE).provider == provider
    assert order(judged(BASE, **said))[0] == provider


@pytest.fixture(scope="module")
def asked() -> Callable[..., Advice]:
    """Answer for services on a day."""

    def answered(day: date = DAY, **fields: Any) -> Advice:
        return Advisor(BASE, day).advise(Scenario.model_validate({"use_cases": ["chat"], "target": "hosted", **fields}))

    return answered


def excuses(advice: Advice) -> dict[str, str]:
    return {item.excuse.rule: item.excuse.text for item in advice.excluded}


def test_an_ended_offer_is_told_with_day_replacement_and_who_else_has_it(asked: Callable[..., Advice]) -> None:
    advice = asked(provider="groq", only={"models": [MODEL]})
    text = excuses(advice)["provider-retired"]
    assert "Groq ended Llama 3.1 8B Instruct on 2026-08-16 and put openai/gpt-oss-20b in its place; confirmed: " in text
    others = {item.provider for item in BASE.hosted.values() if item.model == MODEL and item.live(DAY, 2)}
    assert any(f"{BASE.providers[name].name} at " in text for name in others)
    assert asked(BEFORE, provider="groq", only={"models": [MODEL]}).recommendation is not None


def test_what_has_ended_is_told_before_what_the_model_is_weak_at(asked: Callable[..., Advice]) -> None:
    def told(day: date, **said: Any) -> str:
        answer = asked(day, provider="groq", tool_calling="multi_step", **said)
        return next(item.excuse.rule for item in answer.excluded if item.model == MODEL)

    assert told(DAY) == "provider-retired"
    assert told(BEFORE) == "tools-many-steps-floor"
    assert told(DAY, inputs=["image"]) == "reads-inputs"


def test_what_ended_in_a_circle_is_told_once(made: RuleBase) -> None:
    rows = [row("round", 0.1, until="2026-08-01", replaced_by="b"), row("round", 0.1, until="2026-08-01")]
    rows[1] |= {"id": "round/b", "replaced_by": "8b"}
    upper = {
        "prices/round.yaml": {"providers": [{"id": "round", "name": "Round", "sources": ["litellm"]}], "hosted": rows}
    }
    base = RuleBase((*made.layers, Layer(BASE.layers[0].root, "round", "other digest", upper)), BASE.facts)
    assert replacement(base.hosted["round/8b"], base, DAY) in {"b", "8b"}


@pytest.mark.parametrize("use_case", ["chat", "rag", "long-documents"])
def test_no_service_serves_more_context_than_the_model_has(use_case: str, asked: Callable[..., Advice]) -> None:
    advice = asked(use_cases=[use_case], context_tokens=131_073)
    assert (advice.verdict, [*advice.ranking]) == ("change_requirement", [])


def test_an_unlisted_provider_is_answered_with_what_to_ask_it(asked: Callable[..., Advice]) -> None:
    advice = asked(provider="Acme Cloud")
    assert advice.verdict == "recommended_with_caveats"
    wish = next(item for item in advice.wishes if item.field == "provider")
    assert (wish.outcome, wish.text.partition(";")[0]) == ("not_known", "nothing is known here of Acme Cloud")
    caveat = next(item for item in advice.caveats if item.rule == "provider-unlisted")
    assert caveat.text.startswith("nothing is known here of Acme Cloud: ask it for the id of ")


def test_tools_are_refused_where_the_offer_takes_none(asked: Callable[..., Advice]) -> None:
    only = {"models": [THREE]}
    assert BASE.hosted["bedrock/meta.llama3-2-3b-instruct-v1:0"].live(BEFORE, BASE.criteria.witnesses_needed)
    refused = asked(BEFORE, provider="bedrock", tool_calling="single", only=only)
    assert excuses(refused)["offer-has-features"].startswith("Amazon Bedrock takes no tools for Llama 3.2 3B Instruct")
    plain = asked(BEFORE, provider="bedrock", only=only)
    assert plain.recommendation is not None
    assert plain.recommendation.provider == "bedrock"


def test_images_on_a_condition_are_told(asked: Callable[..., Advice]) -> None:
    said = {"use_cases": ["image-understanding"], "inputs": ["image"], "domicile": "US", "provider": "cloudflare"}
    advice = asked(**said)
    assert advice.recommendation is not None
    assert advice.recommendation.provider == "cloudflare"
    assert (
        "the OpenAI-compatible one refuses images"
        in {c.rule: c.text for c in advice.caveats}["offer-features-by-condition"]
    )


def test_a_provider_that_lacks_the_model_named_is_the_change(advise: Any) -> None:
    said = {"use_cases": ["rag"], "target": "hosted", "provider": "novita", "model": "llama-3.1-8b-instruct"}
    advice = advise(**said, context_tokens=32768)
    assert (advice.verdict, advice.recommendation.model) == ("change_requirement", "llama-3.1-8b-instruct")
    assert [change.field for change in advice.changes] == ["provider"]
    assert "provider-lacks-the-model-named" in {item.excuse.rule for item in advice.excluded}
    assert advise(**said).verdict.startswith("recommended")
