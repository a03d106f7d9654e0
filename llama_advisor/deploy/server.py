"""A build as a server in a container: what manifests need of the plan that was judged."""

from __future__ import annotations

import re
import shlex
from itertools import takewhile
from math import ceil
from typing import Annotated, Any, NamedTuple

from llama_advisor.engine.artifacts import artifact
from llama_advisor.engine.candidate import Candidate
from llama_advisor.engine.launch import Flags, commands, copies_here, filled, image_of, steps, values, vendor_of
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Vendor
from llama_advisor.knowledge.engine import Deploying
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

SELF = "SERVER"  # Stands for the host name of the server in what loads a model into it.
_SETS = re.compile(r"[A-Z][A-Z0-9_]*=")


class Server(NamedTuple):
    """One copy in a container, and how many there are."""

    name: Annotated[str, "Name of it, of letters, digits and dashes."]
    image: str
    command: list[str]
    load: Annotated[str, "What is run once it serves, with `SERVER` for its host name; empty for nothing."]
    probe: Annotated[list[str], "Command in the container that tells whether it serves; empty where none is known."]
    others: Annotated[list[str], "Command of the further nodes of a copy; empty where it stands in one."]
    environment: dict[str, str]
    port: int
    health: str
    devices: Annotated[int, "Accelerators of a copy in each node."]
    nodes: Annotated[int, "Nodes of a copy."]
    copies_here: Annotated[int, "Copies on a machine."]
    copies: Annotated[int, "Copies on all machines."]
    vendor: Vendor | None
    host_gib: Annotated[int, "Host memory of a copy, GiB."]
    files_gib: Annotated[int, "Room for the files it downloads, GiB."]
    cache: Annotated[str, "Folder in the container that keeps what was downloaded."]
    gated: bool
    common: Deploying

    def device_numbers(self, copy: int) -> list[str]:
        """Return the accelerators of a copy on its machine."""
        return [*map(str, range(copy * self.devices, (copy + 1) * self.devices))]


def server(candidate: Candidate, base: RuleBase, named: dict[str, Any]) -> Server:
    """Plan a build as containers; InputError where it is no server that comes in one."""
    engine, layout, vendor = candidate.engine, candidate.layout, vendor_of(candidate, base)
    by_name, image = {step.step: step for step in steps(candidate, base)}, image_of(candidate)
    start, loading = by_name.get("start"), by_name.get("load")
    if "make" in by_name and not candidate.training:
        raise InputError("--target: its files are to be made first; --target shell says how")
    found = image and filled(image.image, named)
    packages = [str(filled(item, named)) for item in image.packages] if image else []
    packages += str(named["packages"] or "").split()
    if start and named["nodes"] and ("{node_flags}" not in start.run or packages):
        raise InputError("--target: how this release spans nodes is not written as a manifest; --target shell says it")
    if not (start and image and found and engine.port and start.language == "sh") or candidate.training:
        where = f" on {candidate.machine.label or candidate.machine.device.name}" if candidate.machine else ""
        what = "tuning" if candidate.training else f"{engine.name}{where}"
        raise InputError(f"--target: {what} is no server in a container here; --target shell prints its steps")
    alone: dict[str, Any] = named | {"host": "0.0.0.0", "copies": None}  # noqa: S104 - inside the container

    def contained(line: str | None) -> tuple[list[str], list[str]]:
        """Return the variables that a line sets, and the command that it is in the container."""
        given = _words(line)
        settings = [*takewhile(_SETS.match, given)]
        return settings, [f"{image.folder}{given[len(settings)]}", *given[len(settings) + 1 :]]

    settings, words = contained(filled(start.run, alone))
    if packages:
        words = ["sh", "-c", f"{shlex.join(['pip', 'install', *packages])} && exec {shlex.join(words)}"]
    node_flags = filled(engine.node_flags.get("others", ""), named) if named["nodes"] else None
    others = contained(filled(start.run, alone | {"node_flags": Flags(node_flags)}))[1] if node_flags else []
    memory, placed = candidate.memory, layout.placed if layout else None
    discrete = vendor is not None and candidate.machine is not None and bool(vendor.resource)
    in_host = 0.0 if memory is None else memory.offloaded_gib if discrete else memory.total_gib
    return Server(
        name=re.sub(r"[^a-z0-9]+", "-", f"{candidate.model.id}-{candidate.quantization.id}".lower()).strip("-")[:50],
        image=found,
        command=words,
        load=(filled(loading.run, named | {"server": SELF}) or "") if loading else "",
        probe=_words(filled(image.probe, named)),
        others=others,
        environment=dict(word.split("=", 1) for word in settings),
        port=engine.port,
        health=engine.health,
        devices=(placed.devices // placed.nodes if placed else 1) if discrete else 0,
        nodes=placed.nodes if placed else 1,
        copies_here=copies_here(candidate),
        copies=candidate.capacity.copies if candidate.capacity else copies_here(candidate),
        vendor=vendor if discrete else None,
        host_gib=ceil(in_host + base.deploying.host_gib),
        files_gib=ceil((memory.weights_gib if memory else 0.0) * base.deploying.files_factor),
        cache=image.cache,
        gated=artifact(candidate).gated,
        common=base.deploying,
    )


def _words(line: str | None) -> list[str]:
    return shlex.split(line or "")


class Plan:
    """How a build is run, as targets read it: the build, its steps, what templates may name, and the rules."""

    def __init__(self, build: Candidate, base: RuleBase, adapter: str | None = None) -> None:
        """Plan a build, with a LoRA adapter beside the model where one is named; InputError where it takes none."""
        self.build, self.base, self.values = build, base, values(build, base)
        if adapter is not None:
            if not build.engine.adapter_flags or build.training:
                raise InputError(f"--adapter: how {build.engine.name} takes one is not known here")
            self.values["adapter_flags"] = Flags(filled(build.engine.adapter_flags, {"adapter": adapter}))
        self.steps = commands(build, base, self.values)

    @property
    def title(self) -> str:
        """The build in a line."""
        build, machine, offer = self.build, self.build.machine, self.build.place.offer
        if offer:
            known = self.base.providers.get(offer.provider)
            return printable(f"{build.model.name} at {known.name if known else offer.provider}")
        place = f" on {machine.label or machine.device.name}" if machine else ""
        return printable(f"{build.model.name}, {build.quantization.id}, {build.engine.name}{place}")

    @property
    def server(self) -> Server:
        """The build as a server in a container."""
        return server(self.build, self.base, self.values)
