"""What to do to run a build, or to tune a model: the steps of its engine or trainer with the figures of the plan."""

from __future__ import annotations

import json
import re
import shlex
from math import ceil
from typing import Any, get_args

from llama_advisor.engine.advice import Artifact, Command
from llama_advisor.engine.artifacts import artifact
from llama_advisor.engine.candidate import Candidate
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Vendor
from llama_advisor.knowledge.engine import Engine, Image, Step, StepName
from llama_advisor.sizing.figures import machine_name
from llama_advisor.sizing.memory import ONE_DEVICE, layers_held

ORDER = get_args(StepName)
COPY = "d"  # Variable of the shell that holds the devices of a copy.
_NAME = re.compile(r"\{([a-z_]+)\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


class Flags(str):
    """Words of a command line, which stand in it as they are."""

    __slots__ = ()


def commands(candidate: Candidate, base: RuleBase, named: dict[str, Any] | None = None) -> tuple[Command, ...]:
    """Return the steps in order, `named` put in; one whose template names what is not known is left out."""
    named = values(candidate, base) if named is None else named
    return tuple(
        Command(step=step.step, run=run, language=step.language)
        for step in steps(candidate, base)
        if (run := told(step, candidate, base, named))
    )


def steps(candidate: Candidate, base: RuleBase) -> list[Step]:
    """Return the first step of each name that fits the build: its engine's or trainer's own before a general one."""
    tuned = candidate.training
    own = base.trainers[tuned.trainer].steps if tuned else candidate.engine.steps
    device = candidate.machine.device if candidate.machine else None
    build = {
        "kinds": device and device.kind,
        "vendors": device and device.vendor,
        "models": candidate.model.architecture.kind,
        "stored_as": artifact(candidate).stored_as,
    }
    found: dict[str, Step] = {}
    for step in (*own, *base.deploying.steps):
        if all(getattr(step, field) == () or value in getattr(step, field) for field, value in build.items()):
            found.setdefault(step.step, step)
    return sorted(found.values(), key=lambda step: ORDER.index(step.step))


def told(step: Step, candidate: Candidate, base: RuleBase, named: dict[str, Any]) -> str | None:
    """Return what to type for a step; where the engine comes in a container, or in copies, the start says so."""
    if step.step != "start":
        return filled(step.run, named, step.language)
    copies, vendor, image = copies_here(candidate), vendor_of(candidate, base), image_of(candidate)
    looped, contained = copies > 1 and "{copies}" not in step.run, image is not None and image.only
    each = (candidate.layout.placed.devices if candidate.layout else 1) * ranks_of(candidate)
    own_port = Flags(f"$(({named['port']}+${{{COPY}%%,*}}/{each}))") if looped else None
    host = "0.0.0.0" if contained else None  # noqa: S104 - inside a container
    run = filled(step.run, named | {"own_port": None if contained else own_port, "host": host}, step.language)
    seen = f"{vendor.visible_devices}=${COPY}" if looped and vendor and vendor.visible_devices else ""
    if run and image and contained:
        run = _contained(run, image, candidate.engine, vendor, named | {"own_port": own_port, "seen": seen})
    elif run and seen:
        run = f"{seen} {run}"
    if run and looped:
        devices = (",".join(str(first + number) for number in range(each)) for first in range(0, copies * each, each))
        run = f"for {COPY} in {' '.join(devices)}; do {run} & done; wait"
    return run


def filled(template: str, named: dict[str, Any], language: str = "sh") -> str | None:
    """Fill in the values, quoted for the language; a part in double brackets that lacks one is left out.

    None where one is not known outside of such a part. What a value says is no template.
    """

    def known(part: str) -> bool:
        return all(named.get(name) is not None for name in _NAME.findall(part))

    text = _OPTIONAL.sub(lambda match: match[1] if known(match[1]) else "", template)
    if not known(text):
        return None
    lines = [" ".join(line.split()) if language == "sh" else line for line in text.splitlines()]
    return _NAME.sub(lambda match: _quoted(named[match[1]], language), "\n".join(filter(None, lines)))


def _quoted(value: Any, language: str) -> str:
    if isinstance(value, Flags) or not isinstance(value, str):
        return str(value)
    return shlex.quote(value) if language == "sh" else json.dumps(value)


def values(candidate: Candidate, base: RuleBase) -> dict[str, Any]:
    """Return the values that templates may name, by name; None for what there is not, or what is the default."""
    model, need, files = candidate.model, candidate.need, artifact(candidate)
    original, license_asked = model.artifacts.hf_repo, files.gated or candidate.training is not None
    return {
        "weights": weights(files, candidate.quantization.id),
        "short_name": files.hf_repo and files.hf_repo.rpartition("/")[2],
        "repository": files.hf_repo,
        "file": files.file,
        "original": original,
        "gated": original if license_asked else None,
        "only_gated": Flags("") if license_asked else None,
        "model": model.id,
        "model_class": model.family.replace("-", "").replace(".", "_"),
        "quantization": candidate.quantization.id,
        "gguf_type": candidate.quantization.id.upper(),
        "engine": candidate.engine.id,
        "hardware": _hardware(candidate),
        "context_tokens": need.context_tokens,
        "prompt_tokens": need.prompt_tokens,
        "output_tokens": need.output_tokens,
        **_engine(candidate, files),
        **_placement(candidate, base),
        **(_tuning(candidate, base) if candidate.training else _requests(files, candidate, base)),
    }


def _engine(candidate: Candidate, files: Artifact) -> dict[str, Any]:
    """Return the engine's version and its options for the files, the cache and tools."""
    engine, layout, support = candidate.engine, candidate.layout, candidate.place.support
    entry = engine.by_quantization.get(candidate.quantization.id)
    found = engine.by_architecture.get(candidate.model.architecture.kind)
    flags = [entry.flags if files.hf_repo == candidate.model.artifacts.hf_repo else ""] if entry else []
    if entry and candidate.machine:
        flags.append(entry.architecture_flags.get(candidate.machine.device.architecture, ""))
    cache, pinned = layout.kv_cache_type if layout else "", support is not None and support.needs_pin
    called = {} if candidate.need.scenario.tool_calling in {None, "none"} else engine.tool_flags  # by format of calls
    return {
        "version": (found.until if found and pinned else engine.version) or None,
        "packages": Flags(entry.packages) if entry and entry.packages else None,
        "quantization_flags": Flags(" ".join(flags).strip()) or None,
        "kv_cache": cache if cache != engine.kv_cache_types[0] else None,
        "kv_cache_flags": Flags(engine.kv_cache_flags.get(cache, "")) or None,
        "tool_flags": next((Flags(called[name]) for name in called if name in candidate.model.tools.formats), None),
    }


def _placement(candidate: Candidate, base: RuleBase) -> dict[str, Any]:
    """Return how it lies over devices, nodes and copies, what it takes of them, and where it listens."""
    engine, layout, capacity, common = candidate.engine, candidate.layout, candidate.capacity, base.deploying
    placed, copies = layout.placed if layout else ONE_DEVICE, copies_here(candidate)
    limit = capacity.limit if capacity else candidate.need.concurrent_requests
    apart = copies > 1 and not any("{copies}" in step.run for step in engine.steps)
    typed = {step.step for step in steps(candidate, base) if step.language == "sh"}
    serves, asked = engine.port and "start" in typed, common.shared_port if apart else engine.port
    tensor = placed.tensor * ranks_of(candidate)
    in_flight = ceil((capacity.in_flight if capacity else limit) / nodes_alike(candidate))
    return {
        "tensor": tensor if tensor > 1 else None,
        "stages": placed.stages if placed.stages > 1 else None,
        "nodes": placed.nodes if placed.nodes > 1 else None,
        "over_nodes": Flags("") if placed.nodes > 1 else None,
        "node_flags": Flags(filled(engine.node_flags.get("first", ""), {"nodes": placed.nodes}) or "")
        if placed.nodes > 1
        else None,
        "copies": copies if copies > 1 else None,
        "last_copy": copies - 1 if apart else None,
        "requests": limit,
        "slot_tokens": candidate.need.context_tokens * limit,
        "in_flight": in_flight,
        "rounds": common.rounds * in_flight,
        "share": _share(candidate, base),
        "layers": layers_held(candidate.memory, candidate.model.architecture.layers) if candidate.memory else None,
        "port": engine.port if serves else None,
        "asked_port": asked if serves else None,
        "shared_port": common.shared_port,
        "reading": Flags("reading" if "measure" in typed else f"--url http://localhost:{asked}") if serves else None,
    }


def weights(files: Artifact, quantization: str) -> str | None:
    """Return the name by which the engine loads the files: a repository, with the file's kind for GGUF, or a tag."""
    if files.stored_as == "gguf" and files.hf_repo:
        return f"{files.hf_repo}:{quantization.upper()}"
    return files.ollama_tag or files.hf_repo


def _requests(files: Artifact, candidate: Candidate, base: RuleBase) -> dict[str, str | None]:
    """Return a request to try it with: a JSON body, the path that takes it, and the address of a provider."""
    model, named = candidate.model, weights(files, candidate.quantization.id)
    offer = candidate.place.offer
    if offer:
        standing = candidate.place.standing
        named = standing.profile.id if standing and standing.profile else offer.sent
    elif any(step.step == "make" for step in steps(candidate, base)):
        named = "model"  # the folder of files that are made
    body: dict[str, Any] = {"model": named}
    if model.kind == "base":
        path, body["prompt"] = "completions", "Once upon a time"
    else:
        path = "chat/completions"
        content: Any = "Say hello."
        if candidate.need.images_per_prompt:
            picture = {"type": "image_url", "image_url": {"url": base.deploying.picture}}
            content = [{"type": "text", "text": "What is in this picture?"}, picture]
        body["messages"] = [{"role": "user", "content": content}]
    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in (body | {"max_tokens": 64}).items())
    found = {
        "path": Flags(path),
        "body": "{" + ",\n ".join(lines) + "}",
        "served": named,
        "named": json.dumps({"model": named}),
    }
    if offer is None:
        return found
    provider = base.providers[offer.provider]
    address = None if offer.request else Flags(provider.base_url) or None
    found |= {"base_url": address, "key_variable": Flags(provider.key_variable)}
    found |= {"region": standing and standing.region, "picture": Flags(base.deploying.picture)}
    return found | {"asked": Flags(filled(offer.request or provider.request, found) or "") or None}


def _tuning(candidate: Candidate, base: RuleBase) -> dict[str, Any]:
    """Return what the steps of a trainer may name; the empty ones stand in parts that hold for some methods alone."""
    tuned, tuning = candidate.training, candidate.need.tuning
    assert tuned is not None
    trainer = base.trainers[tuned.trainer]
    optimizer, four_bits = tuning.optimizer or getattr(trainer, tuned.method).optimizer, tuned.method == "qlora"
    machine = candidate.place.machine
    sharded = machine is not None and machine.devices > 1 and getattr(trainer, tuned.method).sharded
    return {
        "sample_tokens": tuned.sample_tokens,
        "batch": tuned.batch,
        "accumulation": tuning.accumulation,
        "checkpointing": tuning.checkpointing,
        "checkpointed": Flags("") if tuning.checkpointing else None,
        "adapters": None if tuned.method == "full" else Flags(""),
        "only_lora": Flags("") if tuned.method == "lora" else None,
        "four_bits": Flags("") if four_bits else None,
        "tuned_from": "model" if four_bits else candidate.model.artifacts.hf_repo,
        "tuned_as": "full" if tuned.method == "full" else "lora",
        "optimizer": trainer.optimizer_flags.get(optimizer),
        "sharded_over": machine.devices if machine and sharded else None,
        "tuned_nodes": machine.nodes if machine and sharded and machine.nodes > 1 else None,
    }


def _share(candidate: Candidate, base: RuleBase) -> float | None:
    """Return the share of a device's memory that the engine may take, less what other programs take."""
    engines, device = base.constants.memory.engines, candidate.machine.device if candidate.machine else None
    if device is None or not device.memory_gib or candidate.engine.id not in engines:
        return None
    taken = candidate.need.reserved_gib / device.memory_gib
    return round(engines[candidate.engine.id].usable_share - taken, 3)


def copies_here(candidate: Candidate) -> int:
    """Return the copies on each node of the machine."""
    layout, machine = candidate.layout, candidate.place.machine
    return max(1, layout.replicas // nodes_alike(candidate)) if layout and machine and layout.machine.nodes == 1 else 1


def _hardware(candidate: Candidate) -> str | None:
    """Return how the machine is written, or the node of several that are alike."""
    machine = candidate.place.machine
    if machine is None or nodes_alike(candidate) == 1:
        return machine.label or None if machine else None
    return machine_name(machine.device.name, machine.count, 1, machine.others)


def nodes_alike(candidate: Candidate) -> int:
    """Return the nodes of the machine that each run the same by themselves."""
    layout, machine = candidate.layout, candidate.place.machine
    return machine.nodes if layout and machine and layout.machine.nodes == 1 else 1


def ranks_of(candidate: Candidate) -> int:
    """Return the parts that the engine counts a device as."""
    return candidate.engine.ranks.get(candidate.machine.device.architecture, 1) if candidate.machine else 1


def vendor_of(candidate: Candidate, base: RuleBase) -> Vendor | None:
    """Return what is known of the maker of the device, where it is one that a process is given."""
    device = candidate.machine.device if candidate.machine else None
    vendor = base.vendors.get(device.vendor) if device else None
    return vendor if vendor and device and device.kind in vendor.kinds else None


def image_of(candidate: Candidate) -> Image | None:
    """Return the container image for the device."""
    if candidate.machine is None:
        return None
    device, images = candidate.machine.device, candidate.engine.images
    made = (image for image in images if not image.vendors or device.vendor in image.vendors)
    return next((image for image in made if not image.kinds or device.kind in image.kinds), None)


def _contained(run: str, image: Image, engine: Engine, vendor: Vendor | None, named: dict[str, Any]) -> str | None:
    """Return the command that starts an engine in its container, its port and downloads shared with the host."""
    words = run.split(" ")
    known = []
    while re.match(r"[A-Z_]+=", words[0]):
        known.append(f"-e {words.pop(0)}")
    options = ["docker run --rm", vendor.container_options if vendor else "", "--ipc=host", *known]
    options.append(f"-p {named['own_port'] or engine.port}:{engine.port} -e HF_TOKEN")
    options += [f"-e {named['seen']}"] if named.get("seen") else []
    options.append('-v "$HOME/.cache/huggingface:/root/.cache/huggingface"')
    name, program = filled(image.image, named), f"--entrypoint {image.folder}{words[0]}"
    return " ".join([*filter(None, options), program, name, *words[1:]]) if name else None
