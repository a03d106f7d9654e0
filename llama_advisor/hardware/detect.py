"""What this computer has: accelerators with total and free memory, and its RAM. Never raises."""

from __future__ import annotations

import ctypes
import platform
import re
from collections import Counter
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple

GIB = 1024**3
_MEMINFO, _CPUINFO, _BOARD = (Path(name) for name in ("/proc/meminfo", "/proc/cpuinfo", "/proc/device-tree/model"))
_SIZE = re.compile(r"\d ?GB", re.IGNORECASE)  # Some names end in the memory: a second amount is read as the host's.
_MARKS = re.compile(r"\((R|TM)\)|\bCPU\b|\d+-Core Processor|@.*", re.IGNORECASE)


class Found(NamedTuple):
    """One part of this computer; `name` can be read as hardware."""

    kind: Literal["gpu", "apple-silicon", "cpu"]  # What it is.
    name: str  # Name as the system gives it.
    total_gib: float | None  # Memory, GiB.
    free_gib: float | None  # Memory not in use now, GiB.


def detect() -> list[Found]:
    """Return GPUs first, then the processor with its RAM; empty where nothing can be read."""
    found: list[Found] = []
    for look in (_nvidia, _processor):
        with suppress(Exception):  # a library, driver or file is missing or broken
            found += look()
    return found


def describe(found: list[Found]) -> str | None:
    """Return text that names this computer as hardware, e.g. `2x RTX 3090 24GB + 64GB RAM`."""
    gpus = [item for item in found if item.kind == "gpu" and item.total_gib]
    hosts = [item for item in found if item.kind != "gpu" and item.total_gib]
    ram = f"{_marketed(hosts[0].total_gib)}GB" if hosts else ""
    if gpus:
        kinds = Counter(
            item.name if _SIZE.search(item.name) else f"{item.name} {_marketed(item.total_gib)}GB" for item in gpus
        )
        text = " + ".join(f"{count}x {kind}" for kind, count in kinds.items())
        return f"{text} + {ram} RAM" if ram else text
    return f"{hosts[0].name} {ram}" if hosts else None


def _marketed(gib: float | None) -> int:
    """Round up to the next even number: a little of the memory sold is never reported."""
    return max(1, 2 * -(-round((gib or 0.0) * 10) // 20))


def _nvidia() -> list[Found]:
    """Read NVIDIA GPUs through NVML, the library that comes with every driver."""
    library = ctypes.CDLL("nvml.dll" if platform.system() == "Windows" else "libnvidia-ml.so.1")

    def ask(what: str, *values: Any) -> None:
        if code := library[f"nvml{what}"](*values):
            raise OSError(code, what)

    found, count = [], ctypes.c_uint()
    ask("Init_v2")
    try:
        ask("DeviceGetCount_v2", ctypes.byref(count))
        for index in range(count.value):
            handle, name, memory = ctypes.c_void_p(), ctypes.create_string_buffer(96), (ctypes.c_uint64 * 3)()
            ask("DeviceGetHandleByIndex_v2", index, ctypes.byref(handle))
            ask("DeviceGetName", handle, name, len(name))
            ask("DeviceGetMemoryInfo", handle, memory)
            total, free, _used = memory
            found.append(Found("gpu", name.value.decode(), total / GIB, free / GIB))
    finally:
        ask("Shutdown")
    return found


def _processor() -> list[Found]:
    total, free = _ram_gib()
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        brand = _sysctl("machdep.cpu.brand_string").rstrip(b"\0").decode()
        return [Found("apple-silicon", brand or "Apple silicon", total, free)]
    name = platform.processor() or platform.machine() or "CPU"
    told = _CPUINFO.read_text(encoding="utf-8", errors="replace") if _CPUINFO.exists() else ""
    if _BOARD.exists():
        name = _BOARD.read_text(encoding="ascii", errors="replace").strip("\0")
    elif "hypervisor" not in told and (model := re.search(r"model name\s*: (.*)", told)):
        name = f"{_MARKS.sub('', model[1]).strip()} processor"  # of a virtual one, a share of unknown size
    return [Found("cpu", name, total, free)]


def _ram_gib() -> tuple[float | None, float | None]:
    """Return total and available RAM, GiB: psutil if there, else /proc/meminfo, else sysctl."""
    with suppress(ImportError):
        memory: Any = import_module("psutil").virtual_memory()
        return memory.total / GIB, memory.available / GIB
    if _MEMINFO.exists():
        lines = (line.split() for line in _MEMINFO.read_text(encoding="ascii").splitlines())
        kib = {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) > 1}
        total, free = kib.get("MemTotal"), kib.get("MemAvailable")
        return (total / 1024**2 if total else None, free / 1024**2 if free else None)
    size = int.from_bytes(_sysctl("hw.memsize"), "little")
    return (size / GIB if size else None, None)


def _sysctl(name: str) -> bytes:
    """Return the raw value of a macOS kernel setting, empty where there is none."""
    libc = ctypes.CDLL(None)
    size = ctypes.c_size_t(0)
    if libc.sysctlbyname(name.encode(), None, ctypes.byref(size), None, 0) != 0:
        return b""
    value = ctypes.create_string_buffer(size.value)
    libc.sysctlbyname(name.encode(), value, ctypes.byref(size), None, 0)
    return value.raw[: size.value]
