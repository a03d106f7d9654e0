"""Devices as facts, and a machine as devices × count × nodes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from llama_advisor.text.strict import Strict, Target

DeviceKind = Literal[
    "consumer-gpu",
    "workstation-gpu",
    "datacentre-gpu",
    "apple-silicon",
    "phone",
    "cpu",
    "jetson",
    "sbc",
    "unified-pc",
    "browser",
    "npu",
]
SpeedClass = Literal[
    "nvidia-consumer",
    "nvidia-workstation",
    "nvidia-hbm",
    "jetson",
    "apple",
    "amd-discrete",
    "amd-hbm",
    "unified-pc",
    "intel-gpu",
    "accelerator",
    "x86-cpu",
    "arm-cpu",
    "board",
    "phone",
    "npu",
    "browser",
]


class Interconnect(Strict):
    """The link between devices of one node."""

    type: str
    """NVLink, PCIe, Infinity Fabric …"""
    gb_s_bidirectional: float | None = None
    """Both directions summed, per device, GB/s."""


class Device(Strict):
    """One accelerator, processor or phone, with one memory option."""

    id: str
    """Device id."""
    name: str
    """Full name."""
    aliases: tuple[str, ...] = ()
    """Other spellings, lower case."""
    vendor: str
    """Maker."""
    kind: DeviceKind
    """What it is."""
    speed_class: SpeedClass
    """Class whose speed constants hold for it."""
    memory_gib: float | None
    """Memory in GiB (marketed GB count as GiB unless the vendor counts otherwise); null for processors."""
    unified_memory: bool = False
    """Whether processor and accelerator share the memory."""
    usable_share: float = 1.0
    """Share of the memory a model may take, before engine overhead."""
    reserved_gib: float = 0.0
    """Memory that is never the model's (system, browser, driver), GiB."""
    bandwidth_gb_s: float | None = None
    """Peak memory bandwidth, GB/s."""
    fp16_tflops: float | None = None
    """Dense FP16 rate with FP32 accumulation, TFLOP/s."""
    fp8_tflops: float | None = None
    """Dense FP8 rate, TFLOP/s; null without hardware FP8."""
    int8_tops: float | None = None
    """Dense INT8 rate, TOP/s."""
    architecture: str = ""
    """Architecture name, e.g. `ampere`, `apple`, `rdna3`, `cpu`."""
    compute_capability: float | None = None
    """CUDA compute capability."""
    dtypes: tuple[str, ...] = ()
    """Number formats with hardware support."""
    interconnect: Interconnect | None = None
    """Link to further devices of the same node."""
    tdp_w: float | None = None
    """Board power, W."""
    cores: int | None = None
    """Processor cores that help inference."""
    ghz: float | None = None
    """Sustained clock of those cores, GHz."""
    flop_per_cycle: int | None = None
    """FP32 operations per core and cycle."""
    sources: dict[str, str] = Field(default_factory=dict)
    """Source id by field; `all` for the rest."""
    unverified: tuple[str, ...] = ()
    """Fields not read in a source."""
    notes: str = ""
    """What to know."""


class Machine(Strict):
    """What a model runs on: `count` devices in each of `nodes` nodes."""

    device: Device
    """The device."""
    count: int = 1
    """Devices per node."""
    nodes: int = 1
    """Nodes."""
    ram_gib: float | None = None
    """Host memory beside the devices' own, per node, GiB; null when not known."""
    owned: bool = False
    """Whether the user has it already."""
    offer: str | None = None
    """Id of the price that applies, for machines one rents."""
    step: int | None = None
    """Place among the machines assumed for its target, from 0; null for machines that were stated."""
    target: Target | None = None
    """Where it stands."""
    label: str = ""
    """How it was named."""
    memory_assumed: bool = False
    """Whether the memory of its device was assumed."""
    assumptions: tuple[str, ...] = ()
    """What reading the name took for granted."""

    @property
    def devices(self) -> int:
        """Devices over all nodes."""
        return self.count * self.nodes


class Instance(Strict):
    """A cloud instance by the name people use for it."""

    id: str
    """Instance name, lower case, e.g. `g5.xlarge`."""
    aliases: tuple[str, ...] = ()
    """Other spellings."""
    device: str
    """Device id."""
    count: int = 1
    """Devices in it."""
    ram_gib: float | None = None
    """Host memory, GiB."""
    rented: bool = True
    """Whether one rents it by the hour; false for complete servers one buys."""
    offer: str | None = None
    """Id of its price, where one is listed."""
    source: str
    """Source id."""
    unverified: bool = False
    """Whether it was not read in a source."""


class ReferenceMachine(Strict):
    """A machine assumed where none was given."""

    hardware: str
    """As people write it."""
    offer: str | None = None
    """Id of the rental price that applies."""


class Reference(Strict):
    """hardware/reference.yaml: machines assumed per target, smallest or cheapest first."""

    reference: dict[Target, tuple[ReferenceMachine, ...]]
    """At most 12 per target."""
