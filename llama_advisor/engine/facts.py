"""Every fact that a rule may test: name, kind, unit, one sentence, level, and how it is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from llama_advisor.engine.artifacts import published
from llama_advisor.scenario.scenario import Method, Symptom
from llama_advisor.text.strict import Modality, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.engine import Engine
    from llama_advisor.knowledge.model import Model, OfficialBuild
    from llama_advisor.knowledge.price import HostedPrice
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.scenario.need import Need
    from llama_advisor.sizing.figures import Cost, Memory, Speed, Training
    from llama_advisor.sizing.support import Support

Kind = Literal["flag", "number", "text", "set"]
SCENARIO, MODEL, VARIANT, PLACEMENT, BUILD = range(5)
LEVELS = ("scenario", "model", "quantization", "placement", "build")


class Read(dict[str, Any]):
    """Facts of one scope, computed when first asked for; what is not known is None."""

    __slots__ = ("scope",)

    def __init__(self, scope: Scope, known: dict[str, Any]) -> None:
        super().__init__(known)
        self.scope = scope

    def __missing__(self, name: str) -> Any:
        value = self[name] = FACTS[name].compute(self.scope)
        return value


@dataclass
class Scope:
    """What is known at one point: the need, then model, quantization, place and estimates."""

    need: Need
    model: Model | None = None
    model_quality: float | None = None
    floor_gap: float | None = None
    tool_score: float | None = None
    named_quality: float | None = None
    estimated: tuple[str, ...] = ()
    quantization: Quantization | None = None
    official: OfficialBuild | None = None
    quality: float | None = None
    engine: Engine | None = None
    machine: Machine | None = None
    support: Support | None = None
    hosted: HostedPrice | None = None
    served: bool | None = None
    retired: bool | None = None
    kv_cache_type: str | None = None
    memory: Memory | None = None
    speed: Speed | None = None
    cost: Cost | None = None
    training: Training | None = None
    bottlenecks: frozenset[str] = frozenset()
    given: Machine | None = None
    named: Named | None = None

    def __post_init__(self) -> None:
        self.know({})

    def know(self, known: dict[str, Any]) -> None:
        """Start from facts that are known already."""
        self.read = Read(self, known)
        self.lookup: Callable[[str], Any] = self.read.__getitem__

    def at(self, **parts: Any) -> Scope:
        """Return a scope that knows more; facts read so far are kept."""
        further = object.__new__(Scope)
        further.__dict__.update(self.__dict__, **parts)
        further.know(self.read)
        return further


@dataclass(frozen=True)
class Named:
    """The model the user named, sized for what the answer says of it."""

    model: Model
    outcome: str
    fp8_gib: float | None
    tuning: dict[str, float]
    qlora_fits: bool | None


@dataclass(frozen=True)
class Fact:
    """A named figure of the scenario, model, quantization, placement or build."""

    name: str
    kind: Kind
    unit: str
    says: str
    level: int
    compute: Callable[[Scope], Any]
    choices: frozenset[str] | None = None


PCIE5_X16_GB_S = 128
FACTS: dict[str, Fact] = {}
_SKILLS = frozenset({"fill_in_the_middle"})
_COMPUTES = {"cpu": "cpu", "sbc": "cpu", "phone": "cpu", "npu": "npu"}


def _add(
    level: int,
    name: str,
    kind: Kind,
    says: str,
    compute: Callable[[Scope], Any],
    *,
    unit: str = "",
    choices: tuple[str, ...] | None = None,
) -> None:
    FACTS[name] = Fact(name, kind, unit, says, level, compute, frozenset(choices) if choices else None)


def _need(name: str, kind: Kind, says: str, unit: str = "", choices: tuple[str, ...] | None = None) -> None:
    attribute = name.removeprefix("scenario.")
    _add(SCENARIO, name, kind, says, lambda s: getattr(s.need, attribute), unit=unit, choices=choices)


_TOOLS = ("none", "single", "multi_step")
_need("scenario.use_cases", "set", "Kinds of work asked for.")
_need("scenario.tags", "set", "Tags of those kinds of work, e.g. regulated, narrow.")
_need("scenario.needs", "set", "Special needs of those kinds of work, e.g. fill_in_the_middle.")
_need("scenario.stated", "set", "Names of the fields the user stated.")
_need("scenario.inputs", "set", "What must be read.", choices=get_args(Modality))
_need("scenario.target", "text", "Where it must run, stated or assumed.", choices=get_args(Target))
_need("scenario.accelerator", "text", "What it must run on.", choices=("any", "gpu", "cpu", "npu"))
_need("scenario.memory_budget_gib", "number", "What the model may take in all.", "GiB")
_need("scenario.context_tokens", "number", "Tokens per sequence, stated or assumed.", "tokens")
_need("scenario.output_tokens", "number", "Tokens per answer, stated or assumed.", "tokens")
_need("scenario.prompt_tokens", "number", "Tokens of a usual prompt.", "tokens")
_need("scenario.concurrent_requests", "number", "Sequences at a time.", "requests")
_need("scenario.requests_per_second", "number", "Requests arriving per second.", "1/s")
_need("scenario.images_per_prompt", "number", "Images in one prompt.", "images")
_need("scenario.min_tokens_per_s", "number", "Slowest acceptable generation.", "tokens/s")
_need("scenario.max_first_token_s", "number", "Longest acceptable wait for the first token.", "s")
_need("scenario.max_answer_s", "number", "Longest acceptable time for an answer.", "s")
_need("scenario.languages", "set", "Languages stated.")
_need("scenario.domicile", "text", "Country of the licensee.")
_need("scenario.domicile_in_eu", "flag", "Whether the licensee is domiciled in the EU; not known unless stated.")
_need("scenario.end_users_in_eu", "flag", "Whether the end users are in the EU; not known unless stated.")
_need("scenario.monthly_active_users", "number", "Monthly active users of the licensee.", "users")
_need("scenario.commercial", "flag", "Whether use is commercial.")
_need("scenario.tool_calling", "text", "Tool calls needed, stated or assumed.", choices=_TOOLS)
_need("scenario.structured_output", "flag", "Whether answers must match a schema.")
_need("scenario.fine_tuning", "set", "Tuning methods that are acceptable.", choices=get_args(Method))
_need("scenario.wants_tuning", "flag", "Whether the model will be tuned.")
_need("scenario.offline", "flag", "Whether data may not leave.")
_need("scenario.budget_usd_per_month", "number", "Most money per month.", "USD")
_need("scenario.tokens_per_month", "number", "Tokens per month, stated or assumed.", "tokens")
_need("scenario.engine", "text", "Engine asked for, by id.")
_need("scenario.quantization", "text", "Quantization asked for, by id.")
_need("scenario.model", "text", "Model named, by id.")
_need("scenario.model_family", "text", "Family of the model named.")
_need("scenario.model_parameters_b", "number", "Size of the model named.", "billion")
_need("scenario.model_reads_images", "flag", "Whether the model named reads images.")
_need("scenario.sixteen_bit_only", "flag", "Whether the hard limits allow 16-bit weights alone.")
_need("scenario.provider", "text", "Provider asked for.")
_need("scenario.symptoms", "set", "What goes wrong today.", choices=get_args(Symptom))
_need("scenario.hardware_stated", "flag", "Whether hardware was stated.")
_need("scenario.max_parameters_b", "number", "Largest model allowed.", "billion")
_need("scenario.hosted_considered", "flag", "Whether hosted models are ranked.")


def _given(name: str, kind: Kind, says: str, read: Callable[[Machine], Any], unit: str = "") -> None:
    _add(SCENARIO, name, kind, says, lambda s: None if s.given is None else read(s.given), unit=unit)


def _named(name: str, kind: Kind, says: str, read: Callable[[Named], Any], unit: str = "") -> None:
    _add(SCENARIO, name, kind, says, lambda s: None if s.named is None else read(s.named), unit=unit)


_given("given.nodes", "number", "Nodes of the hardware stated.", lambda m: m.nodes, "nodes")
_given("given.devices", "number", "Devices of the hardware stated.", lambda m: m.devices, "devices")
_given("given.device", "text", "Device of the hardware stated.", lambda m: m.device.name)
_given(
    "given.fp8_hardware",
    "flag",
    "Whether the hardware stated computes in FP8.",
    lambda m: "fp8" in m.device.dtypes if m.device.dtypes else None,
)
_given(
    "given.memory_gib", "number", "Memory of one device of the hardware stated.", lambda m: m.device.memory_gib, "GiB"
)
_given("given.memory_assumed", "flag", "Whether that memory was assumed.", lambda m: m.memory_assumed)
_given("given.instance", "flag", "Whether the hardware stated is a rented instance.", lambda m: m.target == "cloud")
_named("named.name", "text", "Name of the model named.", lambda n: n.model.name)
_named("named.outcome", "text", "kept, better_exists or impossible.", lambda n: n.outcome)
_named("named.kv_heads", "number", "KV heads of the model named.", lambda n: n.model.architecture.kv_heads, "heads")
_named("named.fp8_gib", "number", "Size of its official FP8 build.", lambda n: n.fp8_gib, "GiB")
_named("named.full_gib", "number", "Memory that full tuning of it takes.", lambda n: n.tuning.get("full"), "GiB")
_named("named.lora_gib", "number", "Memory that LoRA tuning of it takes.", lambda n: n.tuning.get("lora"), "GiB")
_named("named.qlora_gib", "number", "Memory that QLoRA tuning of it takes.", lambda n: n.tuning.get("qlora"), "GiB")
_named("named.qlora_fits", "flag", "Whether QLoRA tuning of it fits the hardware stated.", lambda n: n.qlora_fits)
_add(SCENARIO, "answer.bottlenecks", "set", "What rules models out, once all were judged.", lambda s: s.bottlenecks)


def _model(name: str, kind: Kind, says: str, read: Callable[[Model, Scope], Any], unit: str = "") -> None:
    _add(MODEL, name, kind, says, lambda s: None if s.model is None else read(s.model, s), unit=unit)


def _limits(scope: Scope, names: str, value: str) -> bool:
    allowed = getattr(scope.need, names)
    return not allowed or value in allowed


def _unsupported(model: Model, scope: Scope) -> frozenset[str]:
    known = model.languages.image if "image" in scope.need.inputs else model.languages.text
    return frozenset(scope.need.languages) - frozenset(known or model.languages.text)


_model("model.id", "text", "Model id.", lambda m, _: m.id)
_model("model.name", "text", "Model name.", lambda m, _: m.name)
_model("model.family", "text", "Family id.", lambda m, _: m.family)
_model("model.kind", "text", "instruct, base or guard.", lambda m, _: m.kind)
_model("model.parameters_b", "number", "Parameters.", lambda m, _: m.parameters / 1e9, "billion")
_model("model.bf16_gib", "number", "Its weights in 16 bits.", lambda m, _: m.parameters * 2 / 2**30, "GiB")
_model("model.kv_heads", "number", "KV heads.", lambda m, _: m.architecture.kv_heads, "heads")
_model("model.context_tokens", "number", "Longest context it was trained for.", lambda m, _: m.context_tokens, "tokens")
_model("model.multimodal", "flag", "Whether it reads images.", lambda m, _: "image" in m.inputs)
_model(
    "model.unread_inputs",
    "set",
    "Inputs asked for that it cannot read.",
    lambda m, s: frozenset(s.need.inputs) - frozenset(m.inputs),
)
_model(
    "model.reads_inputs",
    "flag",
    "Whether it reads all inputs asked for.",
    lambda m, s: s.need.inputs <= frozenset(m.inputs),
)
_model("model.trained_for", "set", "Special skills it was trained for.", lambda m, _: frozenset(m.trained_for))
_model(
    "model.lacks_skills",
    "flag",
    "Whether it lacks a skill that the work needs.",
    lambda m, s: not (s.need.needs & _SKILLS) <= frozenset(m.trained_for),
)
_model("model.tool_score", "number", "Published tool-calling score.", lambda _, s: s.tool_score)
_model(
    "model.stronger_than_named",
    "flag",
    "Whether its quality for this work is above the named model's.",
    lambda _, s: (
        None if s.named_quality is None or s.model_quality is None else s.model_quality > s.named_quality + 1e-9
    ),
)
_model(
    "model.images_per_prompt", "number", "Images per prompt it is made for.", lambda m, _: m.images_per_prompt, "images"
)
_model(
    "model.unsupported_languages", "set", "Languages stated that it does not support for these inputs.", _unsupported
)
_model(
    "model.supports_languages", "flag", "Whether it supports all languages stated.", lambda m, s: not _unsupported(m, s)
)
_model("model.tools_trained", "flag", "Whether tool calling is documented.", lambda m, _: m.tools.trained)
_model("model.tools_with_image", "flag", "Whether tool calls work with an image.", lambda m, _: m.tools.with_image)
_model("model.tools_mixed_chat", "flag", "Whether chat and tools mix in one prompt.", lambda m, _: m.tools.mixed_chat)
_model(
    "model.licence_covers_eu",
    "flag",
    "Whether EU-domiciled licensees have rights.",
    lambda m, _: m.licence.eu_domiciled_licensee,
)
_model(
    "model.licence_user_limit",
    "number",
    "User count above which a licence must be asked for.",
    lambda m, _: m.licence.monthly_active_users_limit,
    "users",
)
_model("model.quality", "number", "Quality for this work before quantization, 0-100.", lambda _, s: s.model_quality)
_model(
    "model.quality_estimated",
    "flag",
    "Whether a score behind its quality is an estimate.",
    lambda _, s: bool(s.estimated),
)
_model(
    "model.estimated_benchmarks",
    "set",
    "Benchmarks of the mix that nobody published for it.",
    lambda _, s: frozenset(s.estimated),
)
_model(
    "model.floor_gap",
    "number",
    "Published score less the floor of the use case; negative is below.",
    lambda _, s: s.floor_gap,
)
_model(
    "model.named",
    "flag",
    "Whether it is the model the user named.",
    lambda m, s: s.need.model in {m.id, m.sibling} if s.need.model else False,
)
_model(
    "model.allowed",
    "flag",
    "Whether the hard limits allow it.",
    lambda m, s: (
        _limits(s, "only_models", m.id)
        and _limits(s, "only_families", m.family)
        and m.parameters / 1e9 <= (s.need.max_parameters_b or float("inf"))
    ),
)


def _variant(name: str, kind: Kind, says: str, read: Callable[[Quantization, Scope], Any], unit: str = "") -> None:
    _add(VARIANT, name, kind, says, lambda s: None if s.quantization is None else read(s.quantization, s), unit=unit)


def _context_limit(scope: Scope) -> int | None:
    own = scope.official.context_tokens if scope.official else None
    hosted = scope.hosted.context_tokens if scope.hosted else None
    return min((n for n in (own, hosted, scope.model and scope.model.context_tokens) if n), default=None)


_variant("quantization.id", "text", "Quantization id.", lambda q, _: q.id)
_variant("quantization.bits", "number", "Nominal bits per weight.", lambda q, _: q.bits, "bits")
_variant("quantization.format", "text", "File format.", lambda q, _: q.format)
_variant(
    "quantization.official",
    "flag",
    "Whether the model's maker published this build.",
    lambda _, s: s.official is not None,
)
_variant("quantization.maturity", "number", "How well trodden it is, 0-100.", lambda q, _: q.maturity)
_variant("quantization.kept_percent", "number", "Quality an 8B keeps at it.", lambda q, _: q.quality_kept_percent, "%")
_variant("quantization.tunes", "set", "Tuning methods that start from it.", lambda q, _: frozenset(q.tunes))
_variant(
    "quantization.tunes_as_asked",
    "flag",
    "Whether an acceptable tuning method starts from it.",
    lambda q, s: not s.need.wants_tuning or not set(q.tunes).isdisjoint(s.need.fine_tuning or q.tunes),
)
_variant(
    "quantization.allowed",
    "flag",
    "Whether the hard limits allow it.",
    lambda q, s: _limits(s, "only_quantizations", q.id),
)
_add(PLACEMENT, "build.context_tokens", "number", "Longest context of the build.", _context_limit, unit="tokens")


def _placed(name: str, kind: Kind, says: str, read: Callable[[Scope], Any], unit: str = "") -> None:
    _add(PLACEMENT, name, kind, says, lambda s: None if s.engine is None else read(s), unit=unit)


def _on_machine(name: str, kind: Kind, says: str, read: Callable[[Machine], Any], unit: str = "") -> None:
    _add(PLACEMENT, name, kind, says, lambda s: None if s.machine is None else read(s.machine), unit=unit)


_placed("engine.id", "text", "Engine id.", lambda s: s.engine and s.engine.id)
_placed("engine.name", "text", "Engine name.", lambda s: s.engine and s.engine.name)
_placed("engine.maturity", "number", "How well trodden the engine is, 0-100.", lambda s: s.engine and s.engine.maturity)
_placed("engine.version", "text", "Newest version the facts were read for.", lambda s: s.engine and s.engine.version)
_placed(
    "engine.hosted",
    "flag",
    "Whether it is a hosted service.",
    lambda s: s.engine is not None and s.engine.id == "hosted",
)
_placed(
    "engine.asked",
    "flag",
    "Whether the user asked for it.",
    lambda s: s.engine is not None and s.need.engine == s.engine.id,
)
_placed("engine.status", "text", "active or maintenance.", lambda s: s.engine and s.engine.status)
_placed("engine.trains", "flag", "Whether models are tuned with it.", lambda s: s.engine and s.engine.trains)
_placed(
    "engine.structured_output",
    "flag",
    "Whether output can be held to a schema.",
    lambda s: s.engine and s.engine.structured_output,
)
_placed(
    "engine.maximum_images",
    "number",
    "Images per prompt it accepts.",
    lambda s: s.engine and s.engine.maximum_images,
    "images",
)
_placed(
    "engine.allowed",
    "flag",
    "Whether the hard limits allow it.",
    lambda s: s.engine is not None and _limits(s, "only_engines", s.engine.id),
)
_placed(
    "engine.runs_model",
    "flag",
    "Whether any version of it runs the architecture.",
    lambda s: s.support and s.support.runs_model,
)
_placed(
    "engine.pinned_version",
    "text",
    "Old version that must be pinned to run the architecture.",
    lambda s: s.support and s.support.pinned_version,
)
_placed(
    "engine.needs_pin",
    "flag",
    "Whether only an old version runs the architecture.",
    lambda s: s.support and s.support.pinned_version is not None,
)
_placed(
    "engine.runs_on_machine",
    "flag",
    "Whether it runs on the device.",
    lambda s: s.support and s.support.runs_on_machine,
)
_placed(
    "engine.used_on_target",
    "flag",
    "Whether it is used on this kind of target.",
    lambda s: s.support and s.support.used_where_it_runs,
)
_add(
    PLACEMENT,
    "engine.quantization_support",
    "text",
    "native, weight_only or no.",
    lambda s: s.support.runs_quantization if s.support else None,
    choices=("native", "weight_only", "no"),
)
_placed("hosted.provider", "text", "Provider of the hosted model.", lambda s: s.hosted and s.hosted.provider)
_placed(
    "build.published",
    "flag",
    "Whether its files are published, or made from the original while loading.",
    lambda s: None if s.quantization is None else published(s),
)
_placed("hosted.served", "flag", "Whether any provider in the price list serves the model.", lambda s: s.served)
_placed("hosted.retired", "flag", "Whether the provider has retired it by the day asked for.", lambda s: s.retired)
_placed(
    "hosted.retires_on",
    "text",
    "Day of retirement.",
    lambda s: str(s.hosted.retires_on) if s.hosted and s.hosted.retires_on else None,
)
_placed(
    "hosted.retirement_announced",
    "flag",
    "Whether a day of retirement is announced.",
    lambda s: s.hosted is not None and s.hosted.retires_on is not None,
)
_placed(
    "hosted.provider_matches",
    "flag",
    "Whether it is the provider asked for.",
    lambda s: s.hosted is not None and s.need.provider in {None, s.hosted.provider},
)
_on_machine("machine.label", "text", "The machine as named.", lambda m: m.label)
_on_machine("machine.device", "text", "Name of its device.", lambda m: m.device.name)
_on_machine("machine.device_kind", "text", "Kind of its device.", lambda m: m.device.kind)
_on_machine("machine.architecture", "text", "Architecture of its device.", lambda m: m.device.architecture)
_on_machine("machine.devices", "number", "Devices in all.", lambda m: m.devices, "devices")
_on_machine("machine.step", "number", "Place among the machines assumed, from 0 for the smallest.", lambda m: m.step)
_on_machine("machine.nodes", "number", "Nodes.", lambda m: m.nodes, "nodes")
_on_machine("machine.device_memory_gib", "number", "Memory of one device.", lambda m: m.device.memory_gib, "GiB")
_on_machine(
    "machine.accelerator", "text", "gpu, cpu or npu: what computes.", lambda m: _COMPUTES.get(m.device.kind, "gpu")
)
_on_machine(
    "machine.unified_memory", "flag", "Whether memory is shared with the system.", lambda m: m.device.unified_memory
)
_on_machine("machine.owned", "flag", "Whether the user has it.", lambda m: m.owned)
_on_machine(
    "machine.fast_link",
    "flag",
    "Whether devices of a node are linked faster than PCIe.",
    lambda m: bool(m.device.interconnect and (m.device.interconnect.gb_s_bidirectional or 0) > PCIE5_X16_GB_S),
)
_on_machine("machine.fp8_hardware", "flag", "Whether it computes in FP8.", lambda m: "fp8" in m.device.dtypes)


def _estimate(name: str, says: str, read: Callable[[Scope], Any], unit: str = "", kind: Kind = "number") -> None:
    _add(BUILD, name, kind, says, read, unit=unit)


def _of(part: str, read: Callable[[Any], Any]) -> Callable[[Scope], Any]:
    def compute(scope: Scope) -> Any:
        estimate = getattr(scope, part)
        return None if estimate is None else read(estimate)

    return compute


def _printed_total(memory: Memory) -> float:
    parts = (memory.weights_gib, memory.kv_cache_gib, memory.image_cache_gib, memory.overhead_gib)
    return sum(round(part, 2) for part in parts)


def _slack(memory: Memory) -> float | None:
    part = memory.per_device
    return None if part.available_gib is None else part.available_gib - part.need_gib


def _slack_share(memory: Memory) -> float | None:
    part = memory.per_device
    return None if not part.available_gib else 1 - part.need_gib / part.available_gib


def _need_in_sixteen_bits(scope: Scope) -> float | None:
    """Swap the weights for 16-bit ones; the rest of the memory stays as it is."""
    if scope.memory is None or scope.model is None or not scope.memory.total_gib:
        return None
    grown = scope.model.parameters * 2 / 2**30 - scope.memory.weights_gib
    return scope.memory.per_device.need_gib * (1 + grown / scope.memory.total_gib)


def _share_in_sixteen_bits(scope: Scope) -> float | None:
    need = _need_in_sixteen_bits(scope)
    available = scope.memory.per_device.available_gib if scope.memory else None
    return need / available if need and available else None


def _within_budget(scope: Scope) -> float | None:
    budget = scope.need.memory_budget_gib
    return None if budget is None or scope.memory is None else budget - _printed_total(scope.memory)


def _meets(limit: str, part: Callable[[Speed], tuple[float, float]], *, more_is_better: bool) -> Callable[[Scope], Any]:
    """True when the whole range meets the limit, False when none of it does, else None."""

    def compute(scope: Scope) -> bool | None:
        wanted = getattr(scope.need, limit)
        if wanted is None:
            return True
        if scope.speed is None:
            return None
        worst, best = part(scope.speed)
        sign = 1 if more_is_better else -1
        return True if sign * worst >= sign * wanted else None if sign * best >= sign * wanted else False

    return compute


def answer_s(scope: Scope, end: str) -> float | None:
    """Seconds to a whole answer: first token plus generation, at one end of the range."""
    if scope.speed is None:
        return None
    slow = {"low": "high", "mid": "mid", "high": "low"}[end]
    tokens = scope.need.output_tokens
    return float(
        getattr(scope.speed.first_token_s, end) + tokens / max(getattr(scope.speed.decode_tokens_per_s, slow), 1e-9)
    )


def _load(scope: Scope) -> float | None:
    wanted = scope.need.requests_per_second
    return None if wanted is None else wanted * scope.need.output_tokens


def _meets_load(scope: Scope) -> bool | None:
    wanted = _load(scope)
    if wanted is None:
        return True
    if scope.speed is None:
        return None
    low, high = scope.speed.total_tokens_per_s.low, scope.speed.total_tokens_per_s.high
    return True if low >= wanted else None if high >= wanted else False


_estimate("memory.weights_gib", "Weights.", _of("memory", lambda m: m.weights_gib), "GiB")
_estimate("memory.kv_cache_gib", "KV cache of all sequences.", _of("memory", lambda m: m.kv_cache_gib), "GiB")
_estimate("memory.image_cache_gib", "Cache of all images.", _of("memory", lambda m: m.image_cache_gib), "GiB")
_estimate("memory.overhead_gib", "Buffers, contexts, graphs.", _of("memory", lambda m: m.overhead_gib), "GiB")
_estimate("memory.total_gib", "Need in all, as the printed parts add up.", _of("memory", _printed_total), "GiB")
_estimate(
    "memory.available_gib", "What there is for the model in all.", _of("memory", lambda m: m.available_gib), "GiB"
)
_estimate(
    "memory.device_need_gib", "Need of the fullest device.", _of("memory", lambda m: m.per_device.need_gib), "GiB"
)
_estimate(
    "memory.device_available_gib", "What that device has.", _of("memory", lambda m: m.per_device.available_gib), "GiB"
)
_estimate("memory.slack_gib", "What stays free on the fullest device.", _of("memory", _slack), "GiB")
_estimate("memory.slack_share", "Share that stays free on the fullest device.", _of("memory", _slack_share))
_estimate(
    "memory.sixteen_bit_need_gib",
    "Need of the fullest device were the weights in 16 bits.",
    _need_in_sixteen_bits,
    "GiB",
)
_estimate("memory.sixteen_bit_share", "That need as a share of what the device has.", _share_in_sixteen_bits)
_estimate("memory.budget_slack_gib", "Memory budget less need.", _within_budget, "GiB")
_estimate(
    "memory.offloaded_share",
    "Share of the need in host memory.",
    _of("memory", lambda m: m.offloaded_gib / m.total_gib),
)
_estimate("memory.fits", "Whether every device holds its part.", _of("memory", lambda m: m.fits), kind="flag")
_estimate(
    "speed.decode_tokens_per_s",
    "Generation per user, best guess.",
    _of("speed", lambda s: s.decode_tokens_per_s.mid),
    "tokens/s",
)
_estimate(
    "speed.decode_high_tokens_per_s",
    "Generation per user, upper end.",
    _of("speed", lambda s: s.decode_tokens_per_s.high),
    "tokens/s",
)
_estimate(
    "speed.prefill_tokens_per_s",
    "Prompt reading, best guess.",
    _of("speed", lambda s: s.prefill_tokens_per_s.mid),
    "tokens/s",
)
_estimate(
    "speed.first_token_s", "Wait for the first token, best guess.", _of("speed", lambda s: s.first_token_s.mid), "s"
)
_estimate(
    "speed.first_token_low_s", "Wait for the first token, lower end.", _of("speed", lambda s: s.first_token_s.low), "s"
)
_estimate("speed.answer_s", "Time for a whole answer, best guess.", lambda s: answer_s(s, "mid"), "s")
_estimate("speed.answer_low_s", "Time for a whole answer, lower end.", lambda s: answer_s(s, "low"), "s")
_estimate(
    "speed.total_tokens_per_s",
    "Generation over all users, best guess.",
    _of("speed", lambda s: s.total_tokens_per_s.mid),
    "tokens/s",
)
_estimate("speed.wanted_total_tokens_per_s", "Generation that the arriving requests need.", _load, "tokens/s")
_estimate(
    "speed.meets_decode",
    "Whether generation is fast enough; not known inside the range.",
    _meets("min_tokens_per_s", lambda s: (s.decode_tokens_per_s.low, s.decode_tokens_per_s.high), more_is_better=True),
    kind="flag",
)
_estimate(
    "speed.meets_first_token",
    "Whether the first token comes in time; not known inside the range.",
    _meets("max_first_token_s", lambda s: (s.first_token_s.high, s.first_token_s.low), more_is_better=False),
    kind="flag",
)


def _meets_answer(scope: Scope) -> bool | None:
    wanted = scope.need.max_answer_s
    worst, best = answer_s(scope, "high"), answer_s(scope, "low")
    if wanted is None:
        return True
    if worst is None or best is None:
        return None
    return True if worst <= wanted else None if best <= wanted else False


_estimate(
    "speed.meets_answer", "Whether an answer comes in time; not known inside the range.", _meets_answer, kind="flag"
)
_estimate("speed.meets_load", "Whether it keeps up with the arriving requests.", _meets_load, kind="flag")
_estimate("cost.usd_per_month", "Money per month.", _of("cost", lambda c: c.usd_per_month), "USD")
_estimate(
    "cost.budget_share",
    "Share of the monthly budget that it takes.",
    lambda s: (
        None
        if s.cost is None or s.need.budget_usd_per_month is None
        else s.cost.usd_per_month / s.need.budget_usd_per_month
    ),
)
_estimate(
    "cost.usd_per_million_tokens", "Money per million tokens.", _of("cost", lambda c: c.usd_per_million_tokens), "USD"
)
_estimate("training.total_gib", "Memory that tuning takes.", _of("training", lambda t: t.total_gib), "GiB")
_estimate(
    "training.device_need_gib",
    "What tuning takes on one device.",
    _of("training", lambda t: t.per_device.need_gib),
    "GiB",
)
_estimate(
    "training.device_available_gib",
    "What that device has.",
    _of("training", lambda t: t.per_device.available_gib),
    "GiB",
)
_estimate("training.method", "Tuning method that is planned.", _of("training", lambda t: t.method), kind="text")
_estimate("training.fits", "Whether tuning fits.", _of("training", lambda t: t.fits), kind="flag")
_estimate("build.kv_cache_type", "Type of the KV cache.", lambda s: s.kv_cache_type, kind="text")
_estimate("build.quality", "Quality for this work with this quantization, 0-100.", lambda s: s.quality)
