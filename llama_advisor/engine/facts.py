"""Every fact that a rule may test: name, kind, unit, one sentence, level, and where a candidate has it."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, get_args

from llama_advisor.engine.artifacts import published
from llama_advisor.engine.fact import FACTS, LOAD, MODEL, OPEN, PLACEMENT, SCENARIO, VARIANT
from llama_advisor.knowledge.conditions import Fact, Kind
from llama_advisor.scenario.need import LEFT_OPEN
from llama_advisor.scenario.scenario import Method, Symptom
from llama_advisor.sizing.support import HOSTED
from llama_advisor.text.strict import Modality, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.knowledge.device import Device, Machine

    Compute = Callable[[Candidate], Any]

PCIE5_X16_GB_S = 128
_SKILLS = frozenset({"fill_in_the_middle"})
_COMPUTES = {"cpu": "cpu", "sbc": "cpu", "phone": "cpu", "npu": "npu"}
_TOOLS = ("none", "single", "multi_step")
_SUPPORTED = ("native", "weight_only", "no")


def _read(path: str) -> Compute:
    """Return the reader of a candidate's part; None where a part on the way is not there yet."""
    getter = attrgetter(path)

    def read(candidate: Candidate) -> Any:
        try:
            return getter(candidate)
        except AttributeError:
            return None

    return read


def _where(owner: str, compute: Compute) -> Compute:
    """Return a function that comes to None where the part of a candidate that it is about is not there yet."""
    part = attrgetter(owner)
    return lambda candidate: None if part(candidate) is None else compute(candidate)


def declare(
    level: int,
    owner: str,
    name: str,
    kind: Kind,
    says: str,
    value: str | Compute = "",
    unit: str = "",
    *,
    choices: tuple[str, ...] | None = None,
    moves: bool = False,
    settles: int | None = None,
) -> None:
    """Declare a fact; `value` is a function, a path below its owner, or nothing where the path is the name's.

    What a function, here or in `COMPUTED`, reads of that plans leave open is said by `settles`.
    """
    path = "" if callable(value) else value or name.partition(".")[2]
    if callable(value):
        compute = value
    else:
        compute = _where(owner, COMPUTED[name]) if name in COMPUTED else _read(f"{owner}.{path}")
    kept = frozenset(choices) if choices else None
    if settles is None:
        settles = OPEN if owner == "need" and path in LEFT_OPEN else LOAD if moves else level
    FACTS[name] = Fact(name, kind, unit, says, level, compute, kept, owner, settles)


_need = partial(declare, SCENARIO, "need")
_given = partial(declare, SCENARIO, "given")
_named = partial(declare, SCENARIO, "named")
_model = partial(declare, MODEL, "place.model")
_model_asked = partial(_model, settles=OPEN)
_known = partial(declare, MODEL, "place")
_placed = partial(declare, PLACEMENT, "place")
_licence = partial(declare, MODEL, "place.model.licence")
_variant = partial(declare, VARIANT, "place.quantization")
_engine = partial(declare, PLACEMENT, "place.engine")
_support = partial(declare, PLACEMENT, "place.support")
_offer = partial(declare, PLACEMENT, "place.offer")
_machine = partial(declare, PLACEMENT, "machine")
_build = partial(declare, PLACEMENT, "")


def _allowed(limit: frozenset[str], value: str) -> bool:
    return not limit or value in limit


def _unsupported(candidate: Candidate) -> frozenset[str]:
    languages = candidate.model.languages
    known = languages.image if "image" in candidate.need.inputs else languages.text
    return candidate.need.languages - frozenset(known or languages.text)


def _model_allowed(candidate: Candidate) -> bool:
    need, model = candidate.need, candidate.model
    within = model.parameters / 1e9 <= (need.max_parameters_b or float("inf"))
    return within and _allowed(need.only_models, model.id) and _allowed(need.only_families, model.family)


def _stronger(candidate: Candidate) -> bool | None:
    own, named = candidate.place.model_quality, candidate.need.model
    other = None if named is None or own is None else candidate.place.qualities(named)
    return None if own is None or other is None else own > other + 1e-9


def _tunes_as_asked(candidate: Candidate) -> bool:
    need, tunes = candidate.need, candidate.quantization.tunes
    return not need.wants_tuning or not set(tunes).isdisjoint(need.fine_tuning or tunes)


def _context_limit(candidate: Candidate) -> int | None:
    place = candidate.place
    own = place.official.context_tokens if place.official else None
    hosted = place.offer.context_tokens if place.offer else None
    files = place.engine.maximum_context_tokens if place.engine else None
    return min((n for n in (own, hosted, files, place.model and place.model.context_tokens) if n), default=None)


def _linked_fast(machine: Machine) -> bool:
    link = machine.device.interconnect
    return bool(link and (link.gb_s_bidirectional or 0) > PCIE5_X16_GB_S)


def _accelerator(device: Device) -> str:
    return "gpu" if device.kind == "phone" and not device.cores else _COMPUTES.get(device.kind, "gpu")


def _published(candidate: Candidate) -> bool | None:
    return published(candidate) if candidate.place.engine and candidate.place.quantization else None


def _billions(candidate: Candidate) -> float:
    return candidate.model.parameters / 1e9


COMPUTED: dict[str, Callable[[Any], Any]] = {
    "given.fp8_hardware": lambda c: "fp8" in c.given.device.dtypes if c.given.device.dtypes else None,
    "given.instance": lambda c: c.given.target == "cloud",
    "answer.bottlenecks": lambda c: c.bottlenecks,
    "model.parameters_b": _billions,
    "model.bf16_gib": lambda c: c.model.parameters * 2 / 2**30,
    "model.multimodal": lambda c: "image" in c.model.inputs,
    "model.unread_inputs": lambda c: c.need.inputs - frozenset(c.model.inputs),
    "model.reads_inputs": lambda c: c.need.inputs <= frozenset(c.model.inputs),
    "model.trained_for": lambda c: frozenset(c.model.trained_for),
    "model.lacks_skills": lambda c: not (c.need.needs & _SKILLS) <= frozenset(c.model.trained_for),
    "model.stronger_than_named": _stronger,
    "model.lighter_than_named": lambda c: c.need.model_parameters_b and _billions(c) < c.need.model_parameters_b,
    "model.unsupported_languages": _unsupported,
    "model.supports_languages": lambda c: not _unsupported(c),
    "model.quality_estimated": lambda c: bool(c.place.estimated),
    "model.estimated_benchmarks": lambda c: frozenset(c.place.estimated),
    "model.named": lambda c: c.need.model in {c.model.id, c.model.sibling} if c.need.model else False,
    "model.allowed": _model_allowed,
    "quantization.official": lambda c: c.place.official is not None,
    "quantization.tunes": lambda c: frozenset(c.quantization.tunes),
    "quantization.tunes_as_asked": _tunes_as_asked,
    "quantization.allowed": lambda c: _allowed(c.need.only_quantizations, c.quantization.id),
    "engine.hosted": lambda c: c.engine.id == HOSTED,
    "engine.asked": lambda c: c.need.engine == c.engine.id,
    "engine.batches": lambda c: c.engine.concurrent_requests == "continuous",
    "engine.allowed": lambda c: _allowed(c.need.only_engines, c.engine.id),
    "hosted.retires_on": lambda c: str(c.place.offer.retires_on) if c.place.offer.retires_on else None,
    "hosted.retirement_announced": lambda c: c.place.offer is not None and c.place.offer.retires_on is not None,
    "hosted.provider_matches": lambda c: (
        c.place.offer is not None and c.need.provider in {None, c.place.offer.provider}
    ),
    "machine.accelerator": lambda c: _accelerator(c.machine.device),
    "machine.fast_link": lambda c: _linked_fast(c.machine),
    "machine.fp8_hardware": lambda c: "fp8" in c.machine.device.dtypes,
}
"""Facts that are worked out, by name; asked only where their owner is there."""

_need("scenario.use_cases", "set", "Kinds of work asked for.")
_need("scenario.tags", "set", "Tags of those kinds of work, e.g. regulated, narrow.")
_need("scenario.needs", "set", "Special needs of those kinds of work, e.g. fill_in_the_middle.")
_need("scenario.stated", "set", "Names of the fields the user stated.")
_need("scenario.inputs", "set", "What must be read.", choices=get_args(Modality))
_need("scenario.target", "text", "Where it must run, stated or assumed.", choices=get_args(Target))
_need("scenario.accelerator", "text", "What it must run on.", choices=("any", "gpu", "cpu", "npu"))
_need("scenario.memory_budget_gib", "number", "What the model may take in all.", unit="GiB", moves=True)
_need("scenario.context_tokens", "number", "Tokens per sequence, stated or assumed.", unit="tokens", moves=True)
_need("scenario.output_tokens", "number", "Tokens per answer, stated or assumed.", unit="tokens", moves=True)
_need("scenario.prompt_tokens", "number", "Tokens of a usual prompt.", unit="tokens", moves=True)
_need("scenario.concurrent_requests", "number", "Requests in flight, stated or assumed.", unit="requests", moves=True)
_need("scenario.requests_per_second", "number", "Requests to finish per second.", unit="1/s", moves=True)
_need("scenario.batch_hours", "number", "Hours in which a batch must be done.", unit="h", moves=True)
_need("scenario.reserved_gib", "number", "Memory of a device that others take.", unit="GiB", moves=True)
_need("scenario.shared_prefix_tokens", "number", "Tokens of a prompt read before.", unit="tokens", moves=True)
_need("scenario.usable_tokens_per_s", "number", "Slowest generation that is of use.", unit="tokens/s", moves=True)
_need("scenario.usable_first_token_s", "number", "Longest wait that is of use.", unit="s", moves=True)
_need("scenario.images_per_prompt", "number", "Images in one prompt.", unit="images", moves=True)
_need("scenario.min_tokens_per_s", "number", "Slowest acceptable generation.", unit="tokens/s", moves=True)
_need("scenario.max_first_token_s", "number", "Longest acceptable wait for the first token.", unit="s", moves=True)
_need("scenario.max_answer_s", "number", "Longest acceptable time for an answer.", unit="s", moves=True)
_need("scenario.languages", "set", "Languages stated.")
_need("scenario.domicile", "text", "Country of the licensee.")
_need("scenario.domicile_in_eu", "flag", "Whether the licensee is domiciled in the EU; not known unless stated.")
_need("scenario.end_users_in_eu", "flag", "Whether the end users are in the EU; not known unless stated.")
_need("scenario.monthly_active_users", "number", "Monthly active users of the licensee.", unit="users", moves=True)
_need("scenario.commercial", "flag", "Whether use is commercial.")
_need("scenario.tool_calling", "text", "Tool calls needed, stated or assumed.", choices=_TOOLS)
_need("scenario.structured_output", "flag", "Whether answers must match a schema.")
_need("scenario.fine_tuning", "set", "Tuning methods that are acceptable.", choices=get_args(Method))
_need("scenario.wants_tuning", "flag", "Whether the model will be tuned.")
_need("scenario.offline", "flag", "Whether data may not leave.")
_need("scenario.budget_usd_per_month", "number", "Most money per month.", unit="USD", moves=True)
_need("scenario.tokens_per_month", "number", "Tokens per month, stated or assumed.", unit="tokens", moves=True)
_need("scenario.engine", "text", "Engine asked for, by id.")
_need("scenario.quantization", "text", "Quantization asked for, by id.")
_need("scenario.model", "text", "Model named, by id.")
_need("scenario.model_family", "text", "Family of the model named.")
_need("scenario.model_parameters_b", "number", "Size of the model named.", unit="billion")
_need("scenario.model_reads_images", "flag", "Whether the model named reads images.")
_need("scenario.sixteen_bit_only", "flag", "Whether the hard limits allow 16-bit weights alone.")
_need("scenario.provider", "text", "Provider asked for.")
_need("scenario.symptoms", "set", "What goes wrong today.", choices=get_args(Symptom))
_need("scenario.hardware_stated", "flag", "Whether hardware was stated.")
_need("scenario.max_parameters_b", "number", "Largest model allowed.", unit="billion", moves=True)
_need("scenario.hosted_considered", "flag", "Whether hosted models are ranked.")
_given("given.nodes", "number", "Nodes of the hardware stated.", unit="nodes")
_given("given.devices", "number", "Devices of the hardware stated.", unit="devices")
_given("given.device", "text", "Device of the hardware stated.", "device.name")
_given("given.fp8_hardware", "flag", "Whether the hardware stated computes in FP8.")
_given("given.memory_gib", "number", "Memory of one device of the hardware stated.", "device.memory_gib", "GiB")
_given("given.memory_assumed", "flag", "Whether that memory was assumed.")
_given("given.instance", "flag", "Whether the hardware stated is a rented instance.")
_named("named.name", "text", "Name of the model named.", "model.name")
_named("named.outcome", "text", "kept, better_exists or impossible.")
_named("named.kv_heads", "number", "KV heads of the model named.", "model.architecture.kv_heads", "heads")
_named("named.fp8_gib", "number", "Size of its official FP8 build.", unit="GiB")
_named("named.full_gib", "number", "Memory that full tuning of it takes.", unit="GiB")
_named("named.lora_gib", "number", "Memory that LoRA tuning of it takes.", unit="GiB")
_named("named.qlora_gib", "number", "Memory that QLoRA tuning of it takes.", unit="GiB")
_named("named.qlora_fits", "flag", "Whether QLoRA tuning of it fits the hardware stated.")
_need("answer.bottlenecks", "set", "What rules models out, once all were judged.")
_model("model.id", "text", "Model id.")
_model("model.name", "text", "Model name.")
_model("model.family", "text", "Family id.")
_model("model.kind", "text", "instruct, base or guard.")
_model("model.parameters_b", "number", "Parameters.", unit="billion")
_model("model.bf16_gib", "number", "Its weights in 16 bits.", unit="GiB")
_model("model.kv_heads", "number", "KV heads.", "architecture.kv_heads", "heads")
_model("model.context_tokens", "number", "Longest context it was trained for.", unit="tokens")
_model("model.multimodal", "flag", "Whether it reads images.")
_model("model.unread_inputs", "set", "Inputs asked for that it cannot read.")
_model("model.reads_inputs", "flag", "Whether it reads all inputs asked for.")
_model("model.trained_for", "set", "Special skills it was trained for.")
_model("model.lacks_skills", "flag", "Whether it lacks a skill that the work needs.")
_known("model.tool_score", "number", "Published tool-calling score.")
_model_asked("model.stronger_than_named", "flag", "Whether its quality for this work is above the named model's.")
_model_asked("model.lighter_than_named", "flag", "Whether it has fewer parameters than the named model.")
_model("model.images_per_prompt", "number", "Images per prompt it is made for.", unit="images")
_model_asked("model.unsupported_languages", "set", "Languages stated that it does not support for these inputs.")
_model_asked("model.supports_languages", "flag", "Whether it supports all languages stated.")
_model("model.tools_trained", "flag", "Whether tool calling is documented.", "tools.trained")
_model("model.tools_with_image", "flag", "Whether tool calls work with an image.", "tools.with_image")
_model("model.tools_mixed_chat", "flag", "Whether chat and tools mix in one prompt.", "tools.mixed_chat")
_licence("model.licence_covers_eu", "flag", "Whether EU-domiciled licensees have rights.", "eu_domiciled_licensee")
_licence(
    "model.licence_user_limit",
    "number",
    "User count above which a licence must be asked for.",
    "monthly_active_users_limit",
    "users",
)
_known("model.quality", "number", "Quality for this work before quantization, 0-100.", "model_quality")
_model("model.quality_estimated", "flag", "Whether a score behind its quality is an estimate.")
_model("model.estimated_benchmarks", "set", "Benchmarks of the mix that nobody published for it.")
_known("model.floor_gap", "number", "Published score less the floor of the use case; negative is below.")
_model_asked("model.named", "flag", "Whether it is the model the user named.")
_model("model.allowed", "flag", "Whether the hard limits allow it.", moves=True)
_variant("quantization.id", "text", "Quantization id.")
_variant("quantization.bits", "number", "Nominal bits per weight.", unit="bits")
_variant("quantization.format", "text", "File format.")
_variant("quantization.official", "flag", "Whether the model's maker published this build.")
_variant("quantization.maturity", "number", "How well trodden it is, 0-100.")
_variant("quantization.kept_percent", "number", "Quality an 8B keeps at it.", "quality_kept_percent", "%")
_variant("quantization.tunes", "set", "Tuning methods that start from it.")
_variant("quantization.tunes_as_asked", "flag", "Whether an acceptable tuning method starts from it.")
_variant("quantization.allowed", "flag", "Whether the hard limits allow it.")
_build("build.context_tokens", "number", "Longest context of the build.", _context_limit, "tokens")
_engine("engine.id", "text", "Engine id.")
_engine("engine.name", "text", "Engine name.")
_engine("engine.maturity", "number", "How well trodden the engine is, 0-100.")
_engine("engine.version", "text", "Newest version the facts were read for.")
_engine("engine.hosted", "flag", "Whether it is a hosted service.")
_engine("engine.asked", "flag", "Whether the user asked for it.")
_engine("engine.batches", "flag", "Whether requests join and leave its batch as they come.")
_engine("engine.most_requests_per_second", "number", "Requests that a shared service takes.", unit="1/s")
_engine("engine.status", "text", "active, maintenance or archived.")
_engine("engine.trains", "flag", "Whether models are tuned with it.")
_engine("engine.structured_output", "flag", "Whether output can be held to a schema.")
_engine("engine.maximum_images", "number", "Images per prompt it accepts.", unit="images")
_engine("engine.allowed", "flag", "Whether the hard limits allow it.")
_support("engine.runs_model", "flag", "Whether any version of it runs the architecture.")
_support("engine.pinned_version", "text", "Old version that must be pinned to run the architecture.")
_support("engine.needs_pin", "flag", "Whether only an old version runs the architecture.")
_support("engine.runs_on_machine", "flag", "Whether it runs on the device.")
_support("engine.used_on_target", "flag", "Whether it is used on this kind of target.", "used_where_it_runs")
_support("engine.quantization_support", "text", "native, weight_only or no.", "runs_quantization", choices=_SUPPORTED)
_offer("hosted.provider", "text", "Provider of the hosted model.")
_build(
    "build.published", "flag", "Whether its files are published, or made from the original while loading.", _published
)
_placed("hosted.served", "flag", "Whether any provider in the price list serves the model.")
_placed("hosted.retired", "flag", "Whether the provider has retired it by the day asked for.")
_offer("hosted.retires_on", "text", "Day of retirement.")
_engine("hosted.retirement_announced", "flag", "Whether a day of retirement is announced.")
_engine("hosted.provider_matches", "flag", "Whether it is the provider asked for.")
_machine("machine.label", "text", "The machine as named.")
_machine("machine.device", "text", "Name of its device.", "device.name")
_machine("machine.device_kind", "text", "Kind of its device.", "device.kind")
_machine("machine.architecture", "text", "Architecture of its device.", "device.architecture")
_machine("machine.devices", "number", "Devices in all.", unit="devices", moves=True)
_machine("machine.step", "number", "Place among the machines assumed, from 0 for the smallest.")
_machine("machine.nodes", "number", "Nodes.", unit="nodes", moves=True)
_machine("machine.device_memory_gib", "number", "Memory of one device.", "device.memory_gib", "GiB")
_machine("machine.accelerator", "text", "gpu, cpu or npu: what computes.")
_machine("machine.unified_memory", "flag", "Whether memory is shared with the system.", "device.unified_memory")
_machine("machine.owned", "flag", "Whether the user has it.")
_machine("machine.fast_link", "flag", "Whether devices of a node are linked faster than PCIe.")
_machine("machine.fp8_hardware", "flag", "Whether it computes in FP8.")
