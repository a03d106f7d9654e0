"""What the user needs: every field optional, so that what was not said stays visible; and the load that follows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

from llama_advisor.text.amount import read_amount
from llama_advisor.text.strict import Modality, Strict, Target, TuningMethod


def _in(unit: str, *, whole: bool = False) -> BeforeValidator:
    """Read a number with its unit as people type it."""
    kind = int if whole else float
    return BeforeValidator(partial(read_amount, unit=unit, whole=whole), json_schema_input_type=kind | str)


def _tuple(value: Any) -> Any:
    return (value,) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else value


def _listed(value: Any) -> Any:
    """Read one as a list of one."""
    return value if isinstance(value, (list, tuple)) else (value,)


def _each(fold: Callable[[str], str]) -> Callable[[Any], Any]:
    """Read one word as a list of one, and fold every word; one that is said again says nothing more."""

    def read(value: Any) -> Any:
        value = _tuple(value)
        if not isinstance(value, (list, tuple)):
            return value
        words = [fold(item) if isinstance(item, str) else item for item in value]
        return tuple(dict.fromkeys(words)) if all(isinstance(word, str) for word in words) else tuple(words)

    return read


_folded = _each(lambda text: text.strip().lower())
_words = _each(lambda text: text.strip().lower().replace("_", "-").replace(" ", "-"))


def _tool_words(value: Any) -> Any:
    """Read true as `single`, and any case and dash."""
    if isinstance(value, bool):
        return "single" if value else "none"
    return value.strip().lower().replace("-", "_") if isinstance(value, str) else value


def _place(value: Any) -> Any:
    """Read any case, and a desktop as a workstation."""
    folded = value.strip().lower() if isinstance(value, str) else value
    return "workstation" if folded == "desktop" else folded


_AT_LEAST_1, _AT_LEAST_0 = Field(ge=1, le=10**15), Field(ge=0, le=10**15)
_ABOVE_0 = Field(gt=0, le=1e15, allow_inf_nan=False)
Count = Annotated[int, _in("COUNT", whole=True), _AT_LEAST_1]
CountOrZero = Annotated[int, _in("COUNT", whole=True), _AT_LEAST_0]
Tokens = Annotated[int, _in("TOKENS", whole=True), _AT_LEAST_1]
TokensOrZero = Annotated[int, _in("TOKENS", whole=True), _AT_LEAST_0]
TokensPerMonth = Annotated[int, _in("TOKENS/MONTH", whole=True), _AT_LEAST_1]
TokensPerSecond = Annotated[float, _in("TOKENS/S"), _ABOVE_0]
PerSecond = Annotated[float, _in("REQUESTS/S"), _ABOVE_0]
Seconds = Annotated[float, _in("SECONDS"), _ABOVE_0]
Gib = Annotated[float, _in("GIB"), _ABOVE_0]
GibOrZero = Annotated[float, _in("GIB"), Field(ge=0, le=1e15, allow_inf_nan=False)]
Gb = Annotated[float, _in("GB"), _ABOVE_0]
GbPerSecond = Annotated[float, _in("GB/S"), _ABOVE_0]
Usd = Annotated[float, _in("USD"), _ABOVE_0]
Billion = Annotated[float, _in("BILLION"), _ABOVE_0]
HOURS_PER_MONTH = 730
BatchHours = Annotated[float, _in("HOURS"), Field(gt=0, le=HOURS_PER_MONTH, allow_inf_nan=False)]
Ids = Annotated[tuple[str, ...], BeforeValidator(_words, json_schema_input_type=str | tuple[str, ...])]
Names = Annotated[tuple[str, ...], BeforeValidator(_tuple, json_schema_input_type=str | tuple[str, ...])]
Modalities = Annotated[
    tuple[Modality, ...], BeforeValidator(_folded, json_schema_input_type=Modality | tuple[Modality, ...])
]
Country = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Method = Literal["none", TuningMethod]
Symptom = Literal[
    "out_of_memory", "wont_load", "slow", "gibberish", "ignores_schema", "bad_tool_calls", "forgets_context"
]
Tools = Literal["none", "single", "multi_step"]
_Kind = Literal["person", "company", "public", "critical_infrastructure", "military", "nuclear"]
Organisation = Annotated[_Kind, BeforeValidator(_tool_words)]
LicencePolicy = Annotated[Literal["any", "open_source", "ungated"], BeforeValidator(_tool_words)]
Accelerator = Annotated[Literal["any", "gpu", "cpu", "npu"], BeforeValidator(_place)]
Words = Annotated[tuple[str, ...], BeforeValidator(_folded, json_schema_input_type=str | tuple[str, ...])]
Place = Annotated[Target, BeforeValidator(_place, json_schema_input_type=Target | Literal["desktop"])]
ToolCalls = Annotated[Tools, BeforeValidator(_tool_words, json_schema_input_type=Tools | bool)]
Methods = Annotated[tuple[Method, ...], BeforeValidator(_folded, json_schema_input_type=Method | tuple[Method, ...])]
Symptoms = Annotated[
    tuple[Symptom, ...], BeforeValidator(_folded, json_schema_input_type=Symptom | tuple[Symptom, ...])
]


class HardwareSpec(Strict):
    """A machine in parts; each key optional."""

    device: Annotated[str | None, "Name of the device."] = None
    count: Annotated[Annotated[int, Field(ge=1, le=100_000)] | None, "Devices per node."] = None
    nodes: Annotated[Annotated[int, Field(ge=1, le=100_000)] | None, "Nodes."] = None
    memory_gb: Annotated[Gb | None, "Memory of one device, GB as marketed."] = None
    bandwidth_gb_s: Annotated[GbPerSecond | None, "Memory bandwidth of one device, GB/s."] = None
    ram_gb: Annotated[Gb | None, "Host memory per node, GB."] = None


class Only(Strict):
    """Hard limits on what may be chosen."""

    models: Annotated[Names, "Model names."] = ()
    families: Annotated[Names, "Family ids, e.g. `llama-3.1`."] = ()
    engines: Annotated[Names, "Engine names."] = ()
    quantizations: Annotated[Names, "Quantization names."] = ()
    max_parameters_b: Annotated[Billion | None, "Largest model, billion parameters."] = None


class Priorities(Strict):
    """How much each criterion counts: 0 not at all, 1 as usual, 5 most."""

    quality: Annotated[float, Field(ge=0, le=5), "Quality of the answers."] = 1
    speed: Annotated[float, Field(ge=0, le=5), "Speed per user."] = 1
    cost: Annotated[float, Field(ge=0, le=5), "Money."] = 1
    footprint: Annotated[float, Field(ge=0, le=5), "Memory taken."] = 1
    maturity: Annotated[float, Field(ge=0, le=5), "How well trodden the path is."] = 1


class Tuning(Strict):
    """How it is tuned; what is not said is taken as usual."""

    sample_tokens: Annotated[Tokens | None, "Tokens of a sample."] = None
    batch: Annotated[Count, "Samples at a time on a device."] = 1
    accumulation: Annotated[Count, "Batches to a step; takes no memory, but gradients must be kept."] = 1
    checkpointing: Annotated[bool, "Whether layers are computed again instead of kept."] = True
    sharding: Annotated[bool, "Whether weights and states are divided over devices where the trainer can."] = True
    optimizer: Annotated[str | None, "Optimizer, e.g. `adamw-8bit`."] = None
    trainer: Annotated[str | None, "What trains it, e.g. `unsloth`."] = None


class Tried(Strict):
    """What was used, and what was seen: evidence, not a wish; each key optional."""

    model: Annotated[str | None, "Model."] = None
    quantization: Annotated[str | None, "Quantization."] = None
    engine: Annotated[str | None, "Engine."] = None
    app: Annotated[str | None, "App or front end, which stands for the engine that it runs."] = None
    symptoms: Annotated[Symptoms, "What goes wrong."] = ()
    tokens_per_s: Annotated[TokensPerSecond | None, "Generation that was seen, tokens per second."] = None
    note: Annotated[str | None, "Whatever else was seen; read by no rule."] = None


class Scenario(Strict):
    """What the user needs."""

    use_cases: Annotated[Ids, "What it is for; `llama-advisor use-cases list` shows the ids."] = ()
    inputs: Annotated[Modalities | None, "What it must read."] = None
    target: Annotated[Place | None, "Where it must run."] = None
    hardware: Annotated[
        str | HardwareSpec | tuple[str | HardwareSpec, ...] | None,
        "What there is, as people write it, or in parts; `this` is this computer; a list means one of these.",
    ] = None
    accelerator: Annotated[Accelerator | None, "What it must run on."] = None
    memory_budget_gib: Annotated[Gib | None, "What the model may take in all, GiB."] = None
    reserved_gib: Annotated[GibOrZero | None, "Memory that other programs take on the same device, GiB."] = None
    context_tokens: Annotated[Tokens | None, "Most tokens a sequence may hold: prompt and answer."] = None
    prompt_tokens: Annotated[Tokens | None, "Tokens of a typical prompt."] = None
    shared_prefix_tokens: Annotated[
        TokensOrZero | None, "Tokens at the start of a prompt that the last one had too: system prompt, history."
    ] = None
    output_tokens: Annotated[Tokens | None, "Tokens of a typical answer."] = None
    concurrent_requests: Annotated[Count | None, "Requests in flight at a time."] = None
    users: Annotated[Count | None, "People at work with it at the same time; each asks about once a minute."] = None
    requests_per_second: Annotated[PerSecond | None, "Requests arriving per second."] = None
    images_per_prompt: Annotated[Count | None, "Images in one prompt."] = None
    min_tokens_per_s: Annotated[
        TokensPerSecond | None, "Slowest acceptable generation per user, tokens per second."
    ] = None
    max_first_token_s: Annotated[Seconds | None, "Longest acceptable wait for the first token, seconds."] = None
    max_answer_s: Annotated[Seconds | None, "Longest acceptable time for a whole answer, seconds."] = None
    languages: Annotated[Words, "Languages it must handle, by name or ISO 639-1 code."] = ()
    domicile: Annotated[Country | None, "Country of the licensee by name or ISO 3166-1 code, or EU."] = None
    end_user_region: Annotated[Country | None, "Country or region of the end users, apart from the licensee's."] = None
    monthly_active_users: Annotated[Count | None, "Monthly active users of the licensee's products."] = None
    commercial: Annotated[bool | None, "Whether it is used commercially."] = None
    licence_policy: Annotated[
        LicencePolicy | None,
        "Licences that may be used: open-source ones alone (Apache-2.0, MIT), or files that need no accepted terms.",
    ] = None
    organisation: Annotated[Organisation | None, "Kind of organisation that uses it."] = None
    tool_calling: Annotated[ToolCalls | None, "Tool calls: one per turn, or chains of dependent ones."] = None
    structured_output: Annotated[bool | None, "Whether answers must match a schema."] = None
    fine_tuning: Annotated[Methods, "Tuning methods that are acceptable."] = ()
    tuning: Annotated[Tuning | None, "Sample, batch and trainer of tuning, e.g. sample_tokens=8k."] = None
    offline: Annotated[bool | None, "Whether data may not leave."] = None
    budget_usd_per_month: Annotated[Usd | None, "Most money per month, USD."] = None
    tokens_per_month: Annotated[TokensPerMonth | None, "Tokens per month, prompts and answers."] = None
    batch_hours: Annotated[
        BatchHours | None, "Hours in which the tokens of a month must be done; no one waits for an answer."
    ] = None
    engine: Annotated[str | None, "Engine wished for; filters while anything qualifies on it."] = None
    quantization: Annotated[str | None, "Quantization wished for."] = None
    model: Annotated[str | None, "Model wished for; with a symptom, the one tried."] = None
    tried: Annotated[
        tuple[Tried, ...],
        BeforeValidator(_listed, json_schema_input_type=Tried | tuple[Tried, ...]),
        "What was tried and what was seen: evidence, not a wish.",
    ] = ()
    only: Annotated[Only | None, "Hard limits."] = None
    provider: Annotated[str | None, "Provider of the hosted service."] = None
    service_region: Annotated[str | None, "Region of the hosted service."] = None
    symptoms: Annotated[Symptoms, "What goes wrong today."] = ()
    priorities: Annotated[Priorities | None, "How much each criterion counts."] = None

    @field_validator("hardware", mode="before")
    @classmethod
    def _hardware_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("fine_tuning")
    @classmethod
    def _none_is_nothing(cls, value: tuple[Method, ...]) -> tuple[Method, ...]:
        return tuple(method for method in value if method != "none")


class Assumption(NamedTuple):
    """What was not said and was taken for granted."""

    field: Annotated[str, "Scenario field."]
    value: Annotated[Any, "Value taken."]
    why: Annotated[str, "Where it comes from."]


class Workload(NamedTuple):
    """What has to be held and done at a time; the parts of it that a copy carries make another."""

    context_tokens: Annotated[int, "Most tokens of a sequence."]
    prompt_tokens: Annotated[int, "Tokens of a typical prompt."]
    output_tokens: Annotated[int, "Tokens of a typical answer."]
    concurrent_requests: Annotated[int, "Requests in flight, or the fewest of them where they follow."] = 1
    images_per_prompt: Annotated[int, "Images in a prompt."] = 0
    shared_prefix_tokens: Annotated[int, "Tokens of a prompt that an engine with a prefix cache has read before."] = 0
    requests_per_second: Annotated[float | None, "Requests arriving; None where none were stated."] = None
    in_flight_follows: Annotated[bool, "Whether the requests in flight follow from those arriving."] = False
    reserved_gib: Annotated[float, "Memory of each device that other programs take, GiB."] = 0.0
    least_tokens_per_s: Annotated[float, "Pace that each request keeps, as long as fewer at a time keep it."] = 0.0

    @property
    def usual_tokens(self) -> int:
        """Tokens that a typical request holds at its end."""
        return max(1, min(self.context_tokens, self.prompt_tokens + self.output_tokens))

    def shared_by(self, replicas: int) -> Workload:
        """The share of the load that one of several copies carries."""
        if replicas == 1:
            return self
        arriving = self.requests_per_second
        return self._replace(
            concurrent_requests=-(-self.concurrent_requests // replicas),
            requests_per_second=arriving and arriving / replicas,
        )
