"""What is read of each tool's output, and that nothing else that a file may hold brings the program down."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llama_advisor.deploy.readings import MEASURES, read
from llama_advisor.deploy.verify import verify
from llama_advisor.engine.rules import load_rules
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AS_OF = date(2026, 11, 24)
BASE = load_rules()
FORMATS = BASE.verifying.formats
SIZER = Sizer(BASE)
REQUEST = EstimateRequest.model_validate({"model": "8b", "quantization": "fp8", "hardware": "L40S"})
EXPECTED: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "llama-bench": (
        "llama.cpp",
        [
            {
                "prefill_tokens_per_s": 11200.104112,
                "weights_gib": 4.5755,
                "prompt_tokens": 512,
                "engine_version": "5163",
                "parameters": 8030261312.0,
            },
            {
                "decode_tokens_per_s": 128.881588,
                "weights_gib": 4.5755,
                "prompt_tokens": 4096,
                "output_tokens": 128,
                "engine_version": "5163",
                "parameters": 8030261312.0,
            },
        ],
    ),
    "bench-serve": (
        "",
        [
            {
                "decode_tokens_per_s": 22.8833,
                "first_token_s": 0.6125,
                "total_tokens_per_s": 331.2,
                "concurrent_requests": 16,
                "prompt_tokens": 1024,
                "output_tokens": 128,
                "model": "meta-llama/Llama-3.1-8B-Instruct",
            }
        ],
    ),
    "ollama": (
        "ollama",
        [
            {
                "decode_tokens_per_s": 57.66,
                "prefill_tokens_per_s": 2959.27,
                "total_gib": 5.7742,
                "context_tokens": 4096,
                "prompt_tokens": 1024,
                "output_tokens": 160,
                "model": "llama3.1:8b",
            }
        ],
    ),
    "vllm-start": (
        "vllm",
        [
            {
                "device_weights_gib": 14.99,
                "kv_cache_tokens": 157936,
                "context_tokens": 131072,
                "engine_version": "0.14.1",
            }
        ],
    ),
    "sglang": ("sglang", [{"device_weights_gib": 15.02, "kv_cache_tokens": 38141, "context_tokens": 32768}]),
    "vllm-metrics": (
        "vllm",
        [{"decode_tokens_per_s": 16.6667, "first_token_s": 0.095, "prompt_tokens": 512, "output_tokens": 128}],
    ),
    "sglang-metrics": (
        "sglang",
        [{"decode_tokens_per_s": 16.6667, "first_token_s": 0.095, "prompt_tokens": 512, "output_tokens": 128}],
    ),
    "llama-server-metrics": ("llama.cpp", [{"decode_tokens_per_s": 117.94, "prefill_tokens_per_s": 3288.72}]),
}


def test_each_format_has_a_sample(samples: dict[str, Path]) -> None:
    assert set(samples) == set(EXPECTED)
    found = {read(path.read_text("utf-8"), name, FORMATS).tool for name, path in samples.items()}
    assert found == {item.name for item in FORMATS}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_read_to_these_figures(name: str, samples: dict[str, Path]) -> None:
    found = read(samples[name].read_text("utf-8"), name, FORMATS)
    engine, readings = EXPECTED[name]
    assert found.engine == engine
    told = [plain(reading, exclude_defaults=True) for reading in found.readings]
    assert told == [
        {key: pytest.approx(value, rel=1e-4) if isinstance(value, float) else value for key, value in each.items()}
        for each in readings
    ]


def test_objects_on_lines_are_read_alike(samples: dict[str, Path]) -> None:
    rows = json.loads(samples["llama-bench"].read_text("utf-8"))
    lines = "\r\n".join(json.dumps(row) for row in rows)
    assert read(lines, "x", FORMATS) == read(json.dumps(rows), "x", FORMATS)


def test_of_several_runs_the_last_counts() -> None:
    lines = ("eval rate:            50.00", "prompt eval rate:     100.00", "eval rate:            60.00", "")
    (reading,) = read(" tokens/s\n".join(lines), "x", FORMATS).readings
    assert (reading.decode_tokens_per_s, reading.prefill_tokens_per_s) == (60.0, 100.0)


def test_a_prompt_read_at_a_depth_is_no_reading_beside_others() -> None:
    row = {"model_size": 4912898304, "avg_ts": 9091.0, "n_prompt": 512, "n_gen": 0, "n_depth": 0}
    deep = row | {"n_depth": 8192}
    (reading,) = read(json.dumps([deep, row, deep]), "x", FORMATS).readings
    assert reading.prefill_tokens_per_s == 9091.0
    (alone,) = read(json.dumps([deep]), "x", FORMATS).readings
    assert (alone.prefill_tokens_per_s, alone.weights_gib) == (None, pytest.approx(4.5755, rel=1e-4))


def test_a_run_that_generated_after_a_prompt_is_neither_speed() -> None:
    with pytest.raises(InputError):
        read('[{"n_prompt": 512, "n_gen": 128, "avg_ts": 900.0}]', "x", FORMATS)


@pytest.mark.parametrize("text", ["", " \n", "hello", "{}", "[]", "[1, 2]", '{"a": ', '{"avg_ts": "fast"}', "[" * 5000])
def test_what_holds_no_figure_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError) as error:
        read(text, "run.json", FORMATS)
    assert re.fullmatch(r"run\.json: (empty|no measured figure found); known: llama-bench .*", str(error.value))


def test_what_is_too_large_is_refused() -> None:
    rows = json.dumps([{"avg_ts": 1.0, "n_gen": 1}] * 101)
    with pytest.raises(InputError, match="101 results; at most 100"):
        read(rows, "x", FORMATS)


def outcome(text: str) -> str:
    """Return the message with which a text is refused, nothing where it is compared."""
    try:
        found = read(text, "x", FORMATS)
        shown, _ = verify(found, REQUEST, SIZER, AS_OF)
    except InputError as error:
        return str(error)
    assert all(any(getattr(reading, name) for name in MEASURES) for reading in found.readings)
    assert len(shown.readings) == len(found.readings)
    return ""


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.lists(st.integers(), max_size=2)
)
keys = st.sampled_from([figure.read for item in FORMATS for figure in item.figures if item.form == "json"])
metrics = st.sampled_from(
    [name for item in FORMATS for f in item.figures for name in (f.read, f.over) if item.form == "metrics"]
)


@settings(max_examples=150)
@given(
    st.one_of(
        st.text(),
        st.lists(st.dictionaries(keys, values)).map(json.dumps),
        st.dictionaries(metrics, st.floats()).map(lambda found: "\n".join(f"{k} {v}" for k, v in found.items())),
        st.lists(st.sampled_from([f.read for item in FORMATS for f in item.figures if item.form == "text"])).flatmap(
            lambda patterns: st.tuples(*(st.from_regex(re.compile(p, re.ASCII)) for p in patterns)).map("\n".join)
        ),
    )
)
def test_whatever_a_file_holds_is_compared_or_refused(text: str) -> None:
    assert "\n" not in outcome(text)


@given(st.sampled_from(sorted(EXPECTED)), st.integers(0, 4000), st.integers(0, 60), st.text(max_size=20))
def test_a_damaged_sample_is_compared_or_refused(
    samples: dict[str, Path], name: str, start: int, length: int, other: str
) -> None:
    text = samples[name].read_text("utf-8")
    start %= len(text)
    assert "\n" not in outcome(text[:start] + other + text[start + length :])


@pytest.mark.parametrize("format_", ["text", "json"])
def test_hostile_words_reach_no_terminal(
    format_: str, call: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202e5\x9b31m"
    row = {"n_prompt": 0, "n_gen": 128, "avg_ts": 120.0, "build_number": evil}
    path = tmp_path / f"a{evil.replace(chr(0x1B), '')}.json"
    for content in (json.dumps([row]), json.dumps({"mean_tpot_ms": 9.0, "model_id": f"llama3.2:3b{evil}"}), evil, "\0"):
        path.write_text(content, encoding="utf-8")
        common = ("--hardware", "RTX 4090", "--quantization", "q4_k_m", "--format", format_)
        code, out, err = call("verify", str(path), "8b", *common)
        assert code in {0, 1, 2}
        assert "Traceback" not in err
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out + err)


def test_bytes_of_any_kind_give_one_line(call: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    path = tmp_path / "noise"
    for content in (bytes(range(256)) * 20, b"\xff\xfe\x00\xd8\x00", b"\xef\xbb\xbf{", b"\x00" * 100):
        path.write_bytes(content)
        code, out, err = call("verify", str(path), "8b", "--hardware", "L4")
        assert (code, out, err.count("\n")) == (2, "", 1)
