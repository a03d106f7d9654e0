"""What is told of a build, a tuning or a wish that was asked about, worked out by hand on the made-up knowledge."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from made_questions import CARD, CLOUD, PAGED

from llama_advisor.engine.decide import Advisor
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.decide import Answer
    from llama_advisor.knowledge.base import RuleBase

    Answered = Callable[..., Answer]


def test_tuning_is_told_by_what_each_method_takes(answer: Answered) -> None:
    """12 + 1 + 0.28 GiB in full; divided over two cards 6, with two layers and the embedding whole 0.25 more."""
    said = CARD | {"model": "small", "fine_tuning": ["full"], "tuning": {"sample_tokens": 2048}}
    asked = answer(**said).advice.asked
    assert asked is not None
    assert [(form.method, form.quantization, form.need_gib, form.fits, form.machine) for form in asked.forms] == [
        ("full", "w16", 13.3, False, "2x Card"),
        ("lora", "w16", 3.4, True, None),
        ("qlora", "w4", 1.9, True, None),
    ]
    assert [(c.field, c.from_, c.to) for way in asked.would_fit for c in way.changes] == [
        ("fine_tuning", "full", "lora"),
        ("hardware", "card", "2x Card"),
    ]
    assert asked.text == (
        "full tuning of Small does not fit Card: up to 13.3 GiB needed, 8.0 there",
        "it would fit by lora (3.4 GiB), or on 2x Card",
        "full tuning takes in all 13 GiB with AdamW, 13 GiB with AdamW",
    )


EACH_LARGE = "each 1,000 tokens of a sequence take 0.98 GiB of 16-bit KV cache, {}, beside {} GiB of weights"
# Fits, room, what was stated, whether it qualifies, rent; forms (need, fits, cache, tokens/s, what would hold it);
# ways with the build that comes of them; sentences.
ASKED_FURTHER: list[tuple[dict[str, Any], tuple[Any, ...], list[tuple[Any, ...]], list[tuple[Any, ...]], list[str]]] = [
    # Of a Mac's memory three quarters are the GPU's: 18 of 24 hold 8 + 8 + 1, 48 of 64 hold 32 + 8 + 1.
    ({"hardware": "mac", "model": "large", "quantization": "w4"},
     (False, -5.0, ("model", "quantization", "hardware"), False, None),
     [("w16", 41.0, False, "f16", None, "64 GB of memory"), ("w4", 17.0, False, "f16", None, "24 GB of memory"),
      ("w2", 9.2, True, "q8_0", 9.62, None)],
     [("context_tokens", 8192, 3072, "w4 paged Mac"), ("quantization", "w4", "w2", "w2 slots Mac"),
      ("hardware", "mac", "24 GB of memory", "w4 paged 24 GB of memory")],
     ["Large as w4 does not fit Mac: up to 17.0 GiB needed, 12.0 there; the weights alone are 8.0 GiB",
      "it would fit with a context of 3,072 tokens, or as w2 (9.2 GiB), or in 24 GB of memory",
      EACH_LARGE.format("8,192 take 8.0", "8.0")]),
    # An eighth of 32 + 32 on each of eight racks.
    ({"hardware": "8x rack", "model": "large", "quantization": "w16", "context_tokens": 32768},
     (True, 23.0, ("model", "quantization", "hardware"), True, None),
     [("w16", 9.0, True, "f16", 39.8, None), ("w4", 6.0, True, "f16", 98.5, None)], [],
     ["Large as w16 fits 8x Rack: up to 9.0 of 32.0 GiB on each device", EACH_LARGE.format("32,768 take 32.0", "32.0")]),
    # 8 GiB of cache take 4.25 in 8 bits; 13 - 8 GiB lie in host memory, where the cache has 16.
    ({"hardware": "card + 16GB RAM", "model": "large", "quantization": "w2", "engine": "slots"},
     (False, -1.25, ("model", "quantization", "engine", "hardware"), True, None),
     [("w16", 37.2, False, "q8_0", None, None), ("w4", 13.2, False, "q8_0", None, "2x Card"),
      ("w2", 9.2, False, "q8_0", 6.37, "2x Card")],
     [("context_tokens", 8192, 5120, "w2 slots Card"), ("hardware", "card + 16GB RAM", "2x Card", "w2 slots 2x Card")],
     ["Large as w2 does not fit Card: up to 9.2 GiB needed, its KV cache in q8_0, 8.0 there; the weights alone are 4.0 GiB",
      "with 5.0 of 12.5 GiB in host memory it runs, at about 6.37 tokens/s",
      "it would fit with a context of 5,120 tokens, or on 2x Card", EACH_LARGE.format("8,192 take 8.0", "4.0")]),
    # (8 + 4.25) x 33/65 + 1; 13.79 GiB hold 5,927 tokens beside the weights, or 11,156 in 8 bits.
    ({"hardware": "2x card", "model": "large", "quantization": "w4", "engine": "slots"},
     (True, 0.78, ("model", "quantization", "engine", "hardware"), True, None),
     [("w16", 19.4, False, "q8_0", None, None), ("w4", 7.2, True, "q8_0", 5.44, None)], [],
     ["Large as w4 fits 2x Card: up to 7.2 of 8.0 GiB on each device, its KV cache in q8_0",
      "with a 16-bit KV cache a context of up to 5,120 tokens fits, 10,240 with a q8_0 KV cache",
      "as w16, the next finer, it needs 19.4 GiB on each device and does not fit",
      EACH_LARGE.format("8,192 take 8.0", "8.0")]),
    # All that the model reads fit in 8 bits: 8 x 17/32 of 5 GiB.
    (CARD | {"model": "middle", "engine": "slots"}, (True, 3.0, ("model", "engine", "hardware"), True, None),
     [("w16", 10.1, False, "q8_0", None, "2x Card"), ("w4", 5.0, True, "f16", 19.5, None)], [],
     ["Middle as w4 fits Card: up to 5.0 of 8.0 GiB",
      "with a 16-bit KV cache a context of up to 20,480 tokens fits, 32,768 with a q8_0 KV cache",
      "as w16, the next finer, it needs 10.1 GiB and does not fit",
      "each 1,000 tokens of a sequence take 0.24 GiB of 16-bit KV cache, 8,192 take 2.0, beside 2.0 GiB of weights"]),
    # All that the model reads fits plainly: 2 + 8 + 1 of 12; so do 8 + 2 + 1.
    ({"hardware": "mac", "model": "middle", "quantization": "w4"},
     (True, 7.0, ("model", "quantization", "hardware"), True, None),
     [("w16", 11.0, True, "f16", 5.84, None), ("w4", 5.0, True, "f16", 19.5, None)], [],
     ["Middle as w4 fits Mac: up to 5.0 of 12.0 GiB",
      "each 1,000 tokens of a sequence take 0.24 GiB of 16-bit KV cache, 8,192 take 2.0, beside 2.0 GiB of weights"]),
    # Half of 8 + 0.25 on each of two; 3 GiB are left on each, for 24,576 tokens; so little cache is not worth a word.
    ({"hardware": "2x card", "model": "middle", "quantization": "w16", "context_tokens": 1024},
     (True, 2.88, ("model", "quantization", "hardware"), True, None),
     [("w16", 5.1, True, "f16", 12.3, None), ("w4", 2.1, True, "f16", 47.1, None)], [],
     ["Middle as w16 fits 2x Card: up to 5.1 of 8.0 GiB on each device",
      "with a 16-bit KV cache a context of up to 24,576 tokens fits"]),
    # Assumed racks are rented; two hold half of 32 + 30 and 1 each.
    (CLOUD | {"model": "large"}, (True, 15.0, ("model",), True, 730.0),
     [("w16", 41.0, False, "f16", None, "2x Rack"), ("w4", 17.0, True, "f16", 19.5, None)], [],
     ["Large as w4 fits Rack: up to 17.0 of 32.0 GiB", EACH_LARGE.format("8,192 take 8.0", "8.0")]),
    (CLOUD | {"model": "large", "quantization": "w16", "context_tokens": 32768},
     (False, -1.0, ("model", "quantization"), False, 1460.0),
     [("w16", 33.0, False, "f16", None, "4x Rack"), ("w4", 21.0, True, "f16", 24.6, None)],
     [("context_tokens", 32768, 30720, "w16 paged 2x Rack"), ("quantization", "w16", "w4", "w4 paged 2x Rack"),
      ("hardware", "2x rack", "4x Rack", "w16 paged 4x Rack")],
     ["Large as w16 does not fit 2x Rack: up to 33.0 GiB on each device needed, 32.0 there; the weights alone are 32.0 GiB",
      "it would fit with a context of 30,720 tokens, or as w4 (21.0 GiB on each device), or on 4x Rack",
      EACH_LARGE.format("32,768 take 32.0", "32.0")]),
    # What was tried is asked about as what is named.
    (CARD | {"tried": {"model": "middle", "quantization": "w4"}},
     (True, 3.0, ("model", "quantization", "hardware"), True, None),
     [("w16", 11.0, False, "f16", None, "2x Card"), ("w4", 5.0, True, "f16", 19.5, None)], [],
     ["Middle as w4 fits Card: up to 5.0 of 8.0 GiB", "with a 16-bit KV cache a context of up to 20,480 tokens fits",
      "as w16, the next finer, it needs 11.0 GiB and does not fit",
      "each 1,000 tokens of a sequence take 0.24 GiB of 16-bit KV cache, 8,192 take 2.0, beside 2.0 GiB of weights"]),
    # It fits, but is too slow.
    (PAGED | {"min_tokens_per_s": 100}, (True, 3.0, ("model", "quantization", "engine", "hardware"), False, None),
     [("w16", 11.0, False, "f16", None, "2x Card"), ("w4", 5.0, True, "f16", 19.5, None)], [],
     ["Middle as w4 fits Card: up to 5.0 of 8.0 GiB", "39 of 100 tokens/s",
      "with a 16-bit KV cache a context of up to 20,480 tokens fits",
      "as w16, the next finer, it needs 11.0 GiB and does not fit",
      "each 1,000 tokens of a sequence take 0.24 GiB of 16-bit KV cache, 8,192 take 2.0, beside 2.0 GiB of weights"]),
    # What is ruled out before it is sized.
    (CARD | {"model": "small", "context_tokens": 40000}, (None, None, ("model", "hardware"), False, None), [], [],
     ["Small as w16: 40,000 of 32,768 tokens"]),
    (CARD | {"model": "middle", "quantization": "w16", "target": "laptop"},
     (None, None, ("model", "quantization", "hardware"), False, None), [], [], ["Middle as w16: Paged is not used there"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "stand", "forms", "ways", "text"), ASKED_FURTHER)
def test_the_build_asked_about_at_its_borders(
    said: dict[str, Any],
    stand: tuple[Any, ...],
    forms: list[tuple[Any, ...]],
    ways: list[tuple[Any, ...]],
    text: list[str],
    answer: Answered,
) -> None:
    asked = answer(**said).advice.asked
    assert asked is not None
    rent = asked.cost and asked.cost.usd_per_month
    assert (asked.fits, asked.by_gib, asked.stated, asked.qualifies, rent) == stand
    told = [(f.quantization, f.need_gib, f.fits, f.kv_cache_type, f.tokens_per_s, f.machine) for f in asked.forms]
    assert told == forms
    changes = [
        (c.field, c.from_, c.to, f"{way.then.quantization} {way.then.engine} {way.then.machine}")
        for way in asked.would_fit
        if way.then
        for c in way.changes
    ]
    assert changes == ways
    assert [*asked.text] == text


# Of middle: 8 GiB, 12 bytes for 1/100 of 4 Gi parameters, 1 GiB besides and 0.5625 of a sample. Of large 16 x 12 GiB
# in full, 1 and 1.3125; an eighth of it and two layers in eight racks.
TUNING_ASKED = [
    (CARD | {"model": "small", "fine_tuning": ["qlora"]}, (True, 6.1),
     [("full", "w16", 13.3, False, "2x Card"), ("lora", "w16", 3.4, True, None), ("qlora", "w4", 1.9, True, None)], [],
     ["qlora tuning of Small fits Card: up to 1.9 of 8.0 GiB"]),
    (CARD | {"model": "middle", "fine_tuning": ["lora"]}, (False, -2.04),
     [("full", "w16", 49.6, False, None), ("lora", "w16", 10.0, False, "2x Card"), ("qlora", "w4", 4.0, True, None)],
     [("fine_tuning", "lora", "qlora"), ("hardware", "card", "2x Card")],
     ["lora tuning of Middle does not fit Card: up to 10.0 GiB needed, 8.0 there",
      "it would fit by qlora (4.0 GiB), or on 2x Card"]),
    ({"hardware": "rack", "model": "large", "fine_tuning": ["full"]}, (False, -162.31),
     [("full", "w16", 194.3, False, "2 nodes of 4x Rack"), ("lora", "w16", 36.2, False, "2x Rack"),
      ("qlora", "w4", 12.2, True, None)],
     [("fine_tuning", "full", "qlora"), ("hardware", "rack", "2 nodes of 4x Rack")],
     ["full tuning of Large does not fit Rack: up to 194.3 GiB needed, 32.0 there",
      "it would fit by qlora (12.2 GiB), or on 2 nodes of 4x Rack, at the latency of the network between them",
      "full tuning takes in all 194 GiB with AdamW, 194 GiB with AdamW"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "room", "forms", "ways", "text"), TUNING_ASKED)
def test_tuning_that_is_asked_about(
    said: dict[str, Any],
    room: tuple[bool, float],
    forms: list[tuple[Any, ...]],
    ways: list[tuple[Any, ...]],
    text: list[str],
    answer: Answered,
) -> None:
    asked = answer(**said, tuning={"sample_tokens": 2048}).advice.asked
    assert asked is not None
    assert ((asked.fits, asked.by_gib), asked.speed) == (room, None)
    assert [(f.method, f.quantization, f.need_gib, f.fits, f.machine) for f in asked.forms] == forms
    assert [(c.field, c.from_, c.to) for way in asked.would_fit for c in way.changes] == ways
    assert [*asked.text] == text


APPS = [
    {"id": "desk", "name": "Desk", "aliases": ["The Desk"], "engines": ["slots"], "sources": ["made"]},
    {"id": "front", "name": "Front", "engines": [], "sources": ["made"]},
    {"id": "odd", "name": "Odd", "engines": [], "known": False, "sources": ["made"]},
]
LEADS = "Small is the pick, as it was named with how it runs, or alone; Middle leads it"
WISHED: list[tuple[dict[str, Any], list[tuple[Any, ...]]]] = [
    (CARD | {"engine": "The Desk"},
     [("engine", "The Desk", "kept", 1, "the pick uses Slots, one of the engines in Desk")]),
    (CARD | {"engine": "Front"},
     [("engine", "Front", "not_known", None,
       "Front runs no model itself: point it at the address of what serves the pick")]),
    (CARD | {"engine": "Odd"}, [("engine", "Odd", "not_known", None, "nothing is known here of Odd")]),
    (CLOUD | {"engine": "Desk"}, [("engine", "Desk", "impossible", None, "Slots is not used there")]),
    # A provider that is named as an engine is one.
    ({"engine": "first", "model": "small"},
     [("model", "small", "kept", 1, LEADS), ("provider", "first", "kept", 1, "the pick uses first")]),
    ({"target": "hosted", "engine": "hosted"}, [("engine", "hosted", "kept", 1, "the pick is hosted")]),
    ({"target": "hosted", "provider": "nobody at all"},
     [("provider", "nobody at all", "not_known", None, "nothing is known here of nobody at all")]),
    (CARD | {"quantization": "w2"},
     [("quantization", "w2", "better_exists", 1, "Middle as w2 on Slots qualifies, at about 32.0 tokens/s")]),
    (CARD | {"quantization": "w2", "model": "small"},
     [("model", "small", "kept", 1, LEADS),
      ("quantization", "w2", "better_exists", 1, "Small as w2 on Slots qualifies, at about 94.1 tokens/s")]),
    # What the pick lacks is told before the one that has it.
    ({"hardware": "rack", "quantization": "w16"},
     [("quantization", "w16", "better_exists", 2,
       "Large as w16 needs 41 GiB of 32; Middle as w16 on Paged qualifies, at about 23.4 tokens/s")]),
    (CARD | {"quantization": "w2", "model": "large"},
     [("model", "large", "impossible", None, "Large as w4 needs 17 GiB of 8"),
      ("quantization", "w2", "impossible", None, "Large as w2 needs 9.25 GiB of 8")]),
    (CARD | {"quantization": "w2", "engine": "paged"},
     [("quantization", "w2", "impossible", None, "no build that qualifies uses w2"),
      ("engine", "paged", "kept", 1, "the pick uses paged")]),
    (CARD | {"model": "guard"}, [("model", "guard", "kept", 1, "Guard is the pick")]),
    # What is not ranked is not judged; of services it is told what there is.
    (CARD | {"model": "old"}, [("model", "old", "impossible", None, "Old is not among the models ranked")]),
    ({"target": "hosted", "model": "old"},
     [("model", "old", "impossible", None,
       "Old is not among the models ranked; no other offer of it is confirmed")]),
    (CARD | {"model": "small", "quantization": "w16"},
     [("model", "small", "kept", 1, LEADS), ("quantization", "w16", "kept", 1, "the pick uses w16")]),
    ({"target": "hosted", "provider": "first", "model": "middle", "service_region": "eu-1"},
     [("model", "middle", "impossible", None, "not in eu-1"), ("provider", "first", "impossible", None, "not in eu-1")]),
]  # fmt: skip


@pytest.fixture(scope="module")
def with_apps(vary: Callable[..., RuleBase]) -> Advisor:
    return Advisor(vary({"lists.yaml": {"apps": APPS}}), date(2026, 11, 24))


@pytest.mark.parametrize(("said", "told"), WISHED)
def test_what_became_of_each_wish(said: dict[str, Any], told: list[tuple[Any, ...]], with_apps: Advisor) -> None:
    wishes = with_apps.advise(Scenario.model_validate({"use_cases": ["talk"]} | said)).wishes
    assert [(wish.field, wish.asked, wish.outcome, wish.rank, wish.text) for wish in wishes] == told


@pytest.fixture(scope="module")
def elsewhere(made_files: dict[str, Any], vary: Callable[..., RuleBase]) -> Advisor:
    """An advisor on further devices of 8 GiB, of which a phone or a host gives half; First serves middle in w4."""
    card, hosted = made_files["lists.yaml"]["devices"][0], made_files["lists.yaml"]["hosted"]
    further = [
        card | {"id": "phone", "name": "Phone", "kind": "phone", "usable_share": 0.5},
        card | {"id": "slice", "name": "Slice", "alone": True},
        card | {"id": "unsaid", "name": "Unsaid", "vendor": "generic"},
        card | {"id": "host", "name": "Host", "kind": "cpu", "memory_gib": None, "usable_share": 0.5},
    ]
    lists = {
        "devices": made_files["lists.yaml"]["devices"] + further,
        "hosted": [item | {"precision": "w4"} if item["id"] == "first/middle" else item for item in hosted],
    }
    kinds = ["consumer-gpu", "datacentre-gpu", "apple-silicon", "phone", "cpu"]
    paged = {
        "hardware": [{"kinds": kinds, "vendors": ["maker"]}],
        "targets": ["cloud", "server", "workstation", "laptop", "phone"],
    }
    return Advisor(vary({"lists.yaml": lists, "engines/paged.yaml": paged}), date(2026, 11, 24))


LARGER: list[tuple[dict[str, Any], tuple[bool | None, float | None], list[str | None], list[str]]] = [
    # Half of 12 hold 2 + 2 + 1, half of 24 8 + 2 + 1; 1 GiB of cache is left for 4,096 tokens.
    ({"hardware": "phone", "model": "middle", "quantization": "w4"}, (False, -1.0), ["24 GB of memory", "12 GB of memory"],
     ["Middle as w4 does not fit Phone: up to 5.0 GiB needed, 4.0 there; the weights alone are 2.0 GiB",
      "it would fit with a context of 4,096 tokens, or in 12 GB of memory"]),
    # It fills the device.
    ({"hardware": "phone", "model": "small", "quantization": "w16", "target": "phone"}, (True, 0.0), [None, None],
     ["Small as w16 fits Phone: up to 4.0 of 4.0 GiB", "with a 16-bit KV cache a context of up to 8,192 tokens fits"]),
    # Slices do not work together.
    ({"hardware": "slice", "model": "large", "quantization": "w4"}, (False, -9.0), ["48 GB of memory", "18 GB of memory"],
     ["Large as w4 does not fit Slice: up to 17.0 GiB needed, 8.0 there; the weights alone are 8.0 GiB",
      "it would fit in 18 GB of memory"]),
    # Cards that were not named stand in nodes only where machines are rented: 40 GiB x 33/65 / 4 and 1.
    ({"hardware": "unsaid", "model": "large", "quantization": "w4"}, (False, -9.0), [None, "4x Unsaid"],
     ["Large as w4 does not fit Unsaid: up to 17.0 GiB needed, 8.0 there; the weights alone are 8.0 GiB",
      "it would fit on 4x Unsaid"]),
    ({"hardware": "unsaid", "model": "large", "quantization": "w4", "target": "cloud"}, (False, -9.0),
     ["2 nodes of 4x Unsaid", "4x Unsaid"],
     ["Large as w4 does not fit Unsaid: up to 17.0 GiB needed, 8.0 there; the weights alone are 8.0 GiB",
      "it would fit on 4x Unsaid"]),
    # A processor has the memory of its host.
    ({"hardware": "host + 8GB RAM", "model": "middle", "quantization": "w16"}, (False, -7.0),
     ["24 GB of memory", "12 GB of memory"],
     ["Middle as w16 does not fit Host: up to 11.0 GiB needed, 4.0 there; the weights alone are 8.0 GiB",
      "it would fit in 24 GB of memory"]),
    ({"hardware": "host", "model": "middle", "quantization": "w16"}, (None, None), [None, None],
     ["Middle as w16 needs 11.0 GiB; the memory of Host is not known"]),
    # A laptop has one.
    ({"hardware": "card", "model": "middle", "quantization": "w16", "target": "laptop"}, (False, -3.0), [None, None],
     ["Middle as w16 does not fit Card: up to 11.0 GiB needed, 8.0 there; the weights alone are 8.0 GiB",
      "it would fit as w4 (5.0 GiB)"]),
    # 64 GiB x 33/65 and 1 in the first node; 61.06 GiB hold 29,757 tokens beside the weights.
    ({"hardware": "2 nodes of rack", "model": "large", "quantization": "w16", "context_tokens": 32768}, (False, -1.49),
     ["4x Rack", None],
     ["Large as w16 does not fit 2 nodes of Rack: up to 33.5 GiB on each device needed, 32.0 there; the weights alone"
      " are 32.0 GiB",
      "it would fit with a context of 29,696 tokens, or as w4 (21.3 GiB on each device), or on 4x Rack"]),
    ({"target": "hosted", "model": "middle"}, (None, None), [], ["Middle at First qualifies", "First serves it in w4"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "room", "larger", "text"), LARGER)
def test_what_would_hold_it(
    said: dict[str, Any],
    room: tuple[bool | None, float | None],
    larger: list[str | None],
    text: list[str],
    elsewhere: Advisor,
) -> None:
    asked = elsewhere.advise(Scenario.model_validate({"use_cases": ["talk"]} | said)).asked
    assert asked is not None
    assert (asked.fits, asked.by_gib) == room
    assert [form.machine for form in asked.forms] == larger
    assert [line for line in asked.text if not line.startswith("each 1,000 tokens")] == text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (CARD, "Large as w4 would fit on 4x Card"),
        ({"hardware": "slice"}, "Large as w4 would fit in 18 GB of memory"),
        ({"hardware": "phone"}, "Middle as w4 would fit in 12 GB of memory"),
        ({"hardware": "rack"}, None),  # it fits
        ({"hardware": "2x card"}, None),  # it fits in two bits
        (CARD | {"fine_tuning": ["lora"]}, None),
        (CARD | {"only": {"models": ["small"]}}, None),  # it is not memory that rules it out
    ],
)
def test_what_would_hold_the_next_larger_model(said: dict[str, Any], told: str | None, elsewhere: Advisor) -> None:
    notes = elsewhere.advise(Scenario.model_validate({"use_cases": ["talk"]} | said)).notes
    assert next((note.text for note in notes if note.rule == "next-larger"), None) == told
