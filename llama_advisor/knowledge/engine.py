"""What runs a model: formats, architectures by version, hardware, features, commands."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from llama_advisor.knowledge.device import DeviceKind
from llama_advisor.text.strict import Strict, Target


class ArchitectureSupport(Strict):
    """Support for one architecture, and the versions it holds for."""

    architecture: Literal["llama", "mllama"]
    """Architecture."""
    since: str | None = None
    """First version with support."""
    until: str | None = None
    """Last version with support; null while it lasts."""
    pin: str | None = None
    """How to install the last supporting version, e.g. `vllm==0.10.2`."""
    note: str = ""
    """What to know."""
    commands: tuple[str, ...] = ()
    """Command templates for it, where they differ from the engine's."""
    source: tuple[str, ...]
    """Source ids."""


class HardwareSupport(Strict):
    """A set of devices the engine runs on."""

    kinds: tuple[DeviceKind, ...]
    """Kinds of device."""
    vendors: tuple[str, ...] = ()
    """Makers; empty for all."""
    minimum_compute_capability: float | None = None
    """Lowest CUDA compute capability."""


class QuantizationSupport(Strict):
    """What a quantization needs of the hardware on this engine."""

    quantization: str
    """Quantization id."""
    architectures: tuple[str, ...] = ()
    """Device architectures with native support; empty for all the engine runs on."""
    weight_only: tuple[str, ...] = ()
    """Device architectures that run it with 16-bit arithmetic (smaller, no faster)."""
    not_for: tuple[Literal["llama", "mllama"], ...] = ()
    """Model architectures it does not work for on this engine."""
    from_original: bool = False
    """Whether the engine makes it from the original weights while loading."""
    flags: str = ""
    """Options that say so on the command line."""
    architecture_flags: dict[str, str] = Field(default_factory=dict)
    """Further options by device architecture."""
    decode_factor: float = 1.0
    """Speed of generation against other formats of the same size on this engine."""
    note: str = ""
    """What to know."""


class StandIn(Strict):
    """A machine whose predicted speed stands for a service that publishes none."""

    hardware: str
    """Machine, as people write it."""
    engine: str
    """Engine id."""
    quantization: str
    """Quantization id."""
    widen: float
    """Factor by which the range is widened on both sides."""


class Engine(Strict):
    """A runtime."""

    id: str
    """Engine id."""
    name: str
    """Name."""
    aliases: tuple[str, ...] = ()
    """Other spellings."""
    version: str = ""
    """Newest version the facts were read for."""
    status: Literal["active", "maintenance"] = "active"
    """Whether it is developed."""
    targets: tuple[Target, ...]
    """Where it is used."""
    architectures: tuple[ArchitectureSupport, ...]
    """Models it runs."""
    hardware: tuple[HardwareSupport, ...]
    """Devices it runs on."""
    quantizations: tuple[QuantizationSupport, ...]
    """Quantizations it loads."""
    kv_cache_types: tuple[str, ...] = ("f16",)
    """KV-cache types, best first."""
    kv_cache_flags: dict[str, str] = Field(default_factory=dict)
    """Options by KV-cache type, for `{kv_cache_flags}` in commands."""
    tensor_parallel: bool = False
    """Whether it splits each layer over devices."""
    layer_split: bool = False
    """Whether it splits by layers over devices."""
    multi_node: bool = False
    """Whether it spans nodes."""
    offload: bool = False
    """Whether layers that do not fit may stay in host memory."""
    concurrent_requests: Literal["continuous", "slots", "one"] = "one"
    """How several requests share it."""
    trains: bool = False
    """Whether models are tuned with it."""
    structured_output: bool = False
    """Whether output can be held to a schema."""
    maximum_images: int | None = None
    """Most images per prompt it accepts; null without a limit of its own."""
    maximum_parameters_b: float | None = None
    """Largest model it is used for, billion parameters."""
    maturity: int
    """0-100: how well trodden it is for production."""
    maturity_basis: str
    """Why, in one sentence."""
    commands: tuple[str, ...] = ()
    """Command templates; see rules/README.md for the names in braces."""
    stand_in: StandIn | None = None
    """What a hosted service is taken to run on, where speeds are not published."""
    sources: tuple[str, ...]
    """Source ids."""
    unverified: tuple[str, ...] = ()
    """Fields not read in a source."""
    notes: dict[str, str] = Field(default_factory=dict)
    """Further findings, by subject."""
