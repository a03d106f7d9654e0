"""What `estimate` is asked, one build a request, and what it answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, JsonValue, field_validator

from llama_advisor.scenario.scenario import Assumption, Count, Method, Positive, _count, _folded
from llama_advisor.sizing.figures import Cost, MachineUsed, Memory, Speed, Training
from llama_advisor.text.strict import Strict

CountOrZero = Annotated[int, BeforeValidator(_count), Field(ge=0, le=10**15)]
Devices = Annotated[int, Field(ge=1, le=100_000)]
Text = Annotated[str, Field(max_length=400)]


class EstimateRequest(Strict):
    """One build to size: a line of a batch, or the flags; only the model is required."""

    id: JsonValue = None
    """Name of the line, copied to its result."""
    model: Text
    """Model by any of its names."""
    quantization: Text | None = None
    """How the weights are stored; the most precise that fits where it is not said."""
    hardware: Text | None = None
    """Machine as people write it."""
    gpus: Devices | None = None
    """Devices per node, where `hardware` does not say it."""
    nodes: Devices | None = None
    """Nodes, where `hardware` does not say it."""
    memory_gb: Positive | None = None
    """Memory of one device, GB as marketed; stands in for a device without a name."""
    bandwidth_gb_s: Positive | None = None
    """Memory bandwidth of one device, GB/s; stands in likewise."""
    accelerator: Literal["any", "gpu", "cpu", "npu"] | None = None
    """What it must run on."""
    engine: Text | None = None
    """What runs it; the best trodden that runs the build where it is not said."""
    context_tokens: Count | None = None
    """Tokens allocated per sequence: prompt and answer."""
    prompt_tokens: CountOrZero | None = None
    """Tokens of a typical prompt."""
    output_tokens: CountOrZero | None = None
    """Tokens of a typical answer."""
    concurrency: Count | None = None
    """Sequences at a time."""
    images_per_prompt: CountOrZero | None = None
    """Images in a prompt."""
    kv_cache_type: Text | None = None
    """How the KV cache is stored; 16 bits where it is not said."""
    fine_tuning: Annotated[tuple[Method, ...], BeforeValidator(_folded)] = ()
    """Tuning methods whose memory is wanted too."""
    tokens_per_month: Count | None = None
    """Volume at which a rented machine is priced per token."""
    offer: Text | None = None
    """Id of the rental price that applies, where the machine is not an instance by name."""

    @field_validator("model")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty")
        return value

    @field_validator("accelerator", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) else value


class Limits(Strict):
    """The largest context and concurrency that fit; null where memory is not known."""

    max_context_tokens: int | None = None
    """Longest context per sequence at the concurrency asked for; 0 when not even one token fits."""
    max_concurrency: int | None = None
    """Most sequences at the context asked for; 0 when not even one fits."""


class Estimate(Strict):
    """Memory, fit, speed and cost of one build."""

    schema_version: int = 1
    """Version of this contract."""
    id: JsonValue
    """Name of the line, copied."""
    model: str
    """Model id."""
    quantization: str
    """Quantization id."""
    engine: str
    """Engine id."""
    machine: MachineUsed | None
    """The machine, all of its devices in use; null where no hardware was given."""
    context_tokens: int
    """Tokens allocated per sequence."""
    assumptions: tuple[Assumption, ...]
    """What was taken for granted, and what stands against the build."""
    memory: Memory
    """Need and its parts; what is available and whether it fits are null without hardware."""
    speed: Speed | None
    """Speed per user; null where the device's is not known."""
    cost: Cost | None
    """Money, for rented machines; null otherwise."""
    training: tuple[Training, ...] | None = None
    """Memory of tuning by each method; only where it was asked for."""
    limits: Limits | None = None
    """Largest context and concurrency; only where one was asked for."""
