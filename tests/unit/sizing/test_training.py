"""Training memory against published runs, and how it divides over devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.device import Machine
from llama_advisor.scenario.scenario import Tuning
from llama_advisor.sizing.layouts import Sizes
from llama_advisor.sizing.training import training_memory

if TYPE_CHECKING:
    from llama_advisor.sizing.figures import Training

BASE = load_rules()
M1, M3, M8 = "llama-3.2-1b-instruct", "llama-3.2-3b-instruct", "llama-3.1-8b-instruct"
M70, M405 = "llama-3.1-70b-instruct", "llama-3.1-405b-instruct"
V11, V90 = "llama-3.2-11b-vision-instruct", "llama-3.2-90b-vision-instruct"
A100, IN_BACKWARD = "a100-80gb-sxm", "paged-adamw-8bit-in-backward"


def tune(model: str, method: str, device: str = A100, count: int = 1, **said: Any) -> Training:
    """Size tuning on devices of the rule base."""
    tuning = Tuning(**{"sample_tokens": 2048} | said)
    return Sizes(BASE).training(BASE.models[model], method, Machine(device=BASE.devices[device], count=count), tuning)


@pytest.mark.parametrize(
    ("model", "method", "count", "said", "measured_gib"),
    [
        (M8, "full", 1, {"optimizer": IN_BACKWARD}, 18.9),
        (M8, "full", 1, {"optimizer": IN_BACKWARD, "checkpointing": False}, 37.4),
        (M8, "lora", 1, {}, 16.2),
        (M8, "lora", 1, {"checkpointing": False}, 30.3),
        (M8, "qlora", 1, {}, 7.4),
        (M70, "lora", 8, {}, 27.6),
        (M405, "qlora", 8, {"batch": 1}, 41.7),
        (M3, "full", 1, {"optimizer": "adamw-16bit", "sample_tokens": 4096}, 24.9),
        (M3, "full", 1, {"optimizer": "adamw-16bit", "sample_tokens": 4096, "checkpointing": False}, 42.9),
    ],
)
def test_published_peaks(model: str, method: str, count: int, said: dict[str, Any], measured_gib: float) -> None:
    need = tune(model, method, A100, count, **{"batch": 2} | said).per_device.need_gib
    assert need == pytest.approx(measured_gib, rel=0.16)


LONGEST_SAMPLES = {
    "unsloth": {8: 2972, 12: 21848, 16: 40724, 24: 78475, 40: 153977, 48: 191728, 80: 342733},
    "trl-nll": {12: 932, 16: 2551, 24: 5789, 40: 12264, 48: 15502, 80: 28454},
}


@pytest.mark.parametrize(
    ("trainer", "memory_gib", "sample"),
    [(trainer, *row) for trainer, rows in LONGEST_SAMPLES.items() for row in rows.items()],
)
def test_published_longest_samples_fill_the_card(trainer: str, memory_gib: int, sample: int) -> None:
    need = tune(M8, "qlora", sample_tokens=sample, trainer=trainer).per_device.need_gib
    assert need == pytest.approx(memory_gib, rel=0.03)


@pytest.mark.parametrize(("memory_gib", "sample"), [(48, 12106), (80, 89389)])
def test_so_do_those_of_70b(memory_gib: int, sample: int) -> None:
    need = tune(M70, "qlora", sample_tokens=sample, trainer="unsloth").per_device.need_gib
    assert need == pytest.approx(memory_gib, rel=0.05)


def test_the_square_of_a_sample_counts_where_attention_is_not_fused() -> None:
    """The coefficients are of another 8B, whose longest sample on 24.5 GiB is 7,936 tokens."""
    assert tune(M8, "qlora", sample_tokens=7936, trainer="mlx-lm").per_device.need_gib == pytest.approx(24.5, rel=0.05)


@pytest.mark.parametrize(
    ("model", "method", "device", "count", "fits"),
    [
        (M1, "full", "rtx-3090", 1, True),
        (M3, "full", "rtx-3090", 1, True),
        (M8, "full", "rtx-3090", 1, False),
        (M8, "full", A100, 4, True),
        (M70, "lora", "rtx-4090", 8, False),
        (M70, "qlora", "rtx-4090", 8, True),
        (V11, "qlora", "rtx-3090", 1, True),
        (V11, "lora", "rtx-3090", 1, False),
        (V90, "qlora", "rtx-3090", 1, False),
        (V90, "qlora", A100, 1, True),
    ],
)
def test_verdicts_people_met(model: str, method: str, device: str, count: int, fits: bool) -> None:
    assert tune(model, method, device, count).fits is fits


def test_each_maker_has_one_ordinary_trainer() -> None:
    makers = [maker for trainer in BASE.trainers.values() for maker in trainer.ordinary_on]
    assert sorted(makers) == ["Apple", "any"]
    assert tune(M8, "qlora", "rtx-4090").trainer == "trl"
    assert tune(M8, "qlora", "m3-max-128gb").trainer == "mlx-lm"


def test_more_devices_need_less_each_and_more_in_all() -> None:
    few, many = (tune(M70, "lora", A100, count) for count in (4, 8))
    assert many.per_device.need_gib < few.per_device.need_gib
    assert many.total_gib > few.total_gib


@pytest.mark.parametrize("said", [{"sharding": False}, {"trainer": "unsloth"}])
def test_what_is_not_sharded_does_not_shrink(said: dict[str, Any]) -> None:
    one, four = (tune(M8, "full", A100, count, **said) for count in (1, 4))
    assert one.per_device == four.per_device


def test_accumulation_takes_no_memory_but_gradients_are_kept() -> None:
    once, often = (tune(M8, "full", accumulation=batches) for batches in (1, 8))
    assert once.per_device == often.per_device
    once, often = (tune(M8, "full", optimizer=IN_BACKWARD, accumulation=batches) for batches in (1, 8))
    assert often.per_device.need_gib > once.per_device.need_gib + 10
    assert any("cannot accumulate" in told for told in often.not_known)


@pytest.mark.parametrize(
    ("device", "said", "told"),
    [
        ("rtx-4090", {"trainer": "mlx-lm"}, "mlx-lm is not known to run on NVIDIA devices"),
        ("m3-max-128gb", {"trainer": "unsloth"}, "Unsloth is not known to run on Apple devices"),
        ("rtx-4090", {"trainer": "unsloth", "optimizer": "adafactor"}, "Unsloth is not known to offer Adafactor"),
    ],
)
def test_unknown_combinations_are_said(device: str, said: dict[str, Any], told: str) -> None:
    assert tune(M8, "lora", device, **said).not_known == (told,)


def test_unknown_without_a_machine() -> None:
    trainer = BASE.trainers["torchtune"]
    tuning = Tuning(sample_tokens=2048)
    found = training_memory(BASE.models[M8], None, trainer, BASE.optimizers, "lora", tuning)
    assert (found.fits, found.per_device.available_gib, found.largest_sample_tokens) == (None, None, None)
