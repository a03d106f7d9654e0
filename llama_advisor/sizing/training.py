"""Memory that tuning takes: weights and states by method and optimizer, activations by trainer, sample and batch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping

from llama_advisor.knowledge.constants import MethodMemory, Optimizer, Trainer
from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.model import Model
from llama_advisor.scenario.scenario import Tuning
from llama_advisor.sizing.figures import DeviceMemory, Training
from llama_advisor.sizing.memory import GIB, device_available_gib

BF16_BYTES = 2
LOGIT_BYTES = 8
"""Of a logit and its gradient, 32 bits each, where the loss is not computed in chunks."""


def trainer_of(tuning: Tuning, machine: Machine | None, trainers: Iterable[Trainer]) -> Trainer:
    """Return the trainer named, else the ordinary one of the device's maker, else that of any other."""
    vendor = machine.device.vendor if machine else "any"
    found = {name: item for item in trainers for name in (item.id, *item.ordinary_on)}
    return found[tuning.trainer or (vendor if vendor in found else "any")]


def training_memory(
    model: Model, machine: Machine | None, trainer: Trainer, known: Mapping[str, Optimizer], method: str, tuning: Tuning
) -> Training:
    """Size tuning `model`; states are divided over devices where that takes less of each; no memory known: no fit."""
    held: MethodMemory = getattr(trainer, method)
    optimizer, sample = known[tuning.optimizer or held.optimizer], tuning.sample_tokens or 1
    vendor, devices = (machine.device.vendor, machine.count * machine.nodes) if machine else (trainer.vendors[0], 1)
    states, shards = state_gib(model, held, optimizer, tuning), devices
    share = states / shards + gathered_gib(model, trainer, held)
    if share >= states or not (held.sharded and tuning.sharding):
        shards, share = 1, states

    def need(sample_tokens: int) -> float:
        return share + activation_gib(model, trainer, tuning, sample_tokens) + trainer.context_gib

    available, here = device_available_gib(None, machine) if machine else None, need(sample)
    plainly = trainer._replace(logits_bytes=LOGIT_BYTES), tuning.model_copy(update={"checkpointing": False})
    samples, several = range(1, max(model.context_tokens, sample) + 1), tuning.accumulation > 1
    setup = {
        f"{trainer.name}, {optimizer.name}": True,
        f"{'gradient' if tuning.checkpointing else 'no'} checkpointing": True,
        f"sharded over {shards} devices": shards > 1,
        f"{tuning.accumulation} batches a step": several,
    }
    not_known = {
        f"{trainer.name} is not known to run on {vendor} devices": vendor not in trainer.vendors,
        f"{trainer.name} is counted on one of {devices} devices": devices > 1 and not held.sharded,
        f"{trainer.name} is not known to offer {optimizer.name}": optimizer.id not in trainer.optimizers,
        f"{optimizer.name} cannot accumulate: all gradients are counted": several and not optimizer.keeps_gradients,
    }
    return Training(
        method=method,
        trainer=trainer.id,
        optimizer=", ".join(told for told, holds in setup.items() if holds),
        sample_tokens=sample,
        batch=tuning.batch,
        largest_sample_tokens=None if available is None else bisect_right(samples, available, key=need),
        not_known=tuple(told for told, holds in not_known.items() if holds),
        total_gib=states + (here - states / shards) * shards,
        activations_gib=activation_gib(model, trainer, tuning, sample),
        plain_activations_gib=activation_gib(model, *plainly, sample),
        per_device=DeviceMemory(need_gib=here, available_gib=available),
        fits=None if available is None else here <= available,
    )


def state_gib(model: Model, held: MethodMemory, optimizer: Optimizer, tuning: Tuning) -> float:
    """Return weights, gradients and optimizer states, GiB."""
    embedding, trained = embedding_parameters(model), model.parameters * held.trained_share
    gradients = trained
    if not optimizer.keeps_gradients and tuning.accumulation == 1:  # those of the largest part at a time
        gradients = max(embedding, model.parameters / model.architecture.layers) * held.trained_share
    kept = embedding if held.embeddings_bytes else 0
    frozen = (model.parameters - kept) * held.frozen_bytes + kept * (held.embeddings_bytes or 0.0)
    return (trained * (held.weight_bytes + optimizer.state_bytes) + gradients * held.gradient_bytes + frozen) / GIB


def embedding_parameters(model: Model) -> int:
    """Return parameters of the embedding, and of the head where it is apart."""
    shape = model.architecture
    return shape.vocab_size * shape.hidden_size * (1 if shape.tied_embeddings else 2)


def gathered_gib(model: Model, trainer: Trainer, held: MethodMemory) -> float:
    """Return what each of several devices holds whole for a while, some layers and the embedding, GiB."""
    shape = model.architecture
    layer = (model.parameters - embedding_parameters(model)) / shape.layers
    weights = trainer.gathered_layers * layer * (held.frozen_bytes or BF16_BYTES)
    return (weights + shape.vocab_size * shape.hidden_size * BF16_BYTES) / GIB


def activation_gib(model: Model, trainer: Trainer, tuning: Tuning, sample_tokens: int) -> float:
    """Return what a batch of samples takes on a device, GiB.

    All layers keep their checkpoints, or 34 s b h bytes each without (Korthikanti et al. 2022, fused attention);
    one layer, or the logits, are at work at a time.
    """
    shape = model.architecture
    layers = shape.layers + (shape.vision.cross_attention_layers if shape.vision else 0)
    kept = (trainer.checkpoint_bytes if tuning.checkpointing else trainer.layer_bytes) * layers
    layer = trainer.working_bytes * (shape.hidden_size + shape.ffn_size)
    layer += trainer.score_bytes * shape.attention_heads * sample_tokens
    working = max(layer, trainer.logits_bytes * shape.vocab_size)
    images = trainer.image_gib if shape.vision else 0.0
    return tuning.batch * (sample_tokens * (kept * shape.hidden_size + working) / GIB + images)
