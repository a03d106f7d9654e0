"""Laws of tuning: what can only take more memory does, and the longest sample is the longest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.device import Machine
from llama_advisor.scenario.scenario import Tuning
from llama_advisor.sizing.training import training_memory

if TYPE_CHECKING:
    from llama_advisor.sizing.figures import Training

BASE = load_rules()
METHODS = ("full", "lora", "qlora")
DEVICES = ("rtx-4090", "a100-80gb-sxm", "h200-sxm-141gb", "m3-max-128gb")
quickly = settings(max_examples=60, deadline=None)
tunings = st.builds(
    Tuning,
    sample_tokens=st.integers(1, 131_072),
    batch=st.integers(1, 64),
    accumulation=st.integers(1, 16),
    checkpointing=st.booleans(),
    sharding=st.booleans(),
)
setups = st.tuples(
    st.sampled_from(sorted(BASE.models)),
    st.sampled_from(METHODS),
    st.sampled_from(sorted(BASE.trainers)),
    st.sampled_from(sorted(BASE.optimizers)),
    st.sampled_from(DEVICES),
    st.integers(1, 16),
)
Setup = tuple[str, str, str, str, str, int]


def changed(tuning: Tuning, **fields: Any) -> Tuning:
    return tuning.model_copy(update=fields)


def size(setup: Setup, tuning: Tuning, **other: Any) -> Training:
    """Size a setup, or one with something changed."""
    model, method, trainer, optimizer, device, count = setup
    return training_memory(
        BASE.models[model],
        Machine(device=BASE.devices[device], count=other.get("count", count)),
        BASE.trainers[trainer],
        BASE.optimizers,
        other.get("method", method),
        changed(tuning, optimizer=other.get("optimizer", optimizer)),
    )


def need(setup: Setup, tuning: Tuning, **other: Any) -> float:
    return size(setup, tuning, **other).per_device.need_gib


@quickly
@given(setups, tunings, st.integers(1, 65_536))
def test_a_longer_sample_never_needs_less(setup: Setup, tuning: Tuning, more: int) -> None:
    assert tuning.sample_tokens is not None
    assert need(setup, changed(tuning, sample_tokens=tuning.sample_tokens + more)) >= need(setup, tuning)


@quickly
@given(setups, tunings)
def test_a_larger_batch_never_needs_less(setup: Setup, tuning: Tuning) -> None:
    assert need(setup, changed(tuning, batch=tuning.batch + 1)) >= need(setup, tuning)


@quickly
@given(setups, tunings)
def test_what_is_kept_instead_of_computed_again_takes_more(setup: Setup, tuning: Tuning) -> None:
    kept, recomputed = (changed(tuning, checkpointing=on) for on in (False, True))
    assert need(setup, kept) > need(setup, recomputed)


@quickly
@given(setups, tunings)
def test_fewer_bits_of_state_never_need_more(setup: Setup, tuning: Tuning) -> None:
    needs = [need(setup, tuning, optimizer=name) for name in ("adamw-8bit", "adamw-16bit", "adamw")]
    assert needs == sorted(needs)
    assert need(setup, tuning, optimizer="paged-adamw-8bit") <= needs[0]


@quickly
@given(setups, tunings)
def test_lighter_methods_never_need_more(setup: Setup, tuning: Tuning) -> None:
    alike = {"optimizer": "adamw", "count": 1}
    full, lora, qlora = (need(setup, tuning, method=method, **alike) for method in METHODS)
    assert full >= lora >= qlora


@quickly
@given(setups, tunings, st.integers(1, 16))
def test_more_devices_never_need_more_each(setup: Setup, tuning: Tuning, more: int) -> None:
    assert need(setup, tuning, count=setup[-1] + more) <= need(setup, tuning)


@quickly
@given(setups, tunings, st.integers(2, 64))
def test_accumulation_costs_no_more_than_gradients(setup: Setup, tuning: Tuning, batches: int) -> None:
    once, often = changed(tuning, accumulation=1), changed(tuning, accumulation=batches)
    assert need(setup, often) >= need(setup, once)
    if BASE.optimizers[setup[3]].keeps_gradients:
        assert need(setup, often) == need(setup, once)


@quickly
@given(setups, tunings)
def test_the_largest_sample_is_the_largest(setup: Setup, tuning: Tuning) -> None:
    assert tuning.sample_tokens is not None
    found = size(setup, tuning)
    largest = found.largest_sample_tokens
    assert largest is not None
    assert found.fits is (tuning.sample_tokens <= largest)
    if largest:
        assert size(setup, changed(tuning, sample_tokens=largest)).fits
    if largest < max(BASE.models[setup[0]].context_tokens, tuning.sample_tokens):
        assert not size(setup, changed(tuning, sample_tokens=largest + 1)).fits
