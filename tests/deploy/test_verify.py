"""A reading beside its prediction: the sides of each range, what is refused, and the exit code."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from llama_advisor.cli.rules import schemas
from llama_advisor.deploy.readings import MEASURES, Reading, Readings
from llama_advisor.deploy.verify import LESS_IS_BETTER, verify
from llama_advisor.engine.rules import load_rules
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.text.errors import InputError
from llama_advisor.text.wording import json_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.deploy.verify import Verification

    Call = Callable[..., tuple[int, str, str]]

SIZER = Sizer(load_rules())
BENCH = '{{"mean_tpot_ms": {tpot}, "model_id": "{model}", "max_concurrency": 4}}'


def verified(reading: Reading, **fields: Any) -> Verification:
    build = {"model": "8b", "quantization": "fp8", "hardware": "L40S", "engine": "vllm"} | fields
    request = EstimateRequest.model_validate(build)
    return verify(Readings("a tool", "", (reading,)), request, SIZER, date(2026, 11, 24))[0]


@pytest.mark.parametrize("figure", MEASURES)
def test_each_figure_has_a_good_and_a_bad_side(figure: str) -> None:
    whole = figure == "kv_cache_tokens"
    (seen,) = verified(Reading(**{figure: 8.0 if figure.endswith("weights_gib") else 1000.0})).readings[0].figures
    low, mid, high = seen.predicted
    assert 0 < low <= mid <= high
    for value, side in (
        (low * 0.99, False),
        (low * 1.001, None),
        (mid, None),
        (high * 0.999, None),
        (high * 1.01, True),
    ):
        found = verified(Reading(**{figure: round(value) if whole else value}))
        (one,) = found.readings[0].figures
        good = None if side is None else side != (figure in LESS_IS_BETTER)
        assert one.verdict == {None: "within", True: "better", False: "worse"}[good]
        assert found.holds == (good is not False)
        assert (one.suggests is None) == (good is None or (figure == "total_gib" and good))


def test_the_prediction_is_that_of_estimate_at_the_lengths_of_the_reading() -> None:
    reading = Reading(
        decode_tokens_per_s=20.0, prompt_tokens=3000, output_tokens=200, concurrent_requests=8, context_tokens=4096
    )
    lengths = {"prompt_tokens": 3000, "output_tokens": 200, "concurrency": 8, "context_tokens": 4096}
    build = {"model": "8b", "quantization": "fp8", "hardware": "L40S", "engine": "vllm"}
    expected = SIZER.estimate(EstimateRequest.model_validate(build | lengths)).speed
    assert expected is not None
    (shown,) = verified(reading).readings
    assert shown.figures[0].predicted == expected.decode_tokens_per_s.rounded(4)
    assert (shown.prompt_tokens, shown.concurrent_requests, shown.context_tokens) == (3000, 8, 4096)
    (said,) = verified(reading, concurrency=2).readings
    assert (said.prompt_tokens, said.concurrent_requests) == (3000, 2)


def test_what_was_assumed_of_any_reading_is_told() -> None:
    """The answer of a run that only read a prompt was assumed, and told only where it came last."""
    prompt, answer = (
        Reading(prefill_tokens_per_s=9e3, prompt_tokens=512),
        Reading(decode_tokens_per_s=60.0, output_tokens=128),
    )
    request = EstimateRequest.model_validate({"model": "8b", "hardware": "L40S", "engine": "vllm"})
    found, _ = verify(Readings("a tool", "", (prompt, answer)), request, SIZER, date(2026, 11, 24))
    assert ("output_tokens", 256) in {(item.field, item.value) for item in found.assumptions}
    assert len(found.assumptions) == len(set(found.assumptions))


def test_one_device_holds_its_part_of_the_weights() -> None:
    one, two = (
        verified(Reading(device_weights_gib=weights), hardware=hardware, model="70b").readings[0].figures[0]
        for hardware, weights in (("H100", 66.0), ("2x H100", 33.0))
    )
    assert two.predicted.mid == pytest.approx(one.predicted.mid / 2, rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{file}",), "verify: name the model that was measured, after the file"),
        ((), "verify: name a file, - or --url, and the model"),
        (("{file}", "8b", "--url", "http://localhost:1"), "verify: a file or --url, not both"),
        (("{file}", "8b"), "verify: state the machine that was measured, with --hardware"),
        (
            ("{file}", "3b", "--hardware", "L4"),
            "the reading is of meta-llama/Llama-3.1-8B-Instruct, not of llama-3.2-3b",
        ),
        (("{file}", "9b", "--hardware", "L4"), "model: unknown model '9b'"),
        (("{file}", "8b", "--hardware", "L4", "--prompt-tokens", "many"), "--prompt-tokens: "),
        (("/no/such/file", "8b", "--hardware", "L4"), "/no/such/file: No such file or directory"),
        (("{log}", "8b", "--hardware", "L4", "--engine", "sglang"), "start-up log of vLLM is of vllm, not of sglang"),
        (("--url", "", "8b", "--hardware", "L4"), "write the address of a server"),
        (("{log}", "8b", "--hardware", "L40S", "--keep", "own"), "there is no speed on one node to keep"),
        (("--url", "ftp://x", "8b", "--hardware", "L4"), "write the address of a server"),
        (("--url", "file:///etc/passwd", "8b", "--hardware", "L4"), "write the address of a server"),
        (("--url", "http://127.0.0.1:1", "8b", "--hardware", "L4", "--concurrency", "4"), "leave --concurrency"),
        (("--url", "http://127.0.0.1:1", "8b", "--hardware", "L4", "--api-key-env", "NO_SUCH"), "no such environment"),
        (("--url", "http://127.0.0.1:1", "8b", "--hardware", "L4", "--requests", "21"), "less than or equal to 20"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    arguments: tuple[str, ...], message: str, call: Call, samples: dict[str, Path]
) -> None:
    places = {"{file}": str(samples["bench-serve"]), "{log}": str(samples["vllm-start"])}
    code, out, err = call("verify", *(places.get(word, word) for word in arguments))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("tpot", "code", "first"), [(10, 0, "as predicted, or better"), (250, 1, "worse than predicted")]
)
def test_the_exit_code_says_whether_it_holds(tpot: int, code: int, first: str, call: Call, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(BENCH.format(tpot=tpot, model="served-name"), encoding="utf-8")
    build = ("8b", "--hardware", "L40S", "--quantization", "fp8", "--engine", "vllm")
    assert call("verify", str(path), *build)[0] == code
    shown, out, _ = call("verify", str(path), *build, "--format", "json")
    told = json.loads(out)
    assert (shown, told["holds"], told["schema_version"]) == (code, code == 0, 1)
    assert told["readings"][0]["concurrent_requests"] == 4
    _, text, _ = call("verify", str(path), *build)
    assert text.startswith(first)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('{"n_gen": 128, "avg_ts": 90.0, "model_n_params": 70553706496}', "the reading is of 70.55 billion parameters"),
        ('{"n_gen": 128, "avg_ts": 90.0, "model_size": 4912898304}', "weights of 4.575 GiB are not those of"),
        ('{"n_gen": 128, "avg_ts": NaN}', "avg_ts is nan, and no figure"),
        ('{"n_gen": 128, "avg_ts": -4.0}', "avg_ts is -4.0, and no figure"),
    ],
)
def test_a_reading_of_another_build_or_no_figure_is_refused(
    call: Call, tmp_path: Path, said: str, message: str
) -> None:
    (tmp_path / "bench.json").write_text(f"[{said}]", "utf-8")
    code, _, errors = call("verify", str(tmp_path / "bench.json"), "8b", "--quantization", "q8_0", "--hardware", "L40S")
    assert code == 2
    assert message in errors


def test_nothing_is_kept_among_the_shipped_rules(call: Call, samples: dict[str, Path]) -> None:
    shipped = str(SIZER.base.layers[0].root)
    asked = ("8b", "--quantization", "q4_k_m", "--hardware", "L40S", "--keep", shipped)
    assert call("verify", str(samples["llama-bench"]), *asked)[0] == 2
    assert not (Path(shipped) / "measurements.yaml").exists()


def test_the_json_follows_its_schema(call: Call, samples: dict[str, Path]) -> None:
    schema = json_schema(schemas()["verification"])
    for name, path in samples.items():
        kind = ("--quantization", "q4_k_m" if name.startswith(("llama", "ollama")) else "bf16")
        _, out, _ = call("verify", str(path), "8b", *kind, "--hardware", "L40S", "--format", "json")
        assert list(Draft202012Validator(schema).iter_errors(json.loads(out))) == []


FORMAT = (
    "formats: [{{id: mine, name: our probe, form: text, engine: {}, figures: [{{figure: first_token_s, read: '{}'}}]}}]"
)


def test_a_team_adds_a_format_in_its_layer(call: Call, layer: Callable[[dict[str, str]], Path], tmp_path: Path) -> None:
    (tmp_path / "probe.txt").write_text("first word after 0.31 s", "utf-8")
    asked = ("verify", str(tmp_path / "probe.txt"), "8b", "--hardware", "L40S", "--rules")
    own = layer({"verifying.yaml": FORMAT.format("vllm", r"after ([\d.]+) s")})
    assert "vLLM on L40S, from our probe" in call(*asked, str(own))[1]
    for engine, pattern, message in (
        ("vllm", "(", "pattern '('"),
        ("vllm", "after", "pattern 'after' has no group"),
        ("vlm", "(.)", "unknown engine 'vlm'"),
    ):
        code, out, err = call(*asked, str(layer({"verifying.yaml": FORMAT.format(engine, pattern)})))
        assert (code, out) == (3, "")
        assert message in err


def test_a_machine_of_unknown_speed_has_nothing_to_compare_with() -> None:
    with pytest.raises(InputError, match="nothing is predicted"):
        verified(Reading(kv_cache_tokens=1000), hardware="64GB RAM", engine="llama.cpp", quantization="q4_k_m")
