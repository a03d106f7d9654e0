"""The arithmetic of speed under a load, step by step, on constants of which no two are alike: worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from speed_constants import CONSTANTS

from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing import speed as sizing
from llama_advisor.sizing.memory import ONE_DEVICE, Placement
from llama_advisor.sizing.speed import Attainable, Correction, SpeedTerms, Splits, Work


def laid(tensor: int, stages: int, nodes: int = 1, pace: float = 1.0) -> Placement:
    """A copy over so many devices."""
    return Placement(1 / tensor / stages, 1 / tensor / stages, tensor, stages, nodes, possible=True, pace=pace)


@pytest.mark.parametrize(
    ("placed", "batches", "split"),
    [
        (ONE_DEVICE, 5, (1, 1, 0)),
        (laid(4, 1), 5, (2.5, 1.75, 0.0002)),  # three further, two doublings of 10 layers at 10 us
        (laid(1, 3), 5, (1, 1 + 0.4 * 8 / 7, 0.004)),  # 15 steps of work in 7
        (laid(1, 3), 1, (1, 1, 0.004)),  # no pipeline of one batch
        (laid(2, 2, nodes=2, pace=0.8), 3, (1.2, 0.8 * 1.25 * 1.2, 0.0091)),  # 6 in 4; a node, a stage, a doubling
    ],
)
def test_what_devices_gain_and_lose_together(placed: Placement, batches: float, split: tuple[float, ...]) -> None:
    assert sizing.splits(CONSTANTS, placed, 10, batches) == pytest.approx(split)


WORK = Work(read_bytes=6e9, kv_bytes=1e5, parameters=3e9, layers=10, width=200, heads=8)
RATES = Attainable(
    weights_bytes_s=6e11, cache_bytes_s=1e10, layer_s=0, step_s=0, decode_flop_s=6e11, prefill_flop_s=4.8e12,
    attention_flop_s=2.56e10, score_bytes=0, peak_bytes_s=1e15, peak_flop_s=1e18, peak_half_flop_s=1e18,
)  # fmt: skip


def test_a_step_is_weights_cache_products_layers_and_talk() -> None:
    rates = RATES._replace(layer_s=0.001, step_s=0.004)
    # 6 GB at 2 x 600, 0.4 at 2 x 10 GB/s, 24 GFLOP at 2 x 600
    parts = 0.005 + 0.02 + 0.02 + 0.01 + 0.05 + 0.004
    assert sizing.decode_step_s(WORK, rates, Splits(2, 3, 0.05), 1000, 4) == pytest.approx(parts)


def test_a_prompt_is_products_scores_and_a_step_for_each_pass() -> None:
    rates = RATES._replace(layer_s=0.001, step_s=9, score_bytes=3000)
    # 4.8 TFLOP; 2 x 10 x 200 x 800^2 products and half of 3,000 x 10 x 8 x 800^2 bytes of scores; all over 3
    compute = (1 + 0.1 + 0.128) / 3
    assert sizing.prefill_s(WORK, rates, Splits(2, 3, 0.05), 800, 2) == pytest.approx(compute + 2 * 0.065)


def terms(**changes: Any) -> SpeedTerms:
    """A layout whose step takes 0.01 s for the weights and as much for each request and 1,000 tokens of each."""
    made = SpeedTerms(
        work=WORK,
        rates=RATES,
        splits=sizing.ALONE,
        constants=CONSTANTS,
        placed=ONE_DEVICE,
        batch_tokens=500,
        latency_s=0.1,
        host_bytes_s=3e10,
        alone=((0.5, 2.0), (0.4, 3.0)),
        loaded=((0.25, 4.0), (0.2, 5.0)),
        basis=("one", "several"),
        factor=1.5,
        replicas=3,
    )
    return made._replace(**changes)


LOAD = Workload(2900, 900, 200, 1, shared_prefix_tokens=100)
# 1,000 tokens deep: 0.03 s a step, and 0.049 once 2,900 deep; 800 are read in 1 + 0.1 s and two passes of 0.01.
STEP, READ = 0.03, 1.12


def test_one_request() -> None:
    found = sizing.speed(terms(), LOAD)
    assert found.decode_tokens_per_s == pytest.approx((0.75 / STEP, 1.5 / STEP, 3 / STEP))
    assert found.prefill_tokens_per_s == pytest.approx((320 / READ, 800 / READ, 2400 / READ))
    assert found.first_token_s == pytest.approx((READ / 3 + 0.1, READ + 0.1, READ / 0.4 + 0.1))
    # three copies: 200 tokens each, at 0.06, 0.03 and 0.015 s, after the prompt; half as many again for the kernels
    total = (900 / (12 + READ / 0.4), 900 / (6 + READ), 900 / (3 + READ / 3))
    assert found.total_tokens_per_s == pytest.approx(total)
    assert (found.basis, found.read_tokens) == ("one", 800)
    assert found.at_full_context_tokens_per_s == pytest.approx(1.5 / 0.049)


def test_three_requests() -> None:
    found = sizing.speed(terms(), LOAD._replace(concurrent_requests=3))
    # 0.01 + 3 x 0.02 s; no faster than one alone may be
    assert found.decode_tokens_per_s == pytest.approx((0.375 / 0.07, 1.5 / 0.07, 6 / 0.07))
    assert found.prefill_tokens_per_s == pytest.approx((160 / READ, 800 / READ, 2400 / READ))
    # 200 tokens at 10 a second take 20 s, over which two other prompts are spread; half of each is waited for
    wait = [own * (1 + own / 20) + 0.1 for own in (READ / 3, READ, READ / 0.2)]
    assert found.first_token_s == pytest.approx(wait)
    total = (2700 / (56 + 15 * READ), 2700 / (14 + 3 * READ), 2700 / (3.5 + READ))
    assert found.total_tokens_per_s == pytest.approx(total)
    assert (found.basis, found.at_full_context_tokens_per_s) == ("several", pytest.approx(1.5 / 0.127))


def test_two_requests_are_several() -> None:
    found = sizing.speed(terms(), LOAD._replace(concurrent_requests=2))
    assert found.decode_tokens_per_s == pytest.approx((0.375 / 0.05, 1.5 / 0.05, 3 / STEP))  # one alone does no more
    assert found.basis == "several"


def test_others_delay_a_first_token_by_their_whole_prompt_at_most() -> None:
    found = sizing.speed(terms(), LOAD._replace(output_tokens=0, prompt_tokens=1000, concurrent_requests=3))
    read = 900 / found.prefill_tokens_per_s.mid
    assert read > 0.1  # seconds of an answer of one token
    assert found.first_token_s.mid == pytest.approx(2 * read + 0.1)


def test_weights_left_to_the_host() -> None:
    found = sizing.speed(terms(), LOAD, 0.25)
    # 1.5 GB at 30 GB/s in every step and pass; the ranges are those of a load, the highest that of the device alone
    step, read = STEP + 0.05, READ + 2 * 0.05
    assert found.decode_tokens_per_s == pytest.approx((0.375 / step, 1.5 / step, 6 / step))
    assert found.prefill_tokens_per_s == pytest.approx((160 / read, 800 / read, 2400 / READ))
    assert (found.basis, found.at_full_context_tokens_per_s) == ("one", pytest.approx(1.5 / 0.099))


def test_no_end_lies_above_what_the_hardware_allows() -> None:
    peaks = RATES._replace(peak_bytes_s=3e11, peak_flop_s=6e12, peak_half_flop_s=1.28e10)
    found = sizing.speed(terms(rates=peaks), LOAD)
    # 6.1 GB at 300 GB/s; 4.8 TFLOP at 6 and 0.2 s of scores
    assert found.decode_tokens_per_s == pytest.approx((0.75 / STEP, 1.5 / STEP, 1.5 / (6.1 / 300)))
    assert found.prefill_tokens_per_s == pytest.approx((320 / READ, 800 / READ, 800))
    slow = sizing.speed(terms(rates=peaks._replace(peak_bytes_s=1e11)), LOAD)
    assert slow.decode_tokens_per_s == pytest.approx([1.5 / 0.061] * 3)


@pytest.mark.parametrize(
    ("load", "context", "reading"),
    [
        ({}, 1000, 800),
        ({"context_tokens": 950}, 950, 800),
        ({"output_tokens": 0}, 900, 800),
        ({"prompt_tokens": 0, "shared_prefix_tokens": 0}, 100, 1),
        ({"shared_prefix_tokens": 899}, 1000, 1),
        ({"shared_prefix_tokens": 900}, 1000, 1),
    ],
)
def test_how_deep_and_how_much(load: dict[str, int], context: int, reading: int) -> None:
    found = sizing.speed(terms(), LOAD._replace(**load))
    assert found.decode_tokens_per_s.mid == pytest.approx(1.5 / (0.02 + context * 1e-5))
    assert found.read_tokens == reading


@pytest.mark.parametrize(("tokens", "passes"), [(1, 1), (500, 1), (501, 2), (1000, 2), (1001, 3)])
def test_a_pass_for_each_batch_of_the_prompt(tokens: int, passes: int) -> None:
    found = sizing.speed(terms(), Workload(2900, tokens, 200, 1))
    # 1.25 ms and 4,000 / 25.6 x 10^9 s of scores
    seconds = tokens * 1.25e-3 + tokens**2 * 1.5625e-7 + passes * 0.01
    assert found.prefill_tokens_per_s.mid == pytest.approx(tokens / seconds)


@pytest.mark.parametrize(
    ("prompt", "faster", "passes"), [(800, 1 + 0.4 * (3.2 / 2.6 - 1), 2), (400, 1, 1), (500, 1, 1)]
)
def test_stages_read_a_prompt_of_several_batches_at_a_time(prompt: int, faster: float, passes: int) -> None:
    found = sizing.speed(terms(splits=None, placed=laid(1, 2)), Workload(2900, prompt, 200, 1))
    seconds = (prompt * 1.25e-3 + prompt**2 * 1.5625e-7) / faster + passes * 0.012
    assert found.prefill_tokens_per_s.mid == pytest.approx(prompt / seconds)
    assert found.decode_tokens_per_s.mid == pytest.approx(1.5 / (0.022 + (prompt + 100) * 1e-5))


@pytest.mark.parametrize(
    ("requests", "reading", "limits"),
    [
        (4, 1000, (250, 1000 / 0.15025)),  # 6.4 GB at 1 TB/s, on 1.6 cards; 6 TFLOP and 0.001 s of scores on four
        (40, 1000, (1 / 0.015, 1000 / 0.15025)),  # 240 GFLOP at 10 TFLOP/s take longer than 10 GB
        (4, 1, (250, 1 / 0.00375)),  # the weights are read for one token too
    ],
)
def test_what_bandwidth_and_arithmetic_allow(requests: int, reading: int, limits: tuple[float, float]) -> None:
    peaks = RATES._replace(peak_bytes_s=1e12, peak_flop_s=1e13, peak_half_flop_s=4e12)
    found = sizing.limits(terms(rates=peaks, placed=laid(2, 2, pace=0.8)), 1000, requests, reading)
    assert found == pytest.approx(limits)


MEASURED = Correction(((1, 2), (3, 5), (5, 6)), 1.25, 0.5)


@pytest.mark.parametrize(
    ("predicted", "seconds"), [(0.5, 1), (1, 2), (2, 3.5), (2.5, 4.25), (3, 5), (4, 5.5), (5, 6), (10, 12)]
)
def test_between_measurements_on_the_line_and_beyond_in_proportion(predicted: float, seconds: float) -> None:
    assert MEASURED.seconds(predicted) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("seconds", "usual", "ends"),
    [
        (4, (0.1, 9), (0.8, 1.25)),
        (4, (0.9, 1.1), (0.9, 1.1)),
        (24, (0.1, 9), (0.4, 2.5)),  # the root of four times as long as the longest
        (0.5, (0.1, 9), (0.4, 2.5)),
        (6, (0.1, 9), (0.8, 1.25)),
        (2, (0.1, 9), (0.8, 1.25)),
    ],
)
def test_a_measurement_is_trusted_less_the_further_away(
    seconds: float, usual: tuple[float, float], ends: tuple[float, float]
) -> None:
    assert MEASURED.within(seconds, usual) == pytest.approx(ends)


def test_what_was_measured_takes_the_place_of_what_is_predicted() -> None:
    kept = {
        "decode_kept": Correction(((0.03, 0.06),), 1.25, 0.5),
        "prefill_kept": Correction(((READ, 2 * READ),), 1.1, 0.5),
    }
    found = sizing.speed(terms(**kept), LOAD)
    assert found.decode_tokens_per_s == pytest.approx((1.2 / 0.06, 1.5 / 0.06, 1.875 / 0.06))
    assert found.prefill_tokens_per_s == pytest.approx((400 / READ / 1.1, 400 / READ, 440 / READ))
    assert found.at_full_context_tokens_per_s == pytest.approx(1.5 / 0.098)
    several = sizing.speed(terms(**kept), LOAD._replace(concurrent_requests=3))
    apart = 1.25 * (0.14 / 0.06) ** 0.5
    assert several.decode_tokens_per_s == pytest.approx((1.5 / 0.14 / apart, 1.5 / 0.14, 1.5 / 0.14 * apart))
