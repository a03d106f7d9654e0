"""What `estimate` is asked, one build a request, and what it answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, field_validator

from llama_advisor.scenario.scenario import (
    Assumption,
    BatchHours,
    Count,
    CountOrZero,
    Gb,
    GbPerSecond,
    GibOrZero,
    Ids,
    Methods,
    PerSecond,
    Tokens,
    TokensOrZero,
    TokensPerMonth,
    TokensPerSecond,
    Tuning,
)
from llama_advisor.sizing.figures import Capacity, Cost, MachineUsed, Memory, Speed, Training
from llama_advisor.text.record import Record
from llama_advisor.text.strict import Strict

Devices = Annotated[int, Field(ge=1, le=100_000)]
Text = Annotated[str, Field(max_length=400)]
By = Literal["quantization", "context", "split", "users"]


class EstimateRequest(Strict):
    """One build to size: a line of a batch, or the flags; only the model is required."""

    id: Annotated[JsonValue, "Name of the line, copied to its result."] = None
    model: Annotated[Text, "Model by any of its names."]
    quantization: Annotated[Text | None, "How the weights are stored; else the most precise that fits."] = None
    hardware: Annotated[Text | None, "Machine as people write it; `this` is this computer."] = None
    gpus: Annotated[Devices | None, "Devices per node, where `hardware` does not say it."] = None
    nodes: Annotated[Devices | None, "Nodes, where `hardware` does not say it."] = None
    memory_gb: Annotated[Gb | None, "Memory of one device, GB as marketed; for a device without a name."] = None
    bandwidth_gb_s: Annotated[GbPerSecond | None, "Memory bandwidth of one device, GB/s; stands in likewise."] = None
    accelerator: Annotated[Literal["any", "gpu", "cpu", "npu"] | None, "What it must run on."] = None
    engine: Annotated[Text | None, "What runs it; the best trodden that runs the build where it is not said."] = None
    split: Annotated[Text | None, "How a copy lies on the devices: `1`, `tp2`, `layers2`, `layers` over all."] = None
    use_cases: Annotated[Ids, "What it is for: what is not said of the load is as `recommend` takes it for this."] = ()
    context_tokens: Annotated[Tokens | None, "Tokens allocated per sequence: prompt and answer."] = None
    prompt_tokens: Annotated[TokensOrZero | None, "Tokens of a typical prompt."] = None
    output_tokens: Annotated[TokensOrZero | None, "Tokens of a typical answer."] = None
    shared_prefix_tokens: Annotated[TokensOrZero | None, "Tokens of a prompt that were read before."] = None
    concurrency: Annotated[Count | None, "Requests in flight at a time."] = None
    users: Annotated[Count | None, "People at work with it, each with a request about once a minute."] = None
    requests_per_second: Annotated[PerSecond | None, "Requests arriving per second."] = None
    batch_hours: Annotated[BatchHours | None, "Hours in which `tokens_per_month` must be done; no one waits."] = None
    min_tokens_per_s: Annotated[
        TokensPerSecond | None,
        "Slowest generation per user that is of use: fewer at a time keep it; 3 where it is not said.",
    ] = None
    reserved_gib: Annotated[GibOrZero | None, "Memory of the device that other programs take, GiB."] = None
    images_per_prompt: Annotated[CountOrZero | None, "Images in a prompt."] = None
    kv_cache_type: Annotated[Text | None, "How the KV cache is stored; 16 bits where it is not said."] = None
    fine_tuning: Annotated[Methods, "Tuning methods whose memory is wanted too."] = ()
    tuning: Annotated[Tuning | None, "Sample, batch and trainer of tuning, e.g. sample_tokens=8k."] = None
    tokens_per_month: Annotated[
        TokensPerMonth | None, "Volume to serve; a rented machine is priced per token at it."
    ] = None
    offer: Annotated[Text | None, "Id of the rental price, where the machine is not an instance by name."] = None

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


class Limits(Record):
    """The largest context and concurrency that fit; null where memory is not known."""

    max_context_tokens: Annotated[int | None, "Longest context at the concurrency asked for; 0 when none fits."] = None
    max_concurrency: Annotated[int | None, "Most sequences at the context asked for; 0 when not even one fits."] = None


class Estimate(Record):
    """Memory, fit, speed and cost of one build."""

    schema_version: Annotated[int, "Version of this contract."] = 1
    id: Annotated[JsonValue, "Name of the line, copied."]
    model: Annotated[str, "Model id."]
    quantization: Annotated[str, "Quantization id."]
    engine: Annotated[str, "Engine id."]
    machine: Annotated[MachineUsed | None, "The machine, all of its devices in use; null where no hardware was given."]
    context_tokens: Annotated[int, "Tokens allocated per sequence."]
    assumptions: Annotated[tuple[Assumption, ...], "What was taken for granted, and what stands against the build."]
    memory: Annotated[Memory, "Need and its parts; what is available and whether it fits are null without hardware."]
    speed: Annotated[Speed | None, "Speed per user; null where the device's is not known."]
    capacity: Annotated[Capacity | None, "What it serves under the load; null without hardware."]
    cost: Annotated[Cost | None, "Money, for rented machines; null otherwise."]
    training: Annotated[tuple[Training, ...] | None, "Memory of tuning by each method; only where asked for."] = None
    limits: Annotated[Limits | None, "Largest context and concurrency; only where one was asked for."] = None
    value: Annotated[str | int | None, "Value of the field that is varied; only in a table."] = None


class Table(Record):
    """Estimates of one request with one field varied; of one build, unless quantizations are compared."""

    schema_version: Annotated[int, "Version of this contract."] = 1
    by: Annotated[By, "What is varied."]
    rows: Annotated[tuple[Estimate, ...], "One estimate a value."]
