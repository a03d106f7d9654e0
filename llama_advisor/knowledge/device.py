"""Devices as facts, a machine as devices × count × nodes, and dated prices by the hour."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from llama_advisor.text.record import EMPTY, Record
from llama_advisor.text.strict import Target

_Gpu = Literal["consumer-gpu", "workstation-gpu", "datacentre-gpu"]
DeviceKind = Literal[_Gpu, "apple-silicon", "phone", "cpu", "jetson", "sbc", "unified-pc", "browser", "npu"]
_Nvidia = Literal["nvidia-consumer", "nvidia-workstation", "nvidia-hbm", "jetson"]
_OtherMaker = Literal["apple", "amd-discrete", "amd-hbm", "unified-pc", "intel-gpu", "intel-integrated", "accelerator"]
SpeedClass = Literal[_Nvidia, _OtherMaker, "x86-cpu", "arm-cpu", "board", "phone", "npu", "browser"]


class Interconnect(Record):
    """The link between devices of one node."""

    type: Annotated[str, "NVLink, PCIe, Infinity Fabric …"]
    gb_s_bidirectional: Annotated[float | None, "Both directions summed, per device, GB/s."] = None


class Device(Record):
    """One accelerator, processor or phone, with one memory option."""

    id: Annotated[str, "Device id."]
    name: Annotated[str, "Full name."]
    aliases: Annotated[tuple[str, ...], "Other spellings, lower case."] = ()
    vendor: Annotated[str, "Maker."]
    kind: Annotated[DeviceKind, "What it is."]
    speed_class: Annotated[SpeedClass, "Class whose speed constants hold for it."]
    memory_gib: Annotated[
        float | None,
        "Memory in GiB (marketed GB count as GiB unless the vendor counts otherwise); null for processors.",
    ]
    unified_memory: Annotated[bool, "Whether processor and accelerator share the memory."] = False
    usable_share: Annotated[float, "Share of the memory a model may take, before engine overhead."] = 1.0
    reserved_gib: Annotated[float, "Memory that is never the model's (system, browser, driver), GiB."] = 0.0
    bandwidth_gb_s: Annotated[float | None, "Peak memory bandwidth, GB/s."] = None
    fp16_tflops: Annotated[float | None, "Dense FP16 rate with FP32 accumulation, TFLOP/s."] = None
    fp8_tflops: Annotated[float | None, "Dense FP8 rate, TFLOP/s; null without hardware FP8."] = None
    int8_tops: Annotated[float | None, "Dense INT8 rate, TOP/s."] = None
    architecture: Annotated[str, "Architecture name, e.g. `ampere`, `apple`, `rdna3`, `cpu`."] = ""
    compute_capability: Annotated[float | None, "CUDA compute capability."] = None
    dtypes: Annotated[tuple[str, ...], "Number formats with hardware support."] = ()
    alone: Annotated[bool, "Whether a process sees one only, as of a slice: a copy takes one."] = False
    slice_share: Annotated[str | None, "What a slice has of its card."] = None
    interconnect: Annotated[Interconnect | None, "Link to further devices of the same node."] = None
    tdp_w: Annotated[float | None, "Board power, W."] = None
    cores: Annotated[int | None, "Processor cores that help inference."] = None
    ghz: Annotated[float | None, "Sustained clock of those cores, GHz."] = None
    flop_per_cycle: Annotated[int | None, "FP32 operations per core and cycle."] = None
    parts: Annotated[dict[str, str], "Devices that stand for parts of its chip: `cpu`, `npu`."] = EMPTY
    sources: Annotated[dict[str, str], "Source id by field; `all` for the rest."] = EMPTY
    unverified: Annotated[tuple[str, ...], "Fields not read in a source."] = ()
    notes: Annotated[str, "What to know."] = ""

    @property
    def peak_tflops(self) -> float | None:
        """The listed peak: of its cores where they compute, in FP32, else in FP16; None where not known."""
        if self.cores and self.ghz and self.flop_per_cycle:
            return self.cores * self.ghz * self.flop_per_cycle / 1e3
        return self.fp16_tflops


class Vendor(Record):
    """What containers and servers go by to give a process the devices of a maker."""

    id: Annotated[str, "Maker, as devices name it."]
    kinds: Annotated[tuple[DeviceKind, ...], "Kinds of its devices that this holds for."]
    visible_devices: Annotated[str, "Environment variable that limits a process to some devices, by number."] = ""
    resource: Annotated[str, "Resource name of its Kubernetes device plugin."] = ""
    container_options: Annotated[str, "Options of `docker run` that pass all devices on."] = ""
    driver: Annotated[str, "Driver by which Docker Compose reserves devices."] = ""
    device_files: Annotated[tuple[str, ...], "Device files to pass to a container, where there is no driver."] = ()
    sources: Annotated[tuple[str, ...], "Source ids."]
    unverified: Annotated[tuple[str, ...], "Fields not read in a source."] = ()


class Machine(Record):
    """What a model runs on: `count` devices in each of `nodes` nodes."""

    device: Annotated[Device, "The device."]
    count: Annotated[int, "Devices per node."] = 1
    nodes: Annotated[int, "Nodes."] = 1
    others: Annotated[tuple[tuple[Device, int], ...], "Cards of other kinds in each node, with their number."] = ()
    ram_gib: Annotated[float | None, "Host memory beside the devices' own, per node, GiB; null when not known."] = None
    owned: Annotated[bool, "Whether the user has it already."] = False
    offer: Annotated[str | None, "Id of the price that applies, for machines one rents."] = None
    step: Annotated[
        int | None, "Place among the machines assumed for its target, from 0; null for machines that were stated."
    ] = None
    target: Annotated[Target | None, "Where it stands."] = None
    label: Annotated[str, "How it was named."] = ""
    memory_assumed: Annotated[bool, "Whether the memory of its device was assumed."] = False
    ram_assumed: Annotated[bool, "Whether the host memory was assumed."] = False
    assumptions: Annotated[tuple[str, ...], "What reading the name took for granted."] = ()
    meant: Annotated[frozenset[str], "Ids of the devices that the name may mean; empty where it leaves no doubt."] = (
        frozenset()
    )

    @property
    def devices(self) -> int:
        """Devices over all nodes."""
        return (self.count + sum(count for _, count in self.others)) * self.nodes


class Instance(Record):
    """A cloud instance by the name people use for it."""

    id: Annotated[str, "Instance name, lower case, e.g. `g5.xlarge`."]
    aliases: Annotated[tuple[str, ...], "Other spellings."] = ()
    device: Annotated[str, "Device id."]
    count: Annotated[int, "Devices in it; of a processor its physical cores."] = 1
    ram_gib: Annotated[float | None, "Host memory, GiB."] = None
    rented: Annotated[bool, "Whether one rents it by the hour; false for complete servers one buys."] = True
    offer: Annotated[str | None, "Id of its price, where one is listed."] = None
    source: Annotated[str, "Source id."]
    unverified: Annotated[bool, "Whether it was not read in a source."] = False


class ReferenceMachine(Record):
    """A machine assumed where none was given."""

    hardware: Annotated[str, "As people write it."]
    offer: Annotated[str | None, "Id of the rental price that applies."] = None


class Reference(Record):
    """hardware/reference.yaml: machines assumed per target, smallest or cheapest first."""

    reference: Annotated[dict[Target, tuple[ReferenceMachine, ...]], "At most 12 per target."]


class RentalPrice(Record):
    """What one instance costs."""

    id: Annotated[str, "Offer id, `cloud/instance`."]
    cloud: Annotated[str, "Provider."]
    instance: Annotated[str, "Instance type."] = ""
    device: Annotated[str, "Device id."]
    count: Annotated[int, "Devices in the instance."]
    usd_per_hour: Annotated[float, "On-demand price of the instance, USD per hour."]
    spot_usd_per_hour: Annotated[float | None, "Spot price of the instance, USD per hour."] = None
    region: Annotated[str, "Region."] = ""
    ram_gib: Annotated[float | None, "Host memory, GiB."] = None
    as_of: Annotated[date | None, "Day of the price; null where the source gives none."] = None
    source: Annotated[str, "Source id."]
    unverified: Annotated[bool, "Whether the figure was not read in a source."] = False
