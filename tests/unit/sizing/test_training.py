"""Training memory against published runs, and how it divides over devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.device import Machine
from llama_advisor.sizing.training import training_memory

if TYPE_CHECKING:
    from llama_advisor.sizing.figures import Training

BASE = load_rules()
M1, M3, M8 = "llama-3.2-1b-instruct", "llama-3.2-3b-instruct", "llama-3.1-8b-instruct"
M70, M405 = "llama-3.1-70b-instruct", "llama-3.1-405b-instruct"
V11, V90 = "llama-3.2-11b-vision-instruct", "llama-3.2-90b-vision-instruct"


def tune(
    model: str,
    recipe: str,
    device: str,
    count: int = 1,
    tokens: int | None = None,
    batch: int | None = None,
) -> Training:
    """Size a shipped recipe."""
    found = BASE.recipes[recipe]
    if batch is not None:
        found = found._replace(batch=batch)
    return training_memory(BASE.models[model], Machine(device=BASE.devices[device], count=count), found, tokens)


@pytest.mark.parametrize(
    ("model", "recipe", "device", "count", "batch", "measured_gib"),
    [
        (M8, "full-in-backward", "rtx-4090", 1, 2, 18.9),
        (M8, "lora", "rtx-4090", 1, 2, 16.2),
        (M8, "qlora", "rtx-4090", 1, 2, 7.4),
        (M70, "lora", "a100-80gb-sxm", 8, 2, 27.6),
        (M405, "qlora", "a100-80gb-sxm", 8, 1, 41.7),
    ],
)
def test_published_peaks(model: str, recipe: str, device: str, count: int, batch: int, measured_gib: float) -> None:
    need = tune(model, recipe, device, count, 2048, batch).per_device.need_gib
    assert need == pytest.approx(measured_gib, rel=0.16)


@pytest.mark.parametrize(
    ("model", "recipe", "device", "count", "fits"),
    [
        (M1, "full", "rtx-3090", 1, True),
        (M3, "full", "rtx-3090", 1, True),
        (M8, "full", "rtx-3090", 1, False),
        (M8, "full", "a100-80gb-sxm", 4, True),
        (M70, "lora", "rtx-4090", 8, False),
        (M70, "qlora", "rtx-4090", 8, True),
        (V11, "qlora", "rtx-3090", 1, True),
        (V11, "lora", "rtx-3090", 1, False),
        (V90, "qlora", "rtx-3090", 1, False),
        (V90, "qlora", "a100-80gb-sxm", 1, True),
    ],
)
def test_verdicts_people_met(model: str, recipe: str, device: str, count: int, fits: bool) -> None:
    assert tune(model, recipe, device, count).fits is fits


def test_each_method_has_one_ordinary_recipe() -> None:
    ordinary = [recipe.method for recipe in BASE.recipes.values() if recipe.ordinary]
    assert sorted(ordinary) == ["full", "lora", "qlora"]


def test_more_devices_need_less_each_and_more_in_all() -> None:
    few, many = (tune(M70, "lora", "a100-80gb-sxm", count) for count in (4, 8))
    assert many.per_device.need_gib < few.per_device.need_gib
    assert many.total_gib > few.total_gib


def test_a_recipe_that_is_not_sharded_does_not_shrink() -> None:
    one, four = (tune(M8, "full-in-backward", "rtx-4090", count) for count in (1, 4))
    assert one.per_device == four.per_device


def test_longer_sequences_need_more() -> None:
    short, long = (tune(M8, "lora", "rtx-4090", tokens=tokens) for tokens in (512, 4096))
    assert long.total_gib > short.total_gib + 1


def test_unknown_without_a_machine() -> None:
    found = training_memory(BASE.models[M8], None, BASE.recipes["lora"])
    assert (found.fits, found.per_device.available_gib) == (None, None)
