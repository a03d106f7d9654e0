"""Predicted memory beside what llama.cpp takes on a processor, for random weights of true shapes.

usage: python tests/benchmarks/engine_memory.py FOLDER [MODEL ...] [--write]
By hand or at night: needs `llama-cpp-python` (a build for processors), `gguf`, `numpy` and `psutil`,
and makes files of several GiB in FOLDER. `--write` makes docs/engine-memory.md of the table.
Each case runs in a process of its own: the file is read into memory, a prompt fills the whole
cache's first batch, and the resident size is read beside the buffers that the engine reports.
"""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from measured_rows import ROOT, rule_base
from random_gguf import write

from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing import memory as sizing
from llama_advisor.sizing.weights import weights_bytes

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.model import Model

DOCUMENT = ROOT / "docs" / "engine-memory.md"
MODELS = ("llama-3.2-1b-instruct", "llama-3.2-3b-instruct")
CONTEXTS = (2048, 8192, 32768)
CACHES = ("f16", "q8_0")
BATCH = 512
ALLOWANCE = 1.1
GIB = 2**30
MIB = 2**20
_BUFFER = re.compile(r"(model|KV|compute|output)\s+buffer size\s*=\s*([\d.]+) MiB")
INTRODUCTION = """# Memory of a real engine

Made by `python tests/benchmarks/engine_memory.py FOLDER --write` with llama-cpp-python {version} on a
processor: files of the true shapes with random 16-bit weights, one sequence, prompts read in batches
of {batch} tokens. "Resident" is the process after the first batch; "allocated" adds up the buffers
that the engine reports. The prediction is to lie between the resident size and the allocation + 10 %.

| model | context | KV cache | resident GiB | allocated GiB | predicted GiB | between |
|---|---|---|---|---|---|---|
"""


class Reading(NamedTuple):
    """What one case took, GiB."""

    resident: float
    allocated: float
    version: str


def main() -> None:
    """Measure every case, or the one that this process was started for."""
    if sys.argv[1] == "--case":
        path, context, cache = sys.argv[2:]
        print(json.dumps(measure(path, int(context), cache)._asdict()))
        return
    base = rule_base()
    folder, *named = [word for word in sys.argv[1:] if word != "--write"]
    rows, version = [], ""
    for model in named or MODELS:
        path = made(Path(folder), base.models[model])
        for context in CONTEXTS:
            for cache in CACHES:
                reading = measured_apart(path, context, cache)
                rows.append(row(base, base.models[model], context, cache, reading))
                version = reading.version
                print(rows[-1])
    if "--write" in sys.argv:
        text = INTRODUCTION.format(version=version, batch=BATCH) + "\n".join(rows) + "\n"
        DOCUMENT.write_text(text, encoding="utf-8")


def made(folder: Path, model: Model) -> Path:
    """Return the file of a model, written once."""
    path = folder / f"{model.id}-random-f16.gguf"
    if not path.exists():
        write(model.architecture, str(path))
    return path


def measured_apart(path: Path, context: int, cache: str) -> Reading:
    """Measure one case in a process of its own."""
    command = [sys.executable, __file__, "--case", str(path), str(context), cache]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    return Reading(**json.loads(done.stdout.splitlines()[-1]))


def measure(path: str, context: int, cache: str) -> Reading:
    """Load, read one batch, and return the resident size and the reported buffers."""
    import llama_cpp
    import psutil

    said: list[str] = []
    keep = llama_cpp.llama_log_callback(lambda _level, text, _data: said.append(text.decode(errors="replace")))
    llama_cpp.llama_log_set(keep, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    model = llama_cpp.llama_model_load_from_file(path.encode(), model_settings(llama_cpp))
    session = llama_cpp.llama_init_from_model(model, session_settings(llama_cpp, context, cache))
    tokens = (llama_cpp.llama_token * BATCH)(*range(1, BATCH + 1))
    if llama_cpp.llama_decode(session, llama_cpp.llama_batch_get_one(tokens, BATCH)) != 0:
        raise SystemExit("the batch was not read")
    resident = psutil.Process().memory_info().rss / GIB
    allocated = sum(float(size) for _, size in _BUFFER.findall("".join(said))) * MIB / GIB
    return Reading(resident, allocated, llama_cpp.__version__)


def model_settings(llama_cpp: Any) -> Any:
    """Return settings that read the whole file into memory."""
    settings = llama_cpp.llama_model_default_params()
    settings.use_mmap = False
    return settings


def session_settings(llama_cpp: Any, context: int, cache: str) -> Any:
    """Return settings of one sequence with a cache of `context` tokens."""
    settings = llama_cpp.llama_context_default_params()
    kind = {"f16": llama_cpp.GGML_TYPE_F16, "q8_0": llama_cpp.GGML_TYPE_Q8_0}[cache]
    settings.n_ctx, settings.n_batch, settings.n_ubatch = context, BATCH, BATCH
    settings.type_k = settings.type_v = kind
    return settings


def predicted_gib(base: RuleBase, model: Model, context: int, cache: str) -> float:
    """Return the total that the estimator states for a processor."""
    load = Workload(context_tokens=context, prompt_tokens=BATCH, output_tokens=1)
    machine = read_hardware("64GB RAM PC, no GPU", catalogue_of(base))
    weights = weights_bytes(model, base.quantizations["f16"], base.block_types)
    terms = sizing.memory_terms(weights, model, base.constants.memory, "llama.cpp", machine, cache)
    return sizing.memory(terms, sizing.measure(terms, load)).total_gib


def row(base: RuleBase, model: Model, context: int, cache: str, reading: Reading) -> str:
    """Return one row of the table."""
    total = predicted_gib(base, model, context, cache)
    low, high = sorted((reading.resident, reading.allocated))
    inside = "yes" if low <= total <= high * ALLOWANCE else "no"
    figures = " | ".join(f"{value:.2f}" for value in (reading.resident, reading.allocated, total))
    return f"| {model.id} | {context:,} | {cache} | {figures} | {inside} |"


if __name__ == "__main__":
    main()
