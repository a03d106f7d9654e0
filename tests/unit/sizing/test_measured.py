"""What was measured of a build, against what is predicted of it: corrections worked out by hand."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from llama_advisor.knowledge.verifying import Measurement
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.measured import by_build, corrected
from llama_advisor.sizing.memory import ONE_DEVICE
from llama_advisor.sizing.speed import ALONE, Attainable, SpeedTerms, Work, speed

PACE: Any = SimpleNamespace(pace_tokens_per_s=10)
# A step takes 0.01 s for the weights and as much for each request and 1,000 tokens of each; a prompt token takes 1 ms
# and each pass of 500 a hundredth of a second; 0.1 s go before.
TERMS = SpeedTerms(
    work=Work(read_bytes=6e9, kv_bytes=1e5, parameters=3e9, layers=10, width=200, heads=8),
    rates=Attainable(6e11, 1e10, 0, 0, 6e11, 6e12, 1e30, 0, 1e15, 1e18, 1e18),
    splits=ALONE,
    constants=PACE,
    placed=ONE_DEVICE,
    batch_tokens=500,
    latency_s=0.1,
    host_bytes_s=3e10,
    alone=((0.1, 9.0), (0.1, 9.0)),
    loaded=((0.1, 9.0), (0.1, 9.0)),
    basis=("one", "several"),
    factor=1.5,
    replicas=1,
)
BASE: Any = SimpleNamespace(verifying=SimpleNamespace(kept_spread=1.2, kept_apart=0.25))
READ = 0.92  # s for 900 tokens: 0.9 and two passes


def kept(**seen: Any) -> Measurement:
    """A reading 1,000 tokens deep, where one request takes 0.03 s a token and three 0.07."""
    usual = {
        "id": "first", "model": "m", "quantization": "q", "engine": "e", "device": "d", "context_tokens": 2900,
        "prompt_tokens": 900, "output_tokens": 200, "measured": date(2026, 1, 2),
    }  # fmt: skip
    return Measurement(**(usual | seen))


def at(step_s: float, **seen: Any) -> Measurement:
    """A reading of so many seconds a token; the engine's kernels make half as many tokens more of it."""
    return kept(decode_tokens_per_s=1.5 / step_s, **seen)


THREE = {"concurrent_requests": 3}
MEAN = (0.06 * 0.05) ** 0.5

GENERATED: list[tuple[list[Measurement], list[tuple[float, float]], float, str]] = [
    ([at(0.06)], [(0.03, 0.06)], 1.2, "0.50"),
    ([at(0.02)], [(0.03, 0.02)], 1.2, "1.50"),
    ([at(0.06), at(0.14, **THREE)], [(0.03, 0.06), (0.07, 0.14)], 1.2, "0.50"),
    ([at(0.1, **THREE), at(0.06)], [(0.03, 0.06), (0.07, 0.1)], 1.2, "0.50 to 0.70"),
    # more load was faster: both at their geometric mean, from which they are 1.1 times apart
    ([at(0.06), at(0.05, **THREE)], [(0.03, MEAN), (0.07, MEAN)], 1.2, "0.55 to 1.28"),
    ([at(0.06), at(0.015, **THREE)], [(0.03, 0.03), (0.07, 0.03)], 2.0, "1.00 to 2.33"),
    # of one load twice
    ([at(0.05), at(0.06)], [(0.03, MEAN), (0.03, MEAN)], 1.2, "0.55"),
    ([at(0.06), at(0.05)], [(0.03, MEAN), (0.03, MEAN)], 1.2, "0.55"),
    # the third is faster than both before it
    ([at(0.02, output_tokens=2, prompt_tokens=99), at(0.04), at(0.01, **THREE)],
     [(0.021, 0.02), (0.03, 0.02), (0.07, 0.02)], 2.0, "1.05 to 3.50"),
    # a context too short for both grows: 0.02 s and a hundredth for 1,000 tokens
    ([at(0.06, context_tokens=10)], [(0.03, 0.06)], 1.2, "0.50"),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "points", "spread", "times"), GENERATED)
def test_generation_is_put_right(
    seen: list[Measurement], points: list[tuple[float, float]], spread: float, times: str
) -> None:
    found = corrected(TERMS, seen, BASE)
    assert found.decode_kept is not None
    assert [*found.decode_kept.points] == [pytest.approx(point) for point in points]
    assert (found.decode_kept.spread, found.decode_kept.apart) == (pytest.approx(spread), 0.25)
    assert found.prefill_kept is None
    text = f"measured here on 2026-01-02: {times} times the predicted rate"
    assert found.basis == (text, text)
    assert found._replace(decode_kept=None, basis=TERMS.basis) == TERMS


@pytest.mark.parametrize(
    ("seen", "points", "times"),
    [
        ([kept(prefill_tokens_per_s=450 / READ)], [(READ, 2 * READ)], "0.50"),
        ([kept(prefill_tokens_per_s=450 / READ, first_token_s=9.0)], [(READ, 2 * READ)], "0.50"),
        ([kept(prompt_tokens=0, prefill_tokens_per_s=1 / 0.022)], [(0.011, 0.022)], "0.50"),
        # of the wait a tenth of a second is none of the reading
        ([kept(first_token_s=2 * READ + 0.1)], [(READ, 2 * READ)], "0.50"),
        ([kept(first_token_s=READ / 4 + 0.1)], [(READ, READ / 4)], "4.00"),
        # with two others at a time, spread over the 20 s in which 200 tokens are written
        ([kept(first_token_s=2 * (1 + 2 / 20) + 0.1, **THREE)], [(READ, 2.0)], "0.46"),
        ([kept(first_token_s=0.05)], [(READ, READ / 64)], "64.00"),  # no reading explains that
        # a rate tells more than a wait
        ([kept(first_token_s=9.0), kept(prefill_tokens_per_s=450 / READ)], [(READ, 2 * READ)], "0.50"),
    ],
)
def test_reading_is_put_right(seen: list[Measurement], points: list[tuple[float, float]], times: str) -> None:
    found = corrected(TERMS, seen, BASE)
    assert found.prefill_kept is not None
    assert [*found.prefill_kept.points] == [pytest.approx(point) for point in points]
    assert found.decode_kept is None
    text = f"measured here on 2026-01-02: {times} times the predicted reading"
    assert found.basis == (text, text)


def test_both_are_told_with_the_last_day() -> None:
    seen = [
        kept(id="b", measured=date(2026, 3, 1), total_gib=9.0),
        at(0.06, prefill_tokens_per_s=900 / READ),
    ]
    found = corrected(TERMS, seen, BASE)
    told = "measured here on 2026-03-01: 0.50 times the predicted rate and 1.00 times the predicted reading"
    assert found.basis == (told, told)
    assert speed(found, Workload(2900, 900, 200)).decode_tokens_per_s.mid == pytest.approx(1.5 / 0.06)


def test_memory_alone_corrects_no_speed() -> None:
    assert corrected(TERMS, [kept(total_gib=9.0)], BASE) is TERMS


def test_readings_of_one_build_go_together() -> None:
    first, second, two = kept(), kept(id="second"), kept(id="two", count=2)
    others = [kept(id=name, **{name: "other"}) for name in ("model", "quantization", "engine", "device")]
    base: Any = SimpleNamespace(measurements={item.id: item for item in (first, two, second, *others)})
    assert by_build(base) == {
        ("m", "q", "e", "d", 1): [first, second],
        ("m", "q", "e", "d", 2): [two],
        ("other", "q", "e", "d", 1): [others[0]],
        ("m", "other", "e", "d", 1): [others[1]],
        ("m", "q", "other", "d", 1): [others[2]],
        ("m", "q", "e", "other", 1): [others[3]],
    }
