"""Memory that tuning takes, by method and recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.sizing.figures import DeviceMemory, Training
from llama_advisor.sizing.kv_cache import GIB

if TYPE_CHECKING:
    from llama_advisor.knowledge.constants import TrainingRecipe
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.model import Model

BF16_BYTES = 2


def training_memory(
    model: Model,
    machine: Machine | None,
    recipe: TrainingRecipe,
    sequence_tokens: int | None = None,
) -> Training:
    """Size tuning `model` by `recipe`; sharded recipes divide states over the machine's devices.

    `fits` is None without a machine or where its memory is not known.
    """
    devices = machine.count * machine.nodes if machine else 1
    shards = devices if recipe.sharded else 1
    states = state_gib(model, recipe)
    device_need = states / shards + device_extra_gib(model, recipe, sequence_tokens, shards)
    available = available_gib(machine)
    return Training(
        method=recipe.method,
        optimizer=recipe.optimizer,
        total_gib=states + (device_need - states / shards) * shards,
        per_device=DeviceMemory(need_gib=device_need, available_gib=available),
        fits=None if available is None else device_need <= available,
    )


def state_gib(model: Model, recipe: TrainingRecipe) -> float:
    """Return weights, gradients and optimizer states, GiB."""
    trained = model.parameters * recipe.trained_share * recipe.trained_bytes_per_parameter
    if recipe.frozen_bytes_per_parameter == 0:
        return trained / GIB
    kept = embedding_parameters(model) if recipe.embeddings_bytes_per_parameter else 0
    frozen = (model.parameters - kept) * recipe.frozen_bytes_per_parameter
    frozen += kept * (recipe.embeddings_bytes_per_parameter or 0.0)
    return (trained + frozen) / GIB


def embedding_parameters(model: Model) -> int:
    """Return parameters of the embedding, and of the head where it is apart."""
    shape = model.architecture
    return shape.vocab_size * shape.hidden_size * (1 if shape.tied_embeddings else 2)


def device_extra_gib(model: Model, recipe: TrainingRecipe, sequence_tokens: int | None, shards: int) -> float:
    """Return activations, logits, images and context on each device, and what a sharded recipe gathers, GiB."""
    shape, vision = model.architecture, model.architecture.vision
    tokens = recipe.batch * (sequence_tokens or recipe.sequence_tokens)
    layers = shape.layers + (vision.cross_attention_layers if vision else 0)
    kept = recipe.activation_bytes * layers * shape.hidden_size
    recomputed = recipe.layer_activation_bytes * (shape.hidden_size + shape.ffn_size)
    logits = recipe.logits_bytes * shape.vocab_size
    images = recipe.batch * recipe.image_gib if vision else 0.0
    gathered = 0.0
    if shards > 1:  # some layers and the embedding are held whole for a while
        layer = (model.parameters - embedding_parameters(model)) / layers
        weight_bytes = recipe.frozen_bytes_per_parameter or BF16_BYTES
        embedding = shape.vocab_size * shape.hidden_size * BF16_BYTES
        gathered = (recipe.gathered_layers * layer * weight_bytes + embedding) / GIB
    return tokens * (kept + recomputed + logits) / GIB + gathered + images + recipe.context_gib


def available_gib(machine: Machine | None) -> float | None:
    """Return what one device has, GiB; a processor takes the host's memory."""
    if machine is None:
        return None
    device = machine.device
    memory = device.memory_gib if device.memory_gib is not None else machine.ram_gib
    if memory is None:
        return None
    return max(0.0, memory * device.usable_share - device.reserved_gib)
