"""Published measurements as cases that the estimator can be asked about."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from llama_advisor.engine.rules import load_rules  # noqa: E402
from llama_advisor.hardware import Catalogue, catalogue_of, read_hardware  # noqa: E402
from llama_advisor.scenario.scenario import Workload  # noqa: E402
from llama_advisor.sizing.speed import with_weakest  # noqa: E402
from llama_advisor.sizing.weights import read_bytes_per_token, weights_bytes  # noqa: E402
from llama_advisor.text.errors import AdvisorError  # noqa: E402

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.constants import SpeedConstants
    from llama_advisor.knowledge.device import Machine
    from llama_advisor.knowledge.model import Model
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.sizing.memory import Parallel

MEASURED = HERE / "measured" / "dev.csv"
KEPT_OUT = HERE / "measured" / "h100.csv"
"""Readings of our own of one card; no constant is fitted on them."""
UNFIT = (
    "suspicious",
    "partial_offload",
    "distributed_rpc",
    "few_threads",
    "pi_host_pcie_x1",
    "naive",
    "kv_pool",
    "vllm_prealloc",
    "per_gpu",
    "untied_output",
    "units_label",
)
UNNAMED = ("not stated", "issue 41", "class", "hidden", "unnamed", "unspecified")
QUANTIZATIONS = {
    "f16": "bf16",
    "bf16": "bf16",
    "fp8": "fp8",
    "fp8 (meta)": "fp8",
    "q8_0": "q8_0",
    "int8": "int8",
    "q6_k": "q6_k",
    "q5_k_m": "q5_k_m",
    "q4_k_m": "q4_k_m",
    "q4_0": "q4_0",
    "spinquant": "spinquant-int4",
    "qat+lora": "qlora-int4",
    "q3_k_m": "q3_k_m",
    "q2_k": "q2_k",
    "w4a16": "awq-int4",
}
ENGINES = {"ik_llama.cpp": "llama.cpp"}
LEFT_OUT_ENGINES = ("genie-qnn", "oci", "PyTorch", "mlc-llm", "tt-metal")
TENSOR_ENGINES = ("vllm", "sglang", "tgi", "tensorrt-llm")
GIB_PER_UNIT = {"GiB": 1.0, "MiB": 1 / 1024, "GB": 1e9 / 2**30, "MB": 1e6 / 2**30}
# Readings that others of the same device contradict, and back ends run without their fast matrix library.
CONTRADICTED = (
    "5975WX",
    "Thelio",
    "Core 2",
    "RK3588 CPU (measured",
    "llama.cpp-hip  hipblaslt=0",
    "llama.cpp-hip -fa 1 hipblaslt=0",
    "llama.cpp-rocwmma  hipblaslt=0",
    "llama.cpp-rocwmma -fa 1 hipblaslt=0",
)
DEFAULT_PROMPT_TOKENS, DEFAULT_OUTPUT_TOKENS = 512, 256
LARGEST_SOURCE = "XiongjieDai"
Group = tuple[str, str, str, str, str, str]


@dataclass(frozen=True)
class Case:
    """One reading, and what to ask for it."""

    id: str
    group: Group
    metric: str
    truth: float
    model: Model
    quantization: Quantization
    engine: str
    machine: Machine | None
    workload: Workload
    parallel: Parallel
    weights: int
    read: int
    kv_cache_type: str = "f16"
    counts_prompt: bool = False
    doubtful: bool = False

    @property
    def device(self) -> str:
        """The device's id, the unit by which data are split."""
        return self.machine.device.id if self.machine else ""

    @property
    def largest_source(self) -> bool:
        """Whether it comes from the source with the most rows."""
        return LARGEST_SOURCE in self.group[0]


def read_cases(
    base: RuleBase, metrics: tuple[str, ...], *, one_request: bool = True, measured: Path = MEASURED
) -> list[Case]:
    """Return the usable rows of `metrics` in file order; `one_request` keeps batch 1 only."""
    catalogue = catalogue_of(base)
    with measured.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if usable(row, metrics, one_request=one_request)]
    return [case for row in rows if (case := as_case(row, base, catalogue)) is not None]


def usable(row: dict[str, str], metrics: tuple[str, ...], *, one_request: bool) -> bool:
    """Tell whether a row is a measurement of one of `metrics` that can be compared."""
    if row["metric"] not in metrics or row["quant"] not in QUANTIZATIONS:
        return False
    if any(flag in row["flag"] for flag in UNFIT) or row["engine"] in LEFT_OUT_ENGINES:
        return False
    if any(word in row["hardware"] for word in UNNAMED):
        return False
    if row["metric"].endswith("_gb") and row["unit"] not in GIB_PER_UNIT:
        return False
    if row["evidence"] not in ("measured", "file_size"):
        return False
    return not one_request or row["batch_or_concurrency"] in ("1", "")


def as_case(row: dict[str, str], base: RuleBase, catalogue: Catalogue) -> Case | None:
    """Turn a row into a case; None where the hardware or the build is not known."""
    try:
        machine = machine_of(row, catalogue, base.constants.speed)
    except AdvisorError:
        return None
    model, quantization = base.models[model_id(row["model"])], QUANTIZATIONS[row["quant"]]
    engine = ENGINES.get(row["engine"], row["engine"])
    stored = base.quantizations[quantization]
    truth = float(row["value"]) * (GIB_PER_UNIT[row["unit"]] if row["metric"].endswith("_gb") else 1)
    return Case(
        id=row["id"],
        group=tuple(row[key] for key in ("source", "hardware", "hardware_count", "engine", "model", "quant")),
        metric=row["metric"],
        truth=truth,
        model=model,
        quantization=stored,
        engine=engine,
        machine=machine,
        workload=workload_of(row),
        parallel=parallel_of(row, engine, machine),
        weights=weights_bytes(model, stored, base.block_types),
        read=read_bytes_per_token(model, stored, base.block_types),
        kv_cache_type="q8_0" if "kv_q8" in row["flag"] else "f16",
        counts_prompt="input+output" in row["unit"],
        doubtful=any(word in row["hardware"] or word in row["quote"] for word in CONTRADICTED),
    )


def machine_of(row: dict[str, str], catalogue: Catalogue, constants: SpeedConstants) -> Machine | None:
    """Read the machine, what is not known of it filled in as for an estimate; None for rows about a file."""
    if row["hardware"] == "none (file size)":
        return None
    count = int(float(row["hardware_count"] or 1))
    machine = read_hardware({"device": row["hardware"].split(" on ")[0], "count": count}, catalogue)
    device, _ = with_weakest(machine.device, constants)
    return device and machine._replace(device=device)


def model_id(name: str) -> str:
    """Return the id of the instruct model with the shape of the measured one."""
    size = name.split("-", 2)[2]
    if size in ("1b", "3b", "11b-vision", "90b-vision"):
        return f"llama-3.2-{size}-instruct"
    return f"llama-3.1-{size}-instruct"


def workload_of(row: dict[str, str]) -> Workload:
    """Return prompt, output and context, with a short chat where the source is silent."""
    prompt, output, context, batch = (
        int(float(row[key])) if row[key].replace(".", "").isdigit() else None
        for key in ("prompt_len", "gen_len", "context", "batch_or_concurrency")
    )
    if prompt is None and output is None:
        prompt, output = DEFAULT_PROMPT_TOKENS, DEFAULT_OUTPUT_TOKENS
    prompt, output = prompt or 0, 128 if output is None else output
    return Workload(
        context_tokens=context or prompt + output,
        prompt_tokens=prompt,
        output_tokens=output,
        concurrent_requests=batch or 1,
    )


def parallel_of(row: dict[str, str], engine: str, machine: Machine | None) -> Parallel:
    """Return how the engine spreads over several devices."""
    if machine is None or machine.devices == 1:
        return "none"
    return "tensor" if engine in TENSOR_ENGINES or "split_tensor" in row["flag"] else "layer"


def rule_base() -> RuleBase:
    """Load the shipped rule base."""
    return load_rules()
