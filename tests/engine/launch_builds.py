"""Stand-ins for candidates and machines that steps are written for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from llama_advisor.sizing.memory import ONE_DEVICE, Placement

DEVICE = SimpleNamespace(vendor="maker", kind="consumer-gpu", architecture="first", memory_gib=8.0, name="Card")


def machine(count: int = 1, nodes: int = 1, label: str = "cards") -> Any:
    return SimpleNamespace(device=DEVICE, count=count, nodes=nodes, others=(), label=label, devices=count * nodes)


def engine(**changes: Any) -> Any:
    """An engine that listens on port 8000."""
    plain: dict[str, Any] = {
        "id": "own", "ranks": {}, "images": (), "port": 8000, "steps": (), "node_flags": {}, "version": "1.0",
        "by_quantization": {}, "by_architecture": {}, "kv_cache_types": ("f16", "q8_0"), "kv_cache_flags": {},
        "tool_flags": {},
    }  # fmt: skip
    return SimpleNamespace(**(plain | changes))


def build(
    part: Any = None, whole: Any = None, placed: Placement = ONE_DEVICE, replicas: int = 1, **changes: Any
) -> Any:
    """A candidate laid over a part of a machine; none of it where no part is given."""
    layout = part and SimpleNamespace(placed=placed, replicas=replicas, machine=part, kv_cache_type="f16")
    plain: dict[str, Any] = {
        "layout": layout, "machine": part, "place": SimpleNamespace(machine=whole or part, offer=None, support=None),
        "engine": engine(), "need": SimpleNamespace(), "capacity": None, "memory": None, "training": None,
    }  # fmt: skip
    return SimpleNamespace(**(plain | changes))


COMMON = SimpleNamespace(steps=(), shared_port=8080, rounds=4, picture="http://picture")
NAMED = {"model": "m", "port": 8000, "version": "1.0"}
TWO = Placement(0.5, 0.5, 2, 1, 1, possible=True)
