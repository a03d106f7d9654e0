"""What runs a model: formats, architectures by version, hardware, features, commands."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from llama_advisor.knowledge.device import DeviceKind
from llama_advisor.text.record import EMPTY, Record
from llama_advisor.text.strict import ArchitectureKind, Target


class ArchitectureSupport(Record):
    """Support for one architecture, and the versions it holds for."""

    architecture: Annotated[ArchitectureKind, "Architecture."]
    since: Annotated[str | None, "First version with support."] = None
    until: Annotated[str | None, "Last version with support; null while it lasts."] = None
    pin: Annotated[str | None, "How to install the last supporting version, e.g. `vllm==0.10.2`."] = None
    lacking: Annotated[
        dict[str, tuple[str, ...]], "Device architectures, by quantization, that the last version with it cannot run."
    ] = EMPTY
    schema_by: Annotated[str | None, "What holds its output to a schema, where it differs."] = None
    note: Annotated[str, "What to know."] = ""
    source: Annotated[tuple[str, ...], "Source ids."]


class DefaultContext(Record):
    """The context that an engine allocates unless it is told."""

    below_gib: Annotated[float | None, "Memory of the GPUs below which it holds, GiB; null: any."] = None
    tokens: Annotated[int | None, "Tokens; null for the model's whole window."]


class HardwareSupport(Record):
    """A set of devices the engine runs on."""

    kinds: Annotated[tuple[DeviceKind, ...], "Kinds of device."]
    vendors: Annotated[tuple[str, ...], "Makers; empty for all."] = ()
    minimum_compute_capability: Annotated[float | None, "Lowest CUDA compute capability."] = None


class QuantizationSupport(Record):
    """What a quantization needs of the hardware on this engine."""

    quantization: Annotated[str, "Quantization id."]
    architectures: Annotated[
        tuple[str, ...], "Device architectures with native support; empty for all the engine runs on."
    ] = ()
    weight_only: Annotated[
        tuple[str, ...], "Device architectures that run it with 16-bit arithmetic: prompts are read no faster."
    ] = ()
    not_for: Annotated[tuple[ArchitectureKind, ...], "Model architectures it does not work for on this engine."] = ()
    from_original: Annotated[bool, "Whether the engine makes it from the original weights while loading."] = False
    flags: Annotated[str, "Options that say so on the command line."] = ""
    packages: Annotated[str, "Packages that it takes beside the engine's."] = ""
    architecture_flags: Annotated[dict[str, str], "Further options by device architecture."] = EMPTY
    decode_factor: Annotated[float, "Speed of generation against other formats of the same size on this engine."] = 1.0
    note: Annotated[str, "What to know."] = ""


StepName = Literal[
    "install", "accept", "log_in", "fetch", "make", "start", "load", "balance", "tune", "request", "measure", "verify"
]
"""What one does with a build, in order."""


class Step(Record):
    """One thing to do to run a build, or to tune a model; of several with one name the first that fits is taken."""

    step: Annotated[StepName, "What it does."]
    run: Annotated[str, "Template; see rules/README.md for the names in braces."]
    language: Annotated[Literal["sh", "swift", "kotlin", "javascript"], "What it is written in."] = "sh"
    kinds: Annotated[tuple[DeviceKind, ...], "Kinds of device it holds for; empty for all."] = ()
    vendors: Annotated[tuple[str, ...], "Makers of devices it holds for; empty for all."] = ()
    models: Annotated[tuple[ArchitectureKind, ...], "Architectures it holds for; empty for all."] = ()
    stored_as: Annotated[tuple[str, ...], "How the files it holds for are stored; empty for all."] = ()


class Image(Record):
    """A container image that holds the engine."""

    image: Annotated[str, "Name, with `{version}` for the engine's."]
    vendors: Annotated[tuple[str, ...], "Makers of devices it is for; empty for all."] = ()
    kinds: Annotated[tuple[DeviceKind, ...], "Kinds of device it is for; empty for all."] = ()
    folder: Annotated[str, "Where its programs are, if they are not found by name."] = ""
    packages: Annotated[tuple[str, ...], "Python packages to install when it starts."] = ()
    cache: Annotated[str, "Folder that keeps what it downloads."] = "/root/.cache"
    probe: Annotated[str, "Command inside that tells whether it serves, as a template."] = ""
    only: Annotated[bool, "Whether there is no other ordinary way to install the engine there."] = False


class Deploying(Record):
    """deploy.yaml: what holds whatever the engine."""

    steps: Annotated[tuple[Step, ...], "Steps where an engine has none of its own."]
    picture: Annotated[str, "Address of a picture to try a vision model with."]
    proxy_image: Annotated[str, "Container image that shares requests among copies."]
    python_image: Annotated[str, "Container image for engines that are Python packages and have none of their own."]
    shared_port: Annotated[int, "Port of what shares requests among copies."]
    files_factor: Annotated[float, "Room for downloaded files over the size of the weights."]
    host_gib: Annotated[float, "Host memory of a server beside the weights that lie there, GiB."]
    start_minutes: Annotated[int, "Minutes that a server may take until it answers the first time."]
    rounds: Annotated[int, "Requests for each of those in flight, when speed is measured."]
    sources: Annotated[tuple[str, ...], "Source ids."]
    unverified: Annotated[tuple[str, ...], "Fields not read in a source."] = ()


class Engine(Record):
    """A runtime."""

    id: Annotated[str, "Engine id."]
    name: Annotated[str, "Name."]
    aliases: Annotated[tuple[str, ...], "Other spellings."] = ()
    not_read_on: Annotated[tuple[DeviceKind, ...], "Kinds of device it runs on too, of which nothing was read."] = ()
    part_of: Annotated[
        str | None, "Engine of which it is the back end for other chips; who asks for that asks for it."
    ] = None
    version: Annotated[str, "Newest version the facts were read for."] = ""
    read: Annotated[date | None, "Day on which they were read; they expire from then on."] = None
    status: Annotated[Literal["active", "maintenance", "archived"], "Whether it is developed."] = "active"
    targets: Annotated[tuple[Target, ...], "Where it is used."]
    architectures: Annotated[tuple[ArchitectureSupport, ...], "Models it runs."]
    hardware: Annotated[tuple[HardwareSupport, ...], "Devices it runs on."]
    quantizations: Annotated[tuple[QuantizationSupport, ...], "Quantizations it loads."]
    loads: Annotated[tuple[str, ...], "How files it loads are stored, best first; see `published` of models."] = ()
    tag: Annotated[str, "How it names a file of a repository: with `{repository}` and `{quantization}`."] = ""
    made_with: Annotated[str | None, "What makes a file that nobody lists, from the original weights."] = None
    kv_cache_types: Annotated[tuple[str, ...], "KV-cache types, best first."] = ("f16",)
    kv_cache_flags: Annotated[dict[str, str], "Options by KV-cache type, for `{kv_cache_flags}` in commands."] = EMPTY
    kv_cache_not_for: Annotated[
        dict[str, tuple[str, ...]], "Device architectures, by KV-cache type, on which it fails."
    ] = EMPTY
    tensor_parallel: Annotated[bool, "Whether it splits each layer over devices."] = False
    ranks: Annotated[dict[str, int], "Parts a device counts as when layers are split, by its architecture."] = EMPTY
    layer_split: Annotated[bool, "Whether it splits by layers over devices."] = False
    multi_node: Annotated[bool, "Whether it spans nodes."] = False
    offload: Annotated[bool, "Whether layers that do not fit may stay in host memory."] = False
    offload_flag: Annotated[str, "Option for it, with the number of layers on the device as `{layers}`."] = ""
    most_context_tokens: Annotated[int | None, "Longest context its builds are set to; null for the model's."] = None
    beyond_context: Annotated[str, "What it does beyond the context it was started with, before those words."] = ""
    default_window: Annotated[str, "The context it allocates unless told otherwise, and how it is told."] = ""
    default_contexts: Annotated[
        tuple[DefaultContext, ...], "The same for the check, where it may fail; the first that fits holds."
    ] = ()
    reserves: Annotated[str, "What it reserves at its start and what limits that, after its name."] = ""
    divides_with: Annotated[str, "How it is told to divide a model over devices; empty where it does by itself."] = ""
    concurrent_requests: Annotated[Literal["continuous", "slots", "one"], "How several requests share it."] = "one"
    most_requests: Annotated[int, "Most requests that it works on at a time unless told otherwise; the rest wait."] = 1
    most_requests_per_second: Annotated[float | None, "Most that a shared service takes without a contract."] = None
    prefix_cache: Annotated[bool, "Whether the start of a prompt that it has read before is not read again."] = False
    trains: Annotated[bool, "Whether models are tuned with it."] = False
    schema_by: Annotated[str, "What a request has that holds output to a schema while it is made; empty: none."] = ""
    maximum_images: Annotated[int | None, "Most images per prompt it accepts; null without a limit of its own."] = None
    maximum_parameters_b: Annotated[float | None, "Largest model it is used for, billion parameters."] = None
    maximum_context_tokens: Annotated[int | None, "Longest context of its files; null for no limit."] = None
    maturity: Annotated[int, "0-100: how well trodden it is for production."]
    maturity_basis: Annotated[str, "Why, in one sentence."]
    steps: Annotated[tuple[Step, ...], "What to do to run a build, in order."] = ()
    images: Annotated[tuple[Image, ...], "Container images, by maker of the device; the first that fits is taken."] = ()
    port: Annotated[int | None, "Port that its OpenAI-compatible server listens on; null where it has none."] = None
    health: Annotated[str, "Path that answers once it serves."] = ""
    tool_flags: Annotated[dict[str, str], "Options that turn tool calls on, by format, best first."] = EMPTY
    modelfile: Annotated[str, "Template of a Modelfile, for engines that have one."] = ""
    adapter_flags: Annotated[str, "Options that load a LoRA adapter, with its folder as `{adapter}`."] = ""
    node_flags: Annotated[dict[str, str], "Options of the `first` node and of the `others` that share a copy."] = EMPTY
    sources: Annotated[tuple[str, ...], "Source ids."]
    unverified: Annotated[tuple[str, ...], "Fields not read in a source."] = ()
    notes: Annotated[dict[str, str], "Further findings, by subject."] = EMPTY

    @cached_property
    def by_quantization(self) -> dict[str, QuantizationSupport]:
        """Its entries by quantization."""
        return {item.quantization: item for item in reversed(self.quantizations)}

    @cached_property
    def by_architecture(self) -> dict[str, ArchitectureSupport]:
        """Its entries by the architecture of a model."""
        return {item.architecture: item for item in reversed(self.architectures)}

    def cache_types(self, architecture: str) -> tuple[str, ...]:
        """KV-cache types that it offers on a device architecture, best first."""
        return tuple(kind for kind in self.kv_cache_types if architecture not in self.kv_cache_not_for.get(kind, ()))


class App(Record):
    """An app or front end that people name as what runs a model."""

    id: Annotated[str, "App id."]
    name: Annotated[str, "Its name."]
    aliases: Annotated[tuple[str, ...], "Other names."] = ()
    engines: Annotated[tuple[str, ...], "Engines inside, the usual one first; none where it talks to any."]
    beyond_context: Annotated[str, "What it does beyond its context, before those words; empty where not known."] = ""
    default_window: Annotated[str, "The context it allocates unless told otherwise; empty where not known."] = ""
    known: Annotated[bool, "Whether anything is known of what it runs."] = True
    sources: Annotated[tuple[str, ...], "Source ids."]
    unverified: Annotated[tuple[str, ...], "Fields not read in a source."] = ()


class Program(Record):
    """A command of an engine or of a tool around it, and every option that it takes in one release."""

    id: Annotated[str, "The command as it is typed; an older release has its version after it."]
    version: Annotated[str, "Version of the package that was read."]
    package: Annotated[str, "Package or checkout that declares the options."]
    also: Annotated[tuple[str, ...], "Other commands with the same options."] = ()
    options: Annotated[str, "Options, or names of settings, between blanks."]
    environment: Annotated[str, "Environment variables that it reads, between blanks."] = ""
    source: Annotated[tuple[str, ...], "Source ids."]
    read: Annotated[date, "Day on which they were read."]
    unverified: Annotated[tuple[str, ...], "Fields not read in a source."] = ()
