"""Facts that an audit of the rule base found wrong: what is asked of the tool or the base, and what must be there."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.api import estimate
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.rules import load_rules
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.sizing.support import quantization_support, runs_on
from llama_advisor.upkeep.lint import lint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llama_advisor.engine.advice import Advice

BASE = load_rules()
TODAY = date(2026, 11, 26)
ADVISOR = Advisor(BASE, TODAY)
CHAT: dict[str, Any] = {"use_cases": ["chat"]}
VISION: dict[str, Any] = {"use_cases": ["image-understanding"], "domicile": "US", "languages": ["en"]}
FORGETS: dict[str, Any] = CHAT | {"symptoms": ["forgets_context"]}


def advice(said: dict[str, Any]) -> Advice:
    """Answer a scenario; `on` names engine, quantization and model as hard limits."""
    said = dict(said)
    keys = ("engines", "quantizations", "models")
    only = {key: [name] for key, name in zip(keys, said.pop("on", ()), strict=False) if name}
    return ADVISOR.advise(Scenario.model_validate(said | ({"only": only} if only else {})))


COMMANDS = [
    # row, scenario, what the commands contain, what they do not
    (
        "3 base tag",
        {"hardware": "RTX 4090", "fine_tuning": "lora", "on": ("", "", "llama-3.1-8b-instruct")},
        "",
        "text-q4",
    ),
    (
        "7 fp8 of 405B",
        {"hardware": "8x H100", "on": ("vllm", "fp8", "llama-3.1-405b-instruct")},
        "RedHatAI/Meta-Llama",
        "meta-llama/",
    ),
    (
        "8 nf4 in vLLM",
        {"hardware": "RTX 3090", "on": ("vllm", "nf4", "llama-3.1-8b-instruct")},
        "vllm-bnb-plugin|bnb-4bit",
        "-AWQ",
    ),
    (
        "10 tools in vLLM",
        {"hardware": "RTX 4090", "tool_calling": "single", "on": ("vllm",)},
        "--enable-auto-tool-choice --tool-call-parser llama3_json",
        "",
    ),
    (
        "10 tools in SGLang",
        {"hardware": "RTX 4090", "tool_calling": "single", "on": ("sglang",)},
        "--tool-call-parser llama3",
        "",
    ),
    (
        "12 nf4 in Transformers",
        {"hardware": "RTX 3090", "on": ("transformers", "nf4")},
        "--quantization bnb-4bit|bnb-4bit",
        "",
    ),
    (
        "13 qlora in ExecuTorch",
        {"hardware": "Galaxy S25 12GB", "on": ("executorch", "qlora-int4")},
        "QLORA_INT4_EO8-ET|llama_xnnpack_qat",
        "spinquant",
    ),
    (
        "13 bf16 in ExecuTorch",
        {"hardware": "Galaxy S25 12GB", "on": ("executorch", "bf16", "llama-3.2-1b-instruct")},
        "llama_bf16.yaml",
        "spinquant",
    ),
    (
        "22 int8 in TGI",
        {"hardware": "RTX 4090", "on": ("tgi", "int8", "llama-3.2-1b-instruct")},
        "quantized.w8a8",
        "eetq",
    ),
    (
        "90B on one H100",
        VISION | {"hardware": "1x H100", "on": ("", "", "llama-3.2-90b-vision-instruct")},
        "(vllm|sglang) serve|ollama",
        "",
    ),
    (
        "23 90B on a Mac",
        VISION | {"hardware": "Mac Studio M3 Ultra 96GB", "on": ("mlx", "mlx-4bit", "llama-3.2-90b-vision-instruct")},
        "mlx-community/Llama-3.2-90B-Vision-Instruct-4bit",
        "mlx_lm",
    ),
    (
        "30 SGLang's entry",
        {"hardware": "2x RTX 4090", "on": ("sglang", "bf16", "llama-3.1-8b-instruct")},
        "sglang serve .*--tp-size 2",
        "launch_server",
    ),
    (
        "pin of vLLM",
        VISION | {"hardware": "1x H100", "on": ("vllm", "fp8", "llama-3.2-11b-vision-instruct")},
        "vllm==0.10.2",
        "0.33",
    ),
    (
        "pin of Ollama",
        VISION | {"hardware": "RTX 4090", "on": ("ollama", "q4_k_m", "llama-3.2-11b-vision-instruct")},
        "OLLAMA_VERSION=0.24.0",
        "0.34",
    ),
    ("id in WebLLM", {"target": "browser", "on": ("webllm",)}, r"CreateMLCEngine\(.*-q4f\w+-MLC", ""),
]


@pytest.mark.parametrize(("said", "there", "absent"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS])
def test_commands(said: dict[str, Any], there: str, absent: str) -> None:
    build = advice(CHAT | said).recommendation
    assert build
    run = "\n".join(item.run for item in build.commands)
    assert re.search(there, run, re.DOTALL), run
    assert not absent or absent not in run


def told(answer: Advice) -> str:
    """What an answer says beside its build."""
    said = [item.text for item in (*answer.caveats, *answer.notes, *answer.routes, *answer.wishes)]
    return "\n".join((*said, *(item.excuse.text for item in answer.excluded)))


SENTENCES = [
    # row, scenario, what is said, what is not
    (
        "2 no file of 90B in 3 bits",
        VISION
        | {
            "hardware": "RTX A6000 48GB",
            "engine": "ollama",
            "quantization": "q3_k_m",
            "on": ("", "", "llama-3.2-90b-vision-instruct"),
        },
        "no .*file",
        "instruct-q3",
    ),
    (
        "14 fp8 unasked",
        CHAT | {"hardware": "RTX 3090", "on": ("vllm", "fp8")},
        "answers come faster than at 16 bits but prompts are read no faster",
        "no time",
    ),
    (
        "14 fp8 wished",
        CHAT | {"hardware": "RTX 3090", "quantization": "fp8"},
        "speeds up answers but not the reading of prompts",
        "",
    ),
    (
        "18 not commercial",
        CHAT | {"hardware": "RTX 4090", "commercial": False},
        "for money or not: show .Built with Llama.*.Notice. file.*trained on its outputs",
        "",
    ),
    (
        "18 outputs",
        {"use_cases": ["synthetic-data"], "hardware": "RTX 4090"},
        "trained on its outputs has a name that begins with .Llama",
        "",
    ),
    ("18 own use", CHAT | {"hardware": "RTX 4090"}, "", "Built with Llama"),
    (
        "19 3.1",
        CHAT | {"hardware": "RTX 4090", "monthly_active_users": 8 * 10**8, "on": ("", "", "llama-3.1-8b-instruct")},
        "700,000,000 monthly users in 2024-06, the month before Llama 3.1 8B",
        "needs a licence",
    ),
    (
        "19 3.2",
        CHAT | {"hardware": "RTX 4090", "monthly_active_users": 8 * 10**8, "on": ("", "", "llama-3.2-3b-instruct")},
        "in 2024-08, the month before Llama 3.2 3B .* which you are was not said",
        "",
    ),
    ("20 Ollama", FORGETS | {"hardware": "RTX 4090", "on": ("ollama",)}, "Ollama cuts without a word", "refuse"),
    ("20 vLLM", FORGETS | {"hardware": "RTX 4090", "on": ("vllm",)}, "vLLM refuses, with status 400", "without a word"),
    (
        "20 SGLang",
        FORGETS | {"hardware": "RTX 4090", "on": ("sglang",)},
        "SGLang refuses, with status 400",
        "without a word",
    ),
    (
        "20 llama.cpp",
        FORGETS | {"hardware": "RTX 4090", "on": ("llama.cpp",)},
        "exceed_context_size_error",
        "without a word",
    ),
    (
        "20 MLX, not known",
        FORGETS | {"hardware": "M2 Max 64GB", "on": ("mlx",)},
        "set [0-9,]+ tokens",
        "(MLX|refuse|without a word)",
    ),
    (
        "images are a caveat",
        VISION | {"hardware": "1x H100", "images_per_prompt": 3, "on": ("sglang",)},
        "made for 1 image per prompt: 3 are taken",
        "",
    ),
    (
        "images in Ollama",
        VISION | {"hardware": "1x H100", "images_per_prompt": 3, "engine": "ollama"},
        "Ollama takes 1 image per prompt, 3 are needed",
        "",
    ),
    (
        "schema of a small hosted model",
        {
            "use_cases": ["extraction"],
            "target": "hosted",
            "structured_output": True,
            "on": ("", "", "llama-3.2-3b-instruct"),
        },
        "per model at each provider",
        "not known to be held",
    ),
    (
        "schema of vision on a Mac",
        VISION | {"hardware": "M2 Max 64GB", "structured_output": True, "on": ("mlx",)},
        "",
        "cannot hold answers to a schema",
    ),
    (
        "schema of text on a Mac",
        CHAT | {"hardware": "M2 Max 64GB", "structured_output": True, "on": ("mlx",)},
        "MLX cannot hold answers to a schema",
        "",
    ),
    (
        "families that see",
        VISION | {"hardware": "RTX 4090", "inputs": ["text", "video"]},
        "Qwen3.5 or Gemma 4",
        "Pixtral",
    ),
    ("families that speak", CHAT | {"hardware": "RTX 4090", "languages": ["sw"]}, "", "Gemma 2,"),
    ("families that complete", {"use_cases": ["code-completion"], "hardware": "RTX 4090"}, "Codestral", "StarCoder"),
    ("guards", {"use_cases": ["moderation"], "hardware": "RTX 4090"}, "Llama Guard 4", ""),
]


@pytest.mark.parametrize(("said", "there", "absent"), [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_sentences(said: dict[str, Any], there: str, absent: str) -> None:
    text = told(advice(said))
    assert re.search(there, text), text
    assert not absent or not re.search(absent, text), text


def tags(model: str) -> list[str]:
    """Tags of the Ollama library that are listed for a model."""
    return [item.name for item in BASE.models[model].artifacts.published if item.stored_as == "ollama"]


def runs(engine: str, model: str, quantization: str, device: str) -> str | None:
    """How an engine runs a quantization on a device; "no" where it does not run there at all."""
    found = BASE.devices[device]
    how = quantization_support(BASE.engines[engine], BASE.models[model], BASE.quantizations[quantization], found)
    return how if runs_on(BASE.engines[engine], found) else "no"


def share_of_sixteen_bits(quantization: str, figure: str) -> bool:
    """Whether a build on an A100 is faster than the one in 16 bits."""
    speeds = [
        estimate("llama-3.1-8b-instruct", BASE, hardware="1x A100 80GB", engine="vllm", quantization=name).speed
        for name in (quantization, "bf16")
    ]
    return getattr(speeds[0], figure).mid > getattr(speeds[1], figure).mid


def listed(model: str) -> set[str]:
    """Every file listed for a model."""
    return {item.name for item in BASE.models[model].artifacts.published}


KEPT = {"iq3_m": 97.1, "iq3_s": 96.9, "iq3_xxs": 94.9, "iq2_m": 90.9, "iq2_s": 87.7, "iq2_xs": 84.7, "iq2_xxs": 77.3}
VERSIONS = {
    "vllm": "0.33.0",
    "executorch": "1.5.1",
    "webllm": "0.2.86",
    "sglang": "0.5.23",
    "mlx": "0.32.2",
    "transformers": "5.24.0",
    "tensorrt-llm": "1.2.1",
    "llama.cpp": "b10488",
    "ollama": "0.34.1",
    "tgi": "3.3.7",
}
FACTS: list[tuple[str, Callable[[], Any], Any]] = [
    (
        "2 vision tags",
        lambda: {tag for tag in tags("llama-3.2-90b-vision-instruct") if "q3" in tag or "q2" in tag},
        set(),
    ),
    ("2 no iq4_xs", lambda: [tag for model in BASE.models for tag in tags(model) if "iq4" in tag.lower()], []),
    (
        "2 3.3",
        lambda: {"llama3.3:70b-instruct-q3_K_L", "llama3.3:70b-instruct-q5_K_S"} & set(tags("llama-3.3-70b-instruct")),
        set(),
    ),
    ("3 guards", lambda: [tag for tag in tags("llama-guard-3-8b") if "instruct" in tag], []),
    ("3 base", lambda: [tag for tag in tags("llama-3.1-8b") if tag.count("text") != 1], []),
    (
        "4 TensorRT-LLM",
        lambda: (BASE.engines["tensorrt-llm"].loads, set(BASE.engines["tensorrt-llm"].by_quantization)),
        (("modelopt",), {"bf16", "fp8", "nvfp4"}),
    ),
    ("5 vLLM on V100", lambda: runs("vllm", "llama-3.1-8b-instruct", "bf16", "v100-16gb"), "no"),
    ("6 fp8 on T4", lambda: runs("vllm", "llama-3.1-8b-instruct", "fp8", "t4"), "weight_only"),
    ("14 answers", lambda: share_of_sixteen_bits("fp8", "decode_tokens_per_s"), True),
    ("14 prompts", lambda: share_of_sixteen_bits("fp8", "prefill_tokens_per_s"), False),
    (
        "14 no penalty",
        lambda: [rule.id for rule in BASE.in_folder("preferences") if "weight_only" in str(rule.rule.when)],
        [],
    ),
    ("15 SGLang nf4 vision", lambda: runs("sglang", "llama-3.2-11b-vision-instruct", "nf4", "rtx-4090"), "native"),
    ("16 SGLang int8 on T4", lambda: runs("sglang", "llama-3.1-8b-instruct", "int8", "t4"), "no"),
    ("17 SGLang share", lambda: BASE.constants.memory.engines["sglang"].usable_share, 0.85),
    ("21 TGI", lambda: BASE.engines["tgi"].status, "archived"),
    (
        "23 MLX requests",
        lambda: (BASE.engines["mlx"].concurrent_requests, BASE.engines["mlx"].most_requests),
        ("continuous", 32),
    ),
    (
        "24 vision tools",
        lambda: {BASE.models[f"llama-3.2-{size}-vision-instruct"].tools.formats for size in ("11b", "90b")},
        {("json", "function-tag")},
    ),
    *[
        (f"25 {name}", lambda name=name: BASE.quantizations[name].quality_kept_percent, kept)
        for name, kept in (KEPT | {"q2_k_s": 88.7}).items()
    ],
    (
        "25 judged",
        lambda: [
            name
            for name, item in BASE.quantizations.items()
            if item.format == "gguf" and "judged by its bits" in item.quality_basis
        ],
        [],
    ),
    (
        "26 source",
        lambda: [item.says for item in BASE.rules["phone-reach"].rule.sources if "8 GB" in (item.says or "")] != [],
        True,
    ),
    ("28 Jetson", lambda: "edge" in BASE.engines["vllm"].targets, True),
    ("KV cache in FP8 on Turing", lambda: BASE.engines["vllm"].cache_types("turing"), ("f16",)),
    ("WebLLM has 70B", lambda: BASE.engines["webllm"].maximum_parameters_b, None),
    (
        "shares of TGI and TensorRT-LLM",
        lambda: [
            name
            for name in ("tgi", "tensorrt-llm")
            if "usable_share" in BASE.constants.memory.engines[name].provenance.unverified
        ],
        [],
    ),
    (
        "torchtune",
        lambda: (
            "No longer maintained" in BASE.trainers["torchtune"].note
            and "torchtune" not in BASE.engines["transformers"].aliases
        ),
        True,
    ),
    *[
        (f"version of {name}", lambda name=name: BASE.engines[name].version, version)
        for name, version in VERSIONS.items()
    ],
    (
        "files of 8B",
        lambda: (
            {"nvidia/Llama-3.1-8B-Instruct-FP8", "nvidia/Llama-3.1-8B-Instruct-NVFP4"} - listed("llama-3.1-8b-instruct")
        ),
        set(),
    ),
    (
        "files of 70B",
        lambda: (
            {
                "nvidia/Llama-3.1-70B-Instruct-FP8",
                "nvidia/Llama-3.1-70B-Instruct-NVFP4",
                "RedHatAI/Meta-Llama-3.1-70B-Instruct-quantized.w4a16",
            }
            - listed("llama-3.1-70b-instruct")
        ),
        set(),
    ),
    (
        "files of 405B",
        lambda: (
            {
                "nvidia/Llama-3.1-405B-Instruct-FP8",
                "nvidia/Llama-3.1-405B-Instruct-NVFP4",
                "RedHatAI/Meta-Llama-3.1-405B-Instruct-FP8",
                "RedHatAI/Meta-Llama-3.1-405B-Instruct-quantized.w4a16",
            }
            - listed("llama-3.1-405b-instruct")
        ),
        set(),
    ),
    (
        "files of 11B",
        lambda: {"unsloth/Llama-3.2-11B-Vision-Instruct-bnb-4bit"} - listed("llama-3.2-11b-vision-instruct"),
        set(),
    ),
    (
        "files of 90B",
        lambda: (
            {"unsloth/Llama-3.2-90B-Vision-Instruct-bnb-4bit", "mlx-community/Llama-3.2-90B-Vision-Instruct-4bit"}
            - listed("llama-3.2-90b-vision-instruct")
        ),
        set(),
    ),
    (
        "files for phones",
        lambda: (
            {
                "executorch-community/Llama-3.2-1B-Instruct-SpinQuant_INT4_EO8-ET",
                "executorch-community/Llama-3.2-1B-Instruct-QLORA_INT4_EO8-ET",
            }
            - listed("llama-3.2-1b-instruct")
        ),
        set(),
    ),
    ("region of a2-highgpu-1g", lambda: BASE.rentals["gcp/a2-highgpu-1g"].region, "us-central1"),
    (
        "9 Azure",
        lambda: [
            BASE.rentals[f"azure/standard_{name}"].usd_per_hour
            for name in ("nc48ads_a100_v4", "nc96ads_a100_v4", "nc80adis_h100_v5")
        ],
        [7.346, 14.692, 13.96],
    ),
    (
        "19 days of the licence",
        lambda: {
            (model.family, str(model.licence.tested_on))
            for model in BASE.models.values()
            if "guard" not in model.family
        },
        {("llama-3.1", "2024-07-23"), ("llama-3.2", "2024-09-25"), ("llama-3.3", "2024-12-06")},
    ),
]


@pytest.mark.parametrize(("read", "expected"), [row[1:] for row in FACTS], ids=[row[0] for row in FACTS])
def test_facts(read: Callable[[], Any], expected: Any) -> None:
    assert read() == expected


def test_a_cloud_charges_each_device_of_a_family_alike() -> None:
    """A price with another system's licence, or of another offer, stands out beside its siblings."""
    families = defaultdict(list)
    for row in BASE.rentals.values():
        if row.instance and row.ram_gib and not row.unverified:
            day = row.as_of or "undated"
            key = (row.cloud, row.region, row.device, round(row.ram_gib / row.count / 8), day)
            families[key].append(row.usd_per_hour / row.count)
    assert sum(len(prices) > 1 for prices in families.values()) > 1
    assert {key: prices for key, prices in families.items() if max(prices) > min(prices) * 1.02} == {}


def test_no_rental_price_is_one_of_a_spot_offer() -> None:
    rows = BASE.rentals.values()
    assert [row.id for row in rows if row.spot_usd_per_hour and row.spot_usd_per_hour >= row.usd_per_hour] == []
    cards = {row.id: BASE.devices[row.device] for row in rows}
    cheaper = [
        (one.id, other.id)
        for one in rows
        for other in rows
        if (one.cloud, one.as_of) == (other.cloud, other.as_of)
        and cards[one.id].kind == cards[other.id].kind == "consumer-gpu"
        and (cards[one.id].memory_gib or 0) > (cards[other.id].memory_gib or 0)
        and (cards[one.id].bandwidth_gb_s or 0) > (cards[other.id].bandwidth_gb_s or 0)
        and one.usd_per_hour / one.count < other.usd_per_hour / other.count
    ]
    assert cheaper == []


LIVES = [
    # kind, row, days from its own day for which it is good
    ("rentals", "azure/standard_nc24ads_a100_v4", 365),
    ("rentals", "lambda/1x-a10", 180),
    ("rentals", "vast-ai/1x-rtx-4090", 60),
    ("hosted", next(iter(BASE.hosted)), 90),
    ("engines", "vllm", 180),
    ("sources", "lm31lic", 400),
]


@pytest.mark.parametrize(("kind", "name", "days"), LIVES, ids=[f"{row[0]} {row[1]}" for row in LIVES])
def test_each_row_expires_from_its_own_day(kind: str, name: str, days: int) -> None:
    row = getattr(BASE, kind)[name]
    last = (row.as_of if kind in {"rentals", "hosted"} else row.read) + timedelta(days=days)
    assert BASE.expired(kind, name, last) is None
    assert f"{days + 1} days old; such rows are good for {days} days" in str(
        BASE.expired(kind, name, last + timedelta(days=1))
    )


def test_every_engine_says_when_it_was_read() -> None:
    assert [engine.id for engine in BASE.engines.values() if engine.read is None] == []


def test_an_answer_names_the_expired_rows_it_used() -> None:
    said = Scenario.model_validate(CHAT | {"target": "cloud", "only": {"engines": ["vllm"]}})
    undated = ADVISOR.advise(said).expired
    later = Advisor(BASE, TODAY + timedelta(days=181)).advise(said).expired
    assert [re.sub(r"price \S+", "price X", text) for text in undated] == [
        "the price X is undated, so its age is not known"
    ]
    assert later == (
        "what is known of vLLM 0.33.0 is of 2026-11-26, 181 days old; such rows are good for 180 days",
        *undated,
    )
    own = Scenario.model_validate(CHAT | {"hardware": "RTX 4090", "only": {"engines": ["vllm"]}})
    assert ADVISOR.advise(own).expired == ()


def test_no_day_turns_the_lints_red() -> None:
    """What has expired is noted, whatever the day: no day of the calendar makes them fail or warn."""
    severity = {name: kind.severity for name, kind in BASE.finding_kinds.items()}

    def louder(day: date) -> set[str]:
        return {item.text for item in lint(BASE, day) if severity[item.code] != "note"}

    assert louder(TODAY) == louder(date(2036, 1, 1))
    noted = [item.code for item in lint(BASE, date(2036, 1, 1))]
    assert {"LR305", "LR306", "LR307", "LR308"} <= set(noted)


def test_a_row_of_a_layer_without_a_day_is_said_to_have_none(layer: Callable[[dict[str, str]], Path]) -> None:
    own = load_rules(layer({"engines/vllm.yaml": "id: vllm\nread: null\n"}))
    said = Scenario.model_validate(CHAT | {"hardware": "RTX 4090", "only": {"engines": ["vllm"]}})
    assert "vLLM 0.33.0 is undated" in "".join(Advisor(own, TODAY).advise(said).expired)
