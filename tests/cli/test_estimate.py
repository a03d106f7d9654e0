"""estimate and hardware detect on the command line: text, contract, exit codes, batches, hostile lines."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from llama_advisor.cli.lists import hardware_detect
from llama_advisor.engine.rules import load_rules
from llama_advisor.hardware import detect
from llama_advisor.hardware.detect import Found
from llama_advisor.scenario import read
from llama_advisor.sizing import layouts
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import EstimateRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

CARD = ("--hardware", "RTX 3060 12GB", "--engine", "llama.cpp")
CONTRACT = [
    "schema_version",
    "id",
    "model",
    "quantization",
    "engine",
    "machine",
    "context_tokens",
    "assumptions",
    "memory",
    "speed",
    "capacity",
    "cost",
]


def lines(*requests: dict[str, Any]) -> str:
    return "".join(json.dumps(request) + "\n" for request in requests)


def answers(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_text_says_the_answer_first_and_lists_what_was_assumed(run: Run) -> None:
    done = run("estimate", "llama3.1:8b", *CARD, "--context", "8k", env={"COLUMNS": "80"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == TEXT
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout


def test_a_build_that_does_not_fit_is_exit_1(run: Run) -> None:
    done = run("estimate", "70b", "--quantization", "q4_k_m", *CARD)
    assert done.returncode == 1
    assert done.stdout.startswith("does not fit: 42.")


def test_host_memory_that_was_stated_takes_what_the_card_cannot(run: Run) -> None:
    said = ("estimate", "8b", "--quantization", "bf16", "--engine", "llama.cpp")
    done = run(*said, "--hardware", "RTX 3060 12GB + 32GB RAM")
    assert done.returncode == 0
    assert "in host memory" in done.stdout.splitlines()[0]
    assert run(*said, "--hardware", "RTX 3060 12GB").returncode == 1


def test_without_hardware_the_need_alone_is_said(run: Run) -> None:
    done = run("estimate", "1b", "--format", "json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert (found["machine"], found["speed"], found["cost"], found["memory"]["fits"]) == (None, None, None, None)
    assert found["memory"]["total_gib"] > found["memory"]["weights_gib"] > 2


def test_json_keeps_the_contract_and_the_schema(run: Run) -> None:
    schema = json.loads(run("schema", "estimate").stdout)
    Draft202012Validator.check_schema(schema)
    for arguments in (("--hardware", "g5.xlarge", "--tokens-per-month", "50M"), ()):
        found = json.loads(run("estimate", "3.1 8b", *arguments, "--format", "json").stdout)
        assert list(found) == CONTRACT
        Draft202012Validator(schema).validate(found)
    extra = ("--fine-tuning", "qlora", "--max-context", "--hardware", "RTX 4090")
    found = json.loads(run("estimate", "3.1 8b", *extra, "--format", "json").stdout)
    assert list(found) == [*CONTRACT, "training", "limits"]
    Draft202012Validator(schema).validate(found)
    assert found["training"][0]["fits"] is True
    assert 8192 <= found["limits"]["max_context_tokens"] <= 131072


def test_a_sample_is_taken_whole_and_one_that_was_not_said_is_listed(run: Run) -> None:
    def tuned(*arguments: str) -> tuple[dict[str, Any], list[Any]]:
        said = ("estimate", "8b", "--fine-tuning", "qlora", "--hardware", "RTX 4090", *arguments)
        found = json.loads(run(*said, "--format", "json").stdout)
        return found["training"][0], [item["value"] for item in found["assumptions"] if item["field"] == "tuning"]

    usual, assumed = tuned()
    assert (usual["sample_tokens"], assumed) == (2048, [{"sample_tokens": 2048}])
    context, assumed = tuned("--context", "32k")
    assert (context["sample_tokens"], assumed) == (32768, [{"sample_tokens": 32768}])
    stated, assumed = tuned("--tuning", "sample-tokens=128k", "--tuning", "trainer=Unsloth", "--tuning", "batch=2")
    assert (stated["sample_tokens"], stated["batch"], stated["trainer"], assumed) == (131072, 2, "unsloth", [])
    assert usual["fits"]
    assert usual["per_device"]["need_gib"] < context["per_device"]["need_gib"]
    assert not stated["fits"]
    assert 0 < stated["largest_sample_tokens"] < 131072
    told = run("estimate", "8b", "--fine-tuning", "full", "--hardware", "RTX 3060 12GB").stdout
    assert "not even the shortest fits" in told


def test_a_rented_machine_costs_and_an_owned_one_does_not() -> None:
    sizer = Sizer(load_rules())
    rented = sizer.estimate(EstimateRequest(model="8b", hardware="g5.xlarge", tokens_per_month=10_000_000))
    assert rented.cost is not None
    assert rented.cost.usd_per_million_tokens == pytest.approx(rented.cost.usd_per_month / 10, rel=1e-3)
    assert sizer.estimate(EstimateRequest(model="8b", hardware="A10G")).cost is None
    assert sizer.estimate(EstimateRequest(model="8b", hardware="A10G", offer="aws/g5.xlarge")).cost is not None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("9b",), "unknown model '9b'"),
        (("8b", "--hardware", "RTX 9999"), "unknown device"),
        (("8b", "--tuning", "trainer=unslothed"), "tuning.trainer: unknown trainer 'unslothed'; nearest: unsloth"),
        (("8b", "--tuning", "unsloth"), "--tuning: write setting=value, e.g. sample_tokens=8k, not 'unsloth'"),
        (("8b", "--tuning", "sample=2k"), "--tuning: unknown key 'sample'"),
        (("8b", "--context", "many"), "--context: must be a whole number, not 'many'"),
        (("8b", "--engine", "lama.cpp"), "nearest: llama.cpp"),
        (("8b", "--engine", "hosted"), "a hosted service sizes itself"),
        (("8b", "--quantization", "q9"), "unknown quantization 'q9'"),
        (("8b", "--kv-cache-type", "q3"), "kv_cache_type: unknown type 'q3'"),
        (("8b", "--hardware", "2x RTX 3090", "--gpus", "4"), "the count is given twice (2 and 4)"),
        (("8b", "--hardware", "RTX 3090", "--accelerator", "cpu"), "host memory"),
        ((), "name a model"),
        (("8b", "--by", "users", "--batch", "-"), "--by users: leave --batch out"),
        (("8b", "--by", "context", "--max-context"), "--by context: leave --max-context"),
        (("8b", "--by", "quantization", "--quantization", "q8_0"), "--by quantization: leave --quantization out"),
        (("8b", "--by", "users", "--concurrency", "4"), "--by users: leave --concurrency out"),
        (("8b", "--by", "split"), "split: state the hardware"),
        (
            ("8b", "--split", "tp3", "--hardware", "4x L4"),
            "vLLM has no 'tp3' there; known: 1, tp2, tp4, layers2, layers",
        ),
    ],
)
def test_bad_input_is_one_line_and_exit_2(run: Run, arguments: tuple[str, ...], words: str) -> None:
    done = run("estimate", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    told = json.loads(run("estimate", *arguments, "--format", "json").stdout)
    assert told["error"]["exit_code"] == 2


@pytest.mark.parametrize("hardware", ["GTX 1650 4GB", "GTX 1060 3GB", "RTX 3060 12GB", "Pixel 8", None])
@pytest.mark.parametrize("model", ["1b", "8b", "70b"])
def test_a_runtime_of_browsers_is_taken_in_a_browser_only(hardware: str | None, model: str) -> None:
    sizer = Sizer(load_rules())
    assert sizer.estimate(EstimateRequest(model=model, hardware=hardware)).engine != "webllm"
    assert sizer.estimate(EstimateRequest(model="1b", hardware="browser")).engine == "webllm"
    named = EstimateRequest(model="1b", hardware=hardware, quantization="mlc-4bit")
    assert sizer.estimate(named).engine == "webllm"


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (("8b", "--hardware", "RTX 4090"), ["another type of KV cache: fp8 saves 0.50 GiB"]),
        (("8b", "--hardware", "RTX 4090", "--kv-cache-type", "fp8"), []),
        (
            ("70b", "--quantization", "q4_k_m", "--hardware", "RTX 3060 12GB + 64GB RAM"),
            ["KV cache: q8_0 saves 1.17, q4_0 saves 1.80 GiB", "  layers   -ngl"],
        ),
        (("70b", "--hardware", "RTX 3060 12GB"), ["  layers   -ngl"]),
    ],
)
def test_what_saves_memory_is_told_beneath_it(run: Run, arguments: tuple[str, ...], lines: list[str]) -> None:
    told = run("estimate", *arguments).stdout
    assert all(line in told for line in lines)
    assert ("another type of KV cache" in told) == (arguments[-1] != "fp8")
    assert ("  layers " in told) == ("70b" in arguments)


def test_a_count_said_twice_alike_is_no_contradiction(run: Run) -> None:
    done = run("estimate", "--batch", "-", stdin=lines({"model": "8b", "hardware": "2x RTX 3090", "gpus": 2}))
    assert done.returncode == 0
    assert answers(done)[0]["machine"]["count"] == 2


def test_batch_answers_in_order_copies_ids_and_goes_on_after_a_bad_line(run: Run) -> None:
    batch = (
        lines({"id": "a", "model": "8b", "hardware": "RTX 4090"})
        + "not json\n\n[]\n"
        + lines({"id": 3, "model": "nothing"}, {"id": {"row": 4}, "model": "1b", "hardwear": "T4"})
        + lines({"id": None, "model": "70b", "quantization": "bf16", "hardware": "RTX 4090", "engine": "llama.cpp"})
        + lines({"id": "last", "model": "3b", "memory_gb": 12, "bandwidth_gb_s": 360})
    )
    done = run("estimate", "--batch", "-", stdin=batch)
    found = answers(done)
    assert done.returncode == 2
    assert [item["id"] for item in found] == ["a", None, None, 3, {"row": 4}, None, "last"]
    assert [("error" in item) for item in found] == [False, True, True, True, True, False, False]
    assert found[1]["error"].startswith("line 2: not valid JSON")
    assert found[4]["error"] == "line 6: unknown key 'hardwear'; nearest: hardware"
    assert found[5]["memory"]["fits"] is False
    assert found[6]["speed"]["decode_tokens_per_s"]["mid"] > 30
    assert done.stderr == ""


def test_a_batch_says_no_with_exit_1_and_yes_with_0(run: Run) -> None:
    small = {"model": "1b", "hardware": "RTX 4090"}
    assert run("estimate", "--batch", "-", stdin=lines(small)).returncode == 0
    large = {"model": "405b", "hardware": "RTX 4090"}
    assert run("estimate", "--batch", "-", stdin=lines(small, large, small)).returncode == 1


def test_flags_hold_for_every_line_that_says_nothing_else(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "builds.jsonl"
    file.write_text(lines({}, {"quantization": "q8_0"}), encoding="utf-8-sig")
    done = run("estimate", "3b", *CARD, "--quantization", "q4_k_m", "--batch", str(file))
    assert [item["quantization"] for item in answers(done)] == ["q4_k_m", "q8_0"]


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000\\u001b[31m", "é" * 5000])
def test_hostile_text_stays_on_its_line(run: Run, text: str) -> None:
    batch = f'{{"id": 1, "model": "{text}"}}\n' + lines({"id": 2, "model": "8b"})
    found = answers(run("estimate", "--batch", "-", stdin=batch))
    assert [item["id"] for item in found] == [1, 2]
    assert "error" in found[0]


def test_a_batch_streams(root: Path) -> None:
    command = [sys.executable, "-m", "llama_advisor", "estimate", "--batch", "-"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", cwd=root)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for name in range(3):
            process.stdin.write(lines({"id": name, "model": "8b", "hardware": "T4"}))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == name
        process.stdin.close()


def test_what_is_kept_between_lines_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "MOST_KEPT", 20)
    sizer = Sizer(load_rules())
    for gib in itertools.islice(itertools.count(4), 300):
        sizer.estimate(EstimateRequest(model="1b", memory_gb=gib, engine="llama.cpp", quantization="q4_k_m"))
    for kept in (sizer._models, sizer._machines):  # noqa: SLF001
        assert kept.cache_info().maxsize is not None
    assert 0 < len(sizer.sizes._made) <= 20  # noqa: SLF001


def test_an_old_engine_release_is_told_and_sized_all_the_same() -> None:
    request = EstimateRequest(model="11b vision", engine="vllm", hardware="A100 80GB", quantization="bf16")
    found = Sizer(load_rules()).estimate(request)
    assert any("only an old release runs" in item.why for item in found.assumptions)
    assert found.memory.fits is True


def test_decode_is_predicted_at_the_prompt_and_half_the_answer() -> None:
    sizer = Sizer(load_rules())

    def mid(prompt: int, output: int) -> float:
        request = EstimateRequest(
            model="8b",
            quantization="q4_k_m",
            engine="llama.cpp",
            hardware="RTX 3090",
            context_tokens=32_768,
            prompt_tokens=prompt,
            output_tokens=output,
        )
        speed = sizer.estimate(request).speed
        assert speed is not None
        return speed.decode_tokens_per_s.mid

    assert mid(1000, 2000) == mid(1900, 200) == mid(2000, 0)
    assert mid(1000, 2000) > mid(8000, 2000)


def test_all_devices_are_used_where_they_divide_the_layers() -> None:
    sizer = Sizer(load_rules())
    split = sizer.estimate(EstimateRequest(model="70b", quantization="q4_k_m", hardware="3x RTX 3090", engine="vllm"))
    assert split.machine is not None
    assert (split.machine.count, split.machine.replicas) == (3, 1)
    small = sizer.estimate(EstimateRequest(model="1b", quantization="bf16", hardware="3x RTX 3090", engine="vllm"))
    assert small.machine is not None
    assert (small.machine.count, small.machine.replicas) == (3, 1)
    nodes = sizer.estimate(EstimateRequest(model="8b", hardware="2 nodes of 4x A40", engine="tgi"))
    assert nodes.machine is not None
    assert (nodes.machine.count, nodes.machine.nodes, nodes.machine.replicas) == (4, 1, 2)
    alone = sizer.estimate(EstimateRequest(model="1b", quantization="bf16", hardware="4x T4", engine="executorch"))
    assert alone.machine is not None
    assert (alone.machine.count, alone.machine.replicas) == (1, 4)


def test_detect_names_this_computer_in_words_that_can_be_read(run: Run) -> None:
    done = run("hardware", "detect", "--format", "json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert all(item["free_gib"] <= item["total_gib"] for item in found["found"] if item["free_gib"] is not None)
    assert run("estimate", "1b", "--hardware", found["hardware"]).returncode in {0, 1}


def test_detect_shows_free_against_total(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    card, host = Found("gpu", "NVIDIA GeForce RTX 3060", 11.99, 10.5), Found("cpu", "x86_64", 31.2, 20.0)
    monkeypatch.setattr(detect, "detect", lambda: [card, host])
    assert hardware_detect() == 0
    told = capsys.readouterr().out
    assert told.splitlines()[:2] == [
        '--hardware "1x NVIDIA GeForce RTX 3060 12GB + 32GB RAM"',
        "read as RTX 3060 12 GB",
    ]
    assert "10.5" in told


def test_detect_that_finds_nothing_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(detect, "detect", list)
    assert hardware_detect() == 1
    assert "state --hardware" in capsys.readouterr().out
    assert detect.describe([]) is None


TEXT = """\
fits: 6.16 of 12.0 GiB, about 57 tokens/s after 512-token prompts
Llama 3.1 8B Instruct · q4_k_m · llama.cpp b10488 on RTX 3060 12 GB

  memory   6.16 of 12.0 GiB  [█████████████·············]
           weights 4.58 + KV cache 1.00 + overhead 0.58
           up to 6.30 of 12.0 GiB on one device
           at most 53,970 tokens of context, or 6 requests at a time
           another type of KV cache: q8_0 saves 0.47, q4_0 saves 0.72 GiB
  speed    56.7 (50.0 to 61.8) tokens/s per user at 640 tokens, 38.3 once 8,192
           are full
           first token after 0.35 (0.29 to 0.45) s, of a prompt of 512 tokens
           prompts are read at 1,541 (1,190 to 1,927) tokens/s
           52.8 (46.2 to 58.1) tokens/s generated in all, prompts read in
           between
           it rests on 43 groups of measurements on 13 devices of class
           nvidia-consumer
  serves   room for 6 usual requests at a time; 0.73 requests/s at most
  assumed  quantization = q4_k_m: what the model's name stands for
           prompt_tokens = 512: a short prompt
           output_tokens = 256: a short answer
           concurrency = 1: one request at a time
"""


def test_a_rented_machine_is_priced_at_full_use_and_breaks_even_with_a_host_or_never(run: Run) -> None:
    said = ("estimate", "8b", "--hardware", "g5.xlarge", "--tokens-per-month", "50M", "--as-of", "2026-11-24")
    done, told = run(*said), json.loads(run(*said, "--format", "json").stdout)
    rate = told["capacity"]["requests_per_s"]["mid"]
    full = told["cost"]["usd_per_month"] / (rate * (512 + 256) * 730 * 3600) * 1e6
    assert f" {full:.2f} USD per million tokens at full use\n" in done.stdout
    assert " hosted is cheaper even at full use\n" in done.stdout
    assert told["capacity"]["busy_share"] == pytest.approx(50e6 / 768 / 730 / 3600 / rate, abs=1e-4)


@pytest.mark.parametrize("word", ["this", "Auto"])
def test_this_computer_is_sized_and_told(word: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    card, host = Found("gpu", "NVIDIA GeForce RTX 3090", 23.7, 20.0), Found("cpu", "x86_64", 62.7, 30.0)
    monkeypatch.setattr(read, "detect", lambda: [card, host])
    found = "NVIDIA GeForce RTX 3090 24GB + 64GB RAM"
    for command in (("estimate", "8b"), ("recommend", "--use-case", "chat")):
        asked = json.loads(run(*command, "--hardware", word, "--format", "json").stdout)
        told = {"field": "hardware", "value": f"1x {found}", "why": "found on this computer"}
        assert told in asked["assumptions"]
    assert (
        "vLLM on 1x NVIDIA GeForce RTX 3090 24GB + 64GB RAM"
        in run("deploy", "8b", "--use-case", "chat", "--hardware", word).stdout
    )
    monkeypatch.setattr(read, "detect", list)
    done = run("estimate", "8b", "--hardware", word)
    assert done.returncode == 2
    assert done.stderr == (
        'llama-advisor: hardware: nothing can be told of this computer; state it, e.g. "RTX 4090 + 64GB RAM"\n'
    )


@pytest.mark.parametrize(
    ("model", "hardware", "load"),
    [
        ("llama-3.1-8b-instruct", "2x RTX 3090", ("--use-case", "coding", "--context", "32k")),
        ("llama-3.1-70b-instruct", "2x RTX 3090", ("--use-case", "coding", "--context", "32k")),
        ("llama-3.1-8b-instruct", "L4", ("--use-case", "rag", "--users", "20")),
        ("llama-3.2-11b-vision-instruct", "L40S", ("--use-case", "image-understanding", "--images-per-prompt", "2")),
        ("llama-3.2-3b-instruct", "M2 Air 16GB", ("--use-case", "chat")),
    ],
)
def test_the_same_question_has_the_figures_of_recommend(
    model: str, hardware: str, load: tuple[str, ...], run: Run
) -> None:
    asked = ("--hardware", hardware, *load, "--format", "json")
    best = json.loads(run("recommend", "--only-model", model, *asked).stdout)["recommendation"]
    build = (
        "--quantization",
        best["quantization"],
        "--engine",
        best["engine"],
        "--kv-cache-type",
        best["kv_cache_type"],
    )
    made = json.loads(run("estimate", model, *build, *asked).stdout)
    assert made["memory"]["total_gib"] == pytest.approx(best["memory"]["total_gib"], abs=0.01)
    for figure in ("decode_tokens_per_s", "prefill_tokens_per_s", "first_token_s"):
        assert made["speed"][figure]["mid"] == pytest.approx(best["speed"][figure]["mid"], rel=0.01)
    assert made["capacity"]["requests_at_once"] == best["capacity"]["requests_at_once"]


def test_a_cache_with_which_it_fits_is_named(run: Run) -> None:
    asked = ("estimate", "70b", "--quantization", "q4_k_m", "--hardware", "2x RTX 3090", "--context", "32k")
    lines = run(*asked).stdout.splitlines()
    assert lines[0].startswith("does not fit")
    assert lines[2] == "with a KV cache of another type it fits: --kv-cache-type q8_0"
    assert run(*asked, "--kv-cache-type", "q8_0").stdout.startswith("fits")
    assert "another type it fits" not in run("estimate", "405b", "--hardware", "RTX 3090").stdout
