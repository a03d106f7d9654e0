"""Readings that are kept: the layer they are written to, and what answers make of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.device import Machine
from llama_advisor.knowledge.verifying import Measurement
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.layouts import Layout, Sizes, machine_parts
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.text.errors import RuleBaseError
from llama_advisor.text.record import validate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llama_advisor.sizing.figures import Speed

    Call = Callable[..., tuple[int, str, str]]
    Make = Callable[[dict[str, str]], Path]

BUILD = ("llama3.1:8b", "--hardware", "RTX 4090", "--as-of", "2026-11-26")
SIZED: dict[str, Any] = {
    "model": "8b",
    "quantization": "q4_k_m",
    "engine": "llama.cpp",
    "hardware": "RTX 4090",
    "context_tokens": 8192,
    "prompt_tokens": 2048,
    "output_tokens": 512,
}
KEPT: dict[str, Any] = {
    "id": "bot",
    "model": "llama-3.1-8b-instruct",
    "quantization": "q4_k_m",
    "engine": "llama.cpp",
    "device": "rtx-4090",
    "context_tokens": 8192,
    "prompt_tokens": 2048,
    "output_tokens": 512,
    "measured": "2026-11-20",
}
PROJECT = """\
version: 1
deployments:
  - name: bot
    requirements: {use_cases: [chat], hardware: RTX 4090, min_tokens_per_s: 100, max_first_token_s: 0.5}
    choice: {model: llama-3.1-8b-instruct, quantization: q4_k_m, engine: llama.cpp}
"""


def holding(*entries: dict[str, Any]) -> dict[str, str]:
    return {"measurements.yaml": json.dumps({"measurements": [KEPT | entry for entry in entries]})}


def sized(layer: Path | None = None, **fields: Any) -> Speed:
    found = Sizer(load_rules(*[layer] if layer else [])).estimate(EstimateRequest.model_validate(SIZED | fields)).speed
    assert found is not None
    return found


def test_the_kept_file_is_the_one_that_the_page_shows(
    call: Call, samples: dict[str, Path], tmp_path: Path, root: Path
) -> None:
    code, _, err = call("verify", str(samples["llama-bench"]), *BUILD, "--keep", str(tmp_path / "own"))
    assert (code, err) == (0, "")
    shown = root / "docs" / "examples" / "measured" / "measurements.yaml"
    assert (tmp_path / "own" / "measurements.yaml").read_text("utf-8") == shown.read_text("utf-8")


def test_what_is_there_stays_and_the_same_build_at_the_same_lengths_is_replaced(
    call: Call, samples: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "measurements.yaml"
    path.write_text(json.dumps({"measurements": [KEPT | {"decode_tokens_per_s": 60}], "sources": []}), "utf-8")
    keep = (str(samples["llama-bench"]), *BUILD, "--keep", str(tmp_path))
    assert call("verify", *keep)[0] == 0
    once = path.read_text("utf-8")
    assert call("verify", *keep)[0] == 0
    assert path.read_text("utf-8") == once
    assert len(load_rules(tmp_path).measurements) == 3


def test_what_is_kept_beside_what_is_no_file_is_refused_by_name(
    samples: dict[str, Path], call: Call, tmp_path: Path
) -> None:
    (tmp_path / "measurements.yaml").mkdir()
    code, _, err = call("verify", str(samples["llama-bench"]), *BUILD, "--keep", str(tmp_path))
    assert (code, err) == (2, f"llama-advisor: --keep {tmp_path}/measurements.yaml: Is a directory\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("measurements: 5\n", "it holds no `measurements:` with a list of entries"),
        ("- 5\n", "it holds no `measurements:` with a list of entries"),
        ("measurements: [5]\n", "it holds no `measurements:` with a list of entries"),
        ("measurements: [{id: [1]}]\n", "it holds no `measurements:` with a list of entries"),
        ("measurements: [\n", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_layer_is_left_as_it_is(
    content: str, message: str, call: Call, samples: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "measurements.yaml"
    path.write_text(content, "utf-8")
    code, _, err = call("verify", str(samples["llama-bench"]), *BUILD, "--keep", str(tmp_path))
    assert (code, err.count("\n")) == (2, 1)
    assert message in err
    assert path.read_text("utf-8") == content


def test_what_no_later_answer_could_use_is_not_kept(call: Call, samples: dict[str, Path], tmp_path: Path) -> None:
    log = call("verify", str(samples["vllm-start"]), "8b", "--hardware", "L40S", "--keep", str(tmp_path / "own"))
    assert log[0] == 2
    assert "there is no speed on one node to keep" in log[2]
    unnamed = ("8b", "--memory-gb", "24", "--bandwidth-gb-s", "900", "--quantization", "q4_k_m")
    other = call("verify", str(samples["llama-bench"]), *unnamed, "--keep", str(tmp_path / "own"))
    assert other[0] == 2
    assert "name a device that is listed" in other[2]
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize(
    "field", [{"model": "llama-9"}, {"device": "rtx-4091"}, {"engine": "vlm"}, {"quantization": "q9"}, {"count": 0}]
)
def test_an_entry_that_names_what_is_not_there_is_told(field: dict[str, Any], layer: Make) -> None:
    with pytest.raises(RuleBaseError, match=r"measurements\.yaml:1:"):
        load_rules(layer(holding(field))).measurements["bot"]


def test_at_its_own_lengths_the_measurement_is_the_prediction(layer: Make) -> None:
    found = sized(layer(holding({"decode_tokens_per_s": 60, "first_token_s": 0.9})))
    low, mid, high = found.decode_tokens_per_s
    assert mid == pytest.approx(60, rel=1e-3)
    assert (low, high) == (pytest.approx(60 / 1.05, rel=1e-3), pytest.approx(60 * 1.05, rel=1e-3))
    assert found.first_token_s.mid == pytest.approx(0.9, rel=1e-3)
    assert found.first_token_s.high < 0.9 * 1.06
    assert found.basis.startswith("measured here on 2026-11-20: 0.46 times the predicted rate and ")


def test_a_measured_speed_of_reading_outweighs_a_first_token(layer: Make) -> None:
    found = sized(layer(holding({"prefill_tokens_per_s": 5000, "first_token_s": 9.0})))
    assert found.prefill_tokens_per_s.mid == pytest.approx(5000, rel=1e-3)
    assert found.decode_tokens_per_s == sized().decode_tokens_per_s


def test_other_lengths_are_corrected_too_with_less_trust(layer: Make) -> None:
    place = layer(holding({"decode_tokens_per_s": 60}))
    longer, plain = (sized(where, prompt_tokens=100_000, context_tokens=120_000) for where in (place, None))
    near = sized(place).decode_tokens_per_s
    found, usual = longer.decode_tokens_per_s, plain.decode_tokens_per_s
    ratio = 60 / sized().decode_tokens_per_s.mid
    assert found.mid == pytest.approx(usual.mid * ratio, rel=1e-3)
    assert near.high / near.low < found.high / found.low <= usual.high / usual.low * 1.001


def test_measurements_that_differ_are_trusted_less(layer: Make) -> None:
    two = {"id": "again", "decode_tokens_per_s": 80}
    low, mid, high = sized(layer(holding({"decode_tokens_per_s": 60}, two))).decode_tokens_per_s
    assert mid == pytest.approx((60 * 80) ** 0.5, rel=1e-3)
    assert low <= mid * 0.9
    assert high >= mid * 1.05


def test_each_measured_length_keeps_its_measurement(layer: Make) -> None:
    """One factor for all put a build that was measured at three depths up to a third off at each of them."""
    deep = {"context_tokens": 40_000, "output_tokens": 128}
    rates = {0: 130.0, 8192: 110.0, 32_768: 90.0}
    entries = [
        {"id": f"d{depth}", "prompt_tokens": depth, "decode_tokens_per_s": rate} for depth, rate in rates.items()
    ]
    kept = layer(holding(*(entry | deep for entry in entries)))
    found = [sized(kept, prompt_tokens=max(1, depth), **deep) for depth in (*rates, 16_384)]
    *own, between = [speed.decode_tokens_per_s for speed in found]
    assert [rate.mid for rate in own] == pytest.approx([*rates.values()], rel=1e-3)
    assert all(rate.high / rate.low < 1.11 for rate in (*own, between))
    assert 90 < between.mid < 110
    assert re.search(r": 0\.\d\d to 1\.\d\d times the predicted rate$", found[0].basis)


@pytest.mark.parametrize(
    "other",
    [
        {"hardware": "RTX 3090"},
        {"hardware": "2x RTX 4090", "split": "layers"},
        {"bandwidth_gb_s": 900},
        {"quantization": "q8_0"},
        {"engine": "ollama"},
    ],
)
def test_another_build_is_left_as_it_is(other: dict[str, Any], layer: Make) -> None:
    assert sized(layer(holding({"decode_tokens_per_s": 60})), **other) == sized(**other)


def test_recommend_says_that_it_was_measured(call: Call, layer: Make) -> None:
    said = ("--use-case", "chat", "--hardware", "RTX 4090", "--engine", "llama.cpp", "--only-model", "8b")
    own = ("--only-quantization", "q4_k_m", "--rules", str(layer(holding({"decode_tokens_per_s": 60}))))
    _, out, _ = call("recommend", *said, *own, "--format", "json")
    speed = json.loads(out)["recommendation"]["speed"]
    assert speed["basis"] == "measured here on 2026-11-20: 0.46 times the predicted rate"
    assert 50 < speed["decode_tokens_per_s"]["mid"] < 65


@pytest.mark.parametrize(("measured", "told"), [({"decode_tokens_per_s": 200}, False), ({"first_token_s": 0.2}, True)])
def test_what_was_measured_here_is_not_said_to_be_predicted(
    measured: dict[str, float], told: bool, call: Call, layer: Make
) -> None:
    said = ("--use-case", "chat", "--hardware", "H100 PCIe", "--engine", "llama.cpp", "--only-model", "8b")
    own = ("--only-quantization", "q4_k_m", "--rules", str(layer(holding({"device": "h100-pcie-80gb", **measured}))))
    _, out, _ = call("recommend", *said, *own, "--format", "json")
    assert ("faster-than-predicted" in out) is told


@pytest.mark.parametrize(
    ("measured", "said"),
    [({"decode_tokens_per_s": 60}, "tokens/s at most, 100"), ({"first_token_s": 9.0}, "first token")],
)
def test_check_holds_a_deployment_to_what_was_measured(
    measured: dict[str, Any], said: str, call: Call, layer: Make, tmp_path: Path
) -> None:
    project = tmp_path / "llama-advisor.yaml"
    project.write_text(PROJECT, "utf-8")
    assert call("check", str(project))[0] == 0
    code, out, _ = call("check", str(project), "--rules", str(layer(holding(measured))))
    assert code == 1
    assert "LA109 error" in out
    assert said in out


BASE = load_rules()
LLAMA = BASE.models["llama-3.1-8b-instruct"]
rates = st.one_of(st.none(), st.floats(0.1, 1e5))
MEASURED = st.lists(
    st.fixed_dictionaries(
        {
            "prompt_tokens": st.integers(0, 60_000),
            "output_tokens": st.integers(1, 4000),
            "concurrent_requests": st.integers(1, 64),
            "decode_tokens_per_s": rates,
            "prefill_tokens_per_s": rates,
            "first_token_s": rates,
        }
    ),
    min_size=1,
    max_size=3,
)


def speeds(entries: list[dict[str, Any]], *loads: Workload) -> list[Speed]:
    base = load_rules()
    kept = (validate(Measurement, KEPT | entry | {"id": str(number)}) for number, entry in enumerate(entries))
    base.__dict__["measurements"] = {item.id: item for item in kept}
    engine, quantization = base.engines["llama.cpp"], base.quantizations["q4_k_m"]
    (part,) = machine_parts(engine, Machine(device=base.devices["rtx-4090"]), LLAMA.architecture)
    layout = Layout(Sizes(base), (LLAMA, quantization, engine), part, "f16", offload=False, with_image=False)
    found = [layout.speed_of(load, load.concurrent_requests, layout.measure(load)) for load in loads]
    return [speed for speed in found if speed is not None]


def work(prompt: int, output: int, requests: int) -> Workload:
    return Workload(prompt + output, prompt, output, requests)


@settings(max_examples=100)
@given(MEASURED, st.integers(1, 60_000), st.integers(1, 2000), st.integers(1, 32), st.integers(1, 9))
def test_whatever_was_measured_more_load_is_never_faster(
    entries: list[dict[str, Any]], prompt: int, output: int, requests: int, more: int
) -> None:
    loads = ((prompt, requests), (prompt + 999 * more, requests), (prompt, requests + more))
    less, longer, busier = speeds(entries, *(work(size, output, count) for size, count in loads))
    for slower in (longer, busier):
        for mine, theirs in zip(slower.decode_tokens_per_s, less.decode_tokens_per_s, strict=True):
            assert mine <= theirs * (1 + 1e-9)
        for mine, theirs in zip(slower.first_token_s, less.first_token_s, strict=True):
            assert mine >= theirs * (1 - 1e-9)


@settings(max_examples=100)
@given(MEASURED, st.integers(1, 60_000), st.integers(1, 2000), st.integers(1, 64))
def test_whatever_was_measured_no_end_passes_what_the_hardware_allows(
    entries: list[dict[str, Any]], prompt: int, output: int, requests: int
) -> None:
    (found,) = speeds(entries, work(prompt, output, requests))
    device = BASE.devices["rtx-4090"]
    least_bytes = Sizes(BASE).read(LLAMA, "q4_k_m", None, with_image=False)
    assert found.decode_tokens_per_s.high <= (device.bandwidth_gb_s or 0) * 1e9 / least_bytes * (1 + 1e-9)
    for low, mid, high in found[:4]:
        assert 0 < low <= mid * (1 + 1e-9)
        assert mid <= high * (1 + 1e-9)
