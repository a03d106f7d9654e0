"""The arithmetic of tuning, part by part, on a model of 8 Gi parameters: every figure is worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shapes
from shapes import VISION, Shaped

from llama_advisor.knowledge.constants import MethodMemory, Optimizer, Trainer
from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.model import Architecture
from llama_advisor.scenario.scenario import Tuning
from llama_advisor.sizing import training as sizing
from llama_advisor.sizing.memory import GIB

if TYPE_CHECKING:
    from llama_advisor.sizing.figures import Training

# Seven layers of a Gi parameters, embedding and head of half a Gi each.
SHAPE = Architecture(
    kind="llama",
    layers=7,
    hidden_size=2048,
    ffn_size=6144,
    attention_heads=8,
    kv_heads=8,
    head_dim=256,
    vocab_size=2**18,
    tied_embeddings=False,
)
FULL = MethodMemory(weight_bytes=2, gradient_bytes=3, optimizer="plain", sharded=True)
LORA = MethodMemory(
    frozen_bytes=2, weight_bytes=5, gradient_bytes=3, trained_share=0.125, optimizer="plain", sharded=True
)
TRAINER = Trainer(
    id="own",
    name="Own",
    ordinary_on=("any",),
    vendors=("maker",),
    full=FULL,
    lora=LORA,
    qlora=LORA._replace(frozen_bytes=0.5, trained_share=1 / 128),
    optimizers=("plain", "layered"),
    checkpoint_bytes=2,
    layer_bytes=34,
    working_bytes=8,
    logits_bytes=0,
    image_gib=0.75,
    gathered_layers=3,
    context_gib=0.5,
    sources=("made",),
)
PLAIN = Optimizer(id="plain", name="Plain", state_bytes=8, sources=("made",))
LAYERED = Optimizer(id="layered", name="Layered", state_bytes=1, keeps_gradients=False, sources=("made",))
OTHER = Optimizer(id="other", name="Other", state_bytes=6, sources=("made",))
CARD = shapes.CARD._replace(kind="datacentre-gpu", speed_class="nvidia-hbm", memory_gib=48)
OPTIMIZERS = {item.id: item for item in (PLAIN, LAYERED, OTHER)}


def model(**changes: Any) -> Any:
    """The model in another shape."""
    return Shaped(SHAPE._replace(**changes), 8 * GIB)


@pytest.mark.parametrize(
    ("held", "optimizer", "shape", "accumulation", "gib"),
    [
        (FULL, PLAIN, {}, 1, 8 * (2 + 8 + 3)),
        (LORA, PLAIN, {}, 1, 5 + 8 + 3 + 8 * 2),
        (LORA._replace(embeddings_bytes=4), PLAIN, {}, 1, 5 + 8 + 3 + 7 * 2 + 4),
        (LORA._replace(embeddings_bytes=4), PLAIN, {"tied_embeddings": True}, 1, 5 + 8 + 3 + 7.5 * 2 + 0.5 * 4),
        (FULL, LAYERED, {}, 1, 8 * (2 + 1) + 8 / 7 * 3),  # gradients of a layer at a time
        (FULL, LAYERED, {"layers": 16}, 1, 8 * (2 + 1) + 3),  # of the embedding and head, which are larger
        (FULL, LAYERED, {}, 2, 8 * (2 + 1 + 3)),
        (FULL, PLAIN, {}, 2, 8 * (2 + 8 + 3)),
        (LORA, LAYERED, {}, 1, 5 + 1 + 1 / 7 * 3 + 8 * 2),
    ],
)
def test_what_is_held_of_each_parameter(
    held: MethodMemory, optimizer: Optimizer, shape: dict[str, Any], accumulation: int, gib: float
) -> None:
    found = sizing.state_gib(model(**shape), held, optimizer, Tuning(accumulation=accumulation))
    assert found == pytest.approx(gib)


@pytest.mark.parametrize(
    ("held", "shape", "gib"),
    [
        (FULL, {}, 3 * 2 + 1),  # three layers and the embedding, in two bytes
        (LORA._replace(frozen_bytes=4), {}, 3 * 4 + 1),
        (FULL, {"tied_embeddings": True}, 3 * 7.5 / 7 * 2 + 1),
    ],
)
def test_what_each_device_holds_whole(held: MethodMemory, shape: dict[str, Any], gib: float) -> None:
    assert sizing.gathered_gib(model(**shape), TRAINER, held) == pytest.approx(gib)


# of a token in Ki: kept 2 x 7 layers x 2, 34 x 7 x 2 without checkpoints; at work 8 x (2 + 6), 3 x 8 a token of scores,
# or 16 x 256 of logits
SCORED = {"score_bytes": 3}


@pytest.mark.parametrize(
    ("trainer", "tuning", "shape", "kib_a_token", "images_gib"),
    [
        ({}, {}, {}, 28 + 64, 0),
        ({}, {"checkpointing": False}, {}, 476 + 64, 0),
        (SCORED, {}, {}, 28 + 64 + 24, 0),
        ({"logits_bytes": 16}, {}, {}, 28 + 4096, 0),
        ({"logits_bytes": 0.25}, {}, {}, 28 + 64, 0),
        ({}, {}, {"vision": VISION}, 36 + 64, 0.75),
        ({}, {"checkpointing": False}, {"vision": VISION}, 612 + 64, 0.75),
    ],
)
@pytest.mark.parametrize("batch", [1, 2])
def test_what_a_batch_takes(
    trainer: dict[str, Any],
    tuning: dict[str, Any],
    shape: dict[str, Any],
    kib_a_token: float,
    images_gib: float,
    batch: int,
) -> None:
    found = sizing.activation_gib(model(**shape), TRAINER._replace(**trainer), Tuning(**tuning, batch=batch), 1024)
    assert found == pytest.approx(batch * (1024 * kib_a_token * 1024 / GIB + images_gib))


USED = 92 / 1024  # GiB of a sample of 1,024 tokens
CHECKPOINTS = "gradient checkpointing"


def tuned(
    method: str, tuning: Tuning, machine: Machine | None, trainer: Trainer = TRAINER, context: int = 131072
) -> Training:
    """Size tuning of the model."""
    untyped: Any = Shaped(SHAPE, 8 * GIB, context)
    return sizing.training_memory(untyped, machine, trainer, OPTIMIZERS, method, tuning)


# method, what is said, devices and their memory; need of each, in all, optimizer, longest sample
TUNED: list[tuple[str, dict[str, Any], int, float, float, float, str, int]] = [
    ("lora", {}, 1, 48, 32.5 + USED, 32.5 + USED, f"Own, Plain, {CHECKPOINTS}", 131072),
    # 7.5 GiB of 92 KiB a token
    ("lora", {}, 1, 40, 32.5 + USED, 32.5 + USED, f"Own, Plain, {CHECKPOINTS}", 85481),
    ("lora", {}, 1, 32, 32.5 + USED, 32.5 + USED, f"Own, Plain, {CHECKPOINTS}", 0),
    ("lora", {"checkpointing": False}, 1, 48, 32.5 + 540 / 1024, 32.5 + 540 / 1024, "Own, Plain, no checkpointing",
     30098),
    # a quarter of 32 and what is gathered
    ("lora", {}, 4, 48, 8 + 7 + 0.5 + USED, 32 + 4 * (7.5 + USED), f"Own, Plain, {CHECKPOINTS}, sharded over 4 devices",
     131072),
    ("lora", {"sharding": False}, 4, 48, 32.5 + USED, 32.5 + USED, f"Own, Plain, {CHECKPOINTS}", 131072),
    # half of 5 and the 2.5 that are gathered are no less than 5; a quarter is
    ("qlora", {}, 2, 48, 5.5 + USED, 5.5 + USED, f"Own, Plain, {CHECKPOINTS}", 131072),
    ("qlora", {}, 4, 48, 1.25 + 2.5 + 0.5 + USED, 5 + 4 * (3 + USED),
     f"Own, Plain, {CHECKPOINTS}, sharded over 4 devices", 131072),
    ("full", {"optimizer": "layered", "accumulation": 2}, 1, 80, 48.5 + USED, 48.5 + USED,
     f"Own, Layered, {CHECKPOINTS}, 2 batches a step", 131072),
]  # fmt: skip


@pytest.mark.parametrize(("method", "said", "devices", "memory", "each", "total", "optimizer", "longest"), TUNED)
def test_tuning(
    method: str,
    said: dict[str, Any],
    devices: int,
    memory: float,
    each: float,
    total: float,
    optimizer: str,
    longest: int,
) -> None:
    machine = Machine(device=CARD._replace(memory_gib=memory), count=devices)
    found = tuned(method, Tuning(sample_tokens=1024, **said), machine)
    assert found.per_device == (pytest.approx(each), memory)
    assert (found.total_gib, found.fits) == (pytest.approx(total), each <= memory)
    assert (found.method, found.trainer, found.optimizer, found.sample_tokens) == (method, "own", optimizer, 1024)
    assert found.largest_sample_tokens == longest
    kept = 28 if said.get("checkpointing", True) else 476
    assert found.activations_gib == pytest.approx((kept + 64) / 1024)
    # no checkpoints, and 8 bytes for each of 256 Ki logits
    assert found.plain_activations_gib == pytest.approx((476 + 2048) / 1024)


def test_a_sample_longer_than_the_context_is_sized_too() -> None:
    found = tuned("lora", Tuning(sample_tokens=1024, batch=3), Machine(device=CARD), context=1000)
    assert (found.largest_sample_tokens, found.batch) == (1024, 3)
    assert tuned("lora", Tuning(sample_tokens=24), Machine(device=CARD), context=1000).largest_sample_tokens == 1000


def test_devices_of_all_nodes_share() -> None:
    machine = Machine(device=CARD, count=2, nodes=2)
    assert tuned("lora", Tuning(sample_tokens=1024), machine).per_device.need_gib == pytest.approx(15.5 + USED)


def test_a_need_that_fills_the_device_fits() -> None:
    machine = Machine(device=CARD._replace(memory_gib=32.5 + USED))
    found = tuned("lora", Tuning(sample_tokens=1024), machine)
    assert (found.fits, found.largest_sample_tokens) == (True, 1024)


@pytest.mark.parametrize(
    ("said", "trainer", "device", "count", "told"),
    [
        ({}, {}, {}, 1, ()),
        ({}, {}, {"vendor": "stranger"}, 1, ("Own is not known to run on stranger devices",)),
        ({}, {"lora": LORA._replace(sharded=False)}, {}, 1, ()),
        ({}, {"lora": LORA._replace(sharded=False)}, {}, 2, ("Own is counted on one of 2 devices",)),
        ({"optimizer": "other"}, {}, {}, 1, ("Own is not known to offer Other",)),
        ({"optimizer": "layered"}, {}, {}, 1, ()),
        ({"accumulation": 2}, {}, {}, 1, ()),
        ({"optimizer": "layered", "accumulation": 2}, {}, {}, 1,
         ("Layered cannot accumulate: all gradients are counted",)),
    ],
)  # fmt: skip
def test_what_is_not_known_of_a_way_to_tune(
    said: dict[str, Any], trainer: dict[str, Any], device: dict[str, Any], count: int, told: tuple[str, ...]
) -> None:
    machine = Machine(device=CARD._replace(**device), count=count)
    found = tuned("lora", Tuning(sample_tokens=1024, **said), machine, TRAINER._replace(**trainer))
    assert found.not_known == told
    if count == 2:
        assert found.per_device.need_gib == pytest.approx(32.5 + USED)


def test_without_a_machine_or_its_memory_no_fit_is_known() -> None:
    for machine in (None, Machine(device=CARD._replace(memory_gib=None))):
        found = tuned("lora", Tuning(), machine)
        assert (found.fits, found.largest_sample_tokens, found.not_known, found.sample_tokens) == (None, None, (), 1)
        assert found.per_device == (pytest.approx(32.5 + USED / 1024), None)


def test_figures_are_rounded_to_be_read() -> None:
    found = tuned("lora", Tuning(sample_tokens=1024), Machine(device=CARD)).rounded(3)
    assert (found.total_gib, found.activations_gib, found.per_device) == (32.59, 0.09, (32.59, 48))


@pytest.mark.parametrize(
    ("said", "vendor", "taken"),
    [(None, "maker", "own"), (None, "fruit", "theirs"), ("theirs", "maker", "theirs"), ("own", "fruit", "own"),
     (None, None, "own")],
)  # fmt: skip
def test_who_trains(said: str | None, vendor: str | None, taken: str) -> None:
    machine = None if vendor is None else Machine(device=CARD._replace(vendor=vendor))
    trainers = (TRAINER, TRAINER._replace(id="theirs", ordinary_on=("fruit",)))
    assert sizing.trainer_of(Tuning(trainer=said), machine, trainers).id == taken
