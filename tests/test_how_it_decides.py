"""The sums that docs/how-it-decides.md does by hand are the engine's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from llama_advisor.engine.rules import load_rules
from llama_advisor.sizing import quality
from tests.docs_examples import examples

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "how-it-decides.md"


def test_the_page_says_what_the_engine_computes(run: Run) -> None:
    text = PAGE.read_text(encoding="utf-8")
    prose = text[text.index("## 1.") :]
    command = examples(PAGE)[0][0]
    assert command.endswith("--as-of 2026-11-24")
    done = run(
        "recommend",
        *("--use-case", "summarization", "--hardware", "RTX 3060 12GB", "--context", "32768"),
        *("--as-of", "2026-11-24", "--why", "--format", "json"),
    )
    advice = json.loads(done.stdout)
    first = advice["ranking"][0]
    base = load_rules()
    model, quantization = base.models[first["model"]], base.quantizations[first["quantization"]]
    case = base.use_cases["summarization"]
    mix = quality.model_quality(model, (case,), base)
    assert mix is not None
    weights = {item["criterion"]: item["weight"] for item in advice["robustness"]["weights"]}
    memory = first["memory"]
    for said in (
        f"The mix is {mix:.1f}",
        f"keeps {quality.kept_share(model, quantization, base) * 100:.1f} %",
        f"quality weighs\n{weights['quality']:.2f}",
        f"{memory['weights_gib']:.2f} GiB of weights",
        f"{memory['kv_cache_gib']:.2f} GiB in 8",
        f"{memory['overhead_gib']:.2f} GiB for the engine",
        f"needs {memory['total_gib']:.2f} GiB",
        f"of the {memory['available_gib']:.2f} GiB beside it",
        f"{first['speed']['decode_tokens_per_s']['mid']:.1f} tokens per second",
        *(
            f"| {quality.scaled(model.scores[name], name, base):.1f} | {share} |"
            for name, share in case.benchmarks.items()
        ),
    ):
        assert said in prose, said
