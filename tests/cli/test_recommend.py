"""recommend on the command line: exit codes, formats, standard input, hostile input."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]
    Call = Callable[..., tuple[int, str, str]]

DAY = ("--as-of", "2026-11-24")


def answer(text: str) -> dict[str, Any]:
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_an_answer_is_exit_0_on_standard_output(run: Run) -> None:
    done = run("recommend", "--use-case", "chat", *DAY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Llama 3.")
    assert "Ranking" in done.stdout


def test_a_no_is_exit_1_with_an_excuse_per_model_and_a_way_round(run: Run, call: Call) -> None:
    arguments = ("recommend", "--use-case", "chat", "--target", "phone", "--memory-budget-gib", "0.4", *DAY)
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("No Llama 3.1 or 3.2 build fits")
    assert "the budget is 0.4 GiB" in " ".join(done.stdout.split())
    code, out, _ = call(*arguments, "--format", "json")
    found = answer(out)
    assert (code, found["verdict"], found["recommendation"]) == (1, "no_fit", None)
    assert len(found["excluded"]) == 7
    assert all(item["excuse"]["text"] for item in found["excluded"])
    smallest = found["excluded"][0]
    assert smallest["model"] == "llama-3.2-1b-instruct"
    assert smallest["excuse"]["bottleneck"] == "memory"
    assert smallest["excuse"]["limit"] == 0.4
    assert smallest["excuse"]["value"] > 0.4
    assert found["routes"]


def test_a_change_of_requirement_is_exit_1_and_names_the_change(call: Call) -> None:
    arguments = ("recommend", "--use-case", "chat", "--hardware", "RTX 4090", "--min-tokens-per-s", "100000", *DAY)
    code, out, _ = call(*arguments, "--format", "json")
    found = answer(out)
    assert (code, found["verdict"]) == (1, "change_requirement")
    (change,) = found["changes"]
    assert set(change) == {"field", "from", "to"}
    assert (change["field"], change["from"]) == ("min_tokens_per_s", 100_000)
    assert found["recommendation"] is not None
    code, out, _ = call(*arguments)
    assert re.search(r"^Only if you change min_tokens_per_s from 100,?000", " ".join(out.split()))


@pytest.mark.parametrize("arguments", [(), ("--context", "8k"), ("--language", "en")])
def test_nothing_to_go_on_is_exit_2_and_says_what_to_state(arguments: tuple[str, ...], call: Call) -> None:
    code, out, err = call("recommend", *arguments, *DAY, "--format", "json")
    found = answer(out)
    assert (code, found["verdict"], found["recommendation"]) == (2, "need_input", None)
    assert found["missing"] == ["use_cases", "inputs", "model"]
    assert "use_cases" in err


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "use case": (("--use-case", "codng"), "unknown use case 'codng'; nearest: coding"),
    "language": (
        ("--use-case", "chat", "--language", "germn"),
        "languages: 'germn' is not known by this name; say its two-letter code; nearest: German",
    ),
    "country": (
        ("--use-case", "chat", "--domicile", "XX"),
        "domicile: 'XX' is not known by this name; say its two-letter code",
    ),
    "country name": (("--use-case", "chat", "--domicile", "Germny"), "nearest: Germany"),
    "model": (("--model", "llama-3.1-8c"), "unknown model 'llama-3.1-8c'; nearest: llama-3.1-8b"),
    "engine": (("--use-case", "chat", "--engine", "vlm"), "unknown engine 'vlm'; nearest: vllm"),
    "quantization": (
        ("--use-case", "chat", "--quantization", "q4_k_n"),
        "unknown quantization 'q4_k_n'; nearest: q4_k",
    ),
    "target": (("--use-case", "chat", "--target", "phon"), "unknown value 'phon'; nearest: phone"),
    "input": (("--input", "imgae"), "unknown value 'imgae'; nearest: image"),
    "hardware": (("--use-case", "chat", "--hardware", "RTX 9999"), "RTX 9999"),
    "number": (
        ("--use-case", "chat", "--context", "many"),
        "--context: must be a whole number, not 'many'",
    ),
    "negative": (("--use-case", "chat", "--memory-budget-gib", "-1"), "--memory-budget-gib: "),
    "not a number": (("--use-case", "chat", "--memory-budget-gib", "nan"), "--memory-budget-gib: "),
    "infinite": (("--use-case", "chat", "--budget-usd-per-month", "inf"), "--budget-usd-per-month: "),
    "priority": (("--use-case", "chat", "--priority", "qualty=3"), "unknown key 'qualty'; nearest: quality"),
    "priority form": (
        ("--use-case", "chat", "--priority", "quality"),
        "write criterion=number, e.g. quality=3, not 'quality'",
    ),
    "limit": (("--use-case", "chat", "--only-engine", "vlm"), "unknown engine 'vlm'; nearest: vllm"),
    "contradiction": (
        ("--use-case", "chat", "--context", "1k", "--output-tokens", "2k"),
        "2048 is more than the context",
    ),
    "day": (("--use-case", "chat", "--as-of", "24.11.2026"), "--as-of: '24.11.2026' is not a day"),
    "flag": (("--use-cse", "chat"), "No such option: --use-cse"),
    "beginning": (("--use-case", "chat", "--budget", "5"), "No such option: --budget; nearest: --budget-usd-per-month"),
    "format": (("--use-case", "chat", "--format", "xml"), "xml"),
    "file": (("nowhere.yaml",), "nowhere.yaml: No such file or directory"),
    "use as a file": (("coding",), "coding: No such file or directory; what it is for is said by --use-case"),
    "folder": ((".",), ".: Is a directory"),
    "rules": (("--use-case", "chat", "--rules", "nowhere"), "--rules nowhere: not a directory"),
    "output": (("--use-case", "chat", "--output", "nowhere/out.txt"), "--output nowhere/out.txt: No such file"),
    "batch": (("--batch", "nowhere.jsonl"), "--batch nowhere.jsonl: No such file"),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_input_is_exit_2_in_one_line(name: str, call: Call) -> None:
    arguments, message = WRONG[name]
    code, out, err = call("recommend", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("llama-advisor: ")
    assert err.count("\n") == 1
    assert message in err


@pytest.mark.parametrize("name", sorted(WRONG.keys() - {"format"}))
def test_errors_are_json_where_json_was_asked_for(name: str, call: Call) -> None:
    arguments, message = WRONG[name]
    code, out, err = call("recommend", *arguments, "--format", "json")
    found = answer(out)
    assert set(found) == {"schema_version", "error"}
    assert (code, found["error"]["exit_code"]) == (2, 2)
    assert message in found["error"]["message"]
    assert err


def test_the_shipped_program_knows_the_nearest_flag(call: Call) -> None:
    _, _, err = call("recommend", "--use-cse", "chat")
    assert "--use-case" in err


FILES: dict[str, tuple[str, str]] = {
    "key": ("use_cases: [chat]\ncontxt_tokens: 8k\n", ":2:16: unknown key 'contxt_tokens'; nearest: context_tokens"),
    "nested key": ("use_cases: [chat]\nonly:\n  model: [x]\n", ":3:10: unknown key 'model'; nearest: models"),
    "value": ("use_cases: [chat]\ntarget: phon\n", ":2:9: target: unknown value 'phon'; nearest: phone"),
    "type": ("use_cases: [chat]\nconcurrent_requests: many\n", ":2:22: concurrent_requests must be a whole number"),
    "duplicate": ("use_cases: [chat]\nuse_cases: [rag]\n", ":2:1: duplicate key 'use_cases'"),
    "syntax": ("use_cases: [chat\n", ":2:1: not valid YAML"),
    "list": ("- chat\n", ": a scenario is a mapping of fields to values"),
    "word": ("chat\n", ": a scenario is a mapping of fields to values"),
}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_wrong_file_is_told_with_its_place(name: str, call: Call, tmp_path: Path) -> None:
    content, message = FILES[name]
    path = tmp_path / "scenario.yaml"
    path.write_text(content)
    code, out, err = call("recommend", str(path))
    assert (code, out) == (2, "")
    assert err.startswith(f"llama-advisor: {path}{message}")


def test_a_file_that_is_no_text_is_told(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_bytes(b"use_cases: [\xff]\n")
    assert call("recommend", str(path)) == (2, "", f"llama-advisor: {path}: not UTF-8 text (byte 12)\n")


def test_the_same_scenario_by_flags_yaml_json_and_standard_input(run: Run, call: Call, tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "use_cases": ["rag", "chat"],
        "hardware": "2x RTX 3090",
        "context_tokens": "16k",
        "offline": True,
    }
    as_json, as_yaml = tmp_path / "s.json", tmp_path / "s.yaml"
    as_json.write_text(json.dumps(said))
    as_yaml.write_text(
        "\ufeffuse_cases: [rag, chat]\r\nhardware: 2x RTX 3090\r\ncontext_tokens: 16k\r\noffline: true\r\n"
    )
    options = (*DAY, "--format", "json")
    flags = ("--use-case", "rag", "--use-case", "chat", "--hardware", "2x RTX 3090", "--context", "16k", "--offline")
    outputs = {call("recommend", *flags, *options), call("recommend", str(as_json), *options)}
    outputs |= {call("recommend", str(as_yaml), *options)}
    for text in (as_yaml.read_text("utf-8-sig"), as_json.read_text()):
        done = run("recommend", "-", *options, stdin=text, env={"COLUMNS": "80"})
        outputs.add((done.returncode, done.stdout, done.stderr))
    assert len(outputs) == 1


def test_flags_lie_over_the_file(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("use_cases: [chat]\ncontext_tokens: 4k\nonly: {families: [llama-3.2]}\n")
    _, out, _ = call("recommend", str(path), "--context", "8k", "--only-engine", "vllm", "--format", "json")
    scenario = answer(out)["scenario"]
    assert scenario["context_tokens"] == 8192
    assert scenario["only"] == {"families": ["llama-3.2"], "engines": ["vllm"]}


def test_no_is_norway_and_a_language(call: Call, run: Run) -> None:
    done = run("recommend", "-", *DAY, "--format", "json", stdin="use_cases: [image-understanding]\ndomicile: NO\n")
    found = answer(done.stdout)
    assert (done.returncode, found["scenario"]["domicile"]) == (0, "NO")
    assert found["recommendation"]["model"].startswith("llama-3.2-")
    done = run("recommend", "-", *DAY, "--format", "json", stdin="use_cases: [chat]\nlanguages: [no, en]\n")
    assert answer(done.stdout)["scenario"]["languages"] == ["no", "en"]
    code, out, _ = call("recommend", "--use-case", "image-understanding", "--domicile", "SE", "--format", "json")
    assert (code, answer(out)["verdict"]) == (1, "no_fit")


@pytest.mark.parametrize("what", ["model", "hf", "ollama", "build"])
def test_print_names_one_thing_for_scripts(what: str, call: Call) -> None:
    engine = "llama.cpp" if what == "hf" else "ollama"
    arguments = ("recommend", "--use-case", "chat", "--hardware", "RTX 3060 12GB", "--engine", engine, *DAY)
    _, out, _ = call(*arguments, "--format", "json")
    build = answer(out)["recommendation"]
    code, printed, err = call(*arguments, "--print", what)
    expected = {
        "model": build["model"],
        "hf": build["artifact"]["hf_repo"],
        "ollama": build["artifact"]["ollama_tag"],
        "build": "\t".join((build["model"], build["quantization"], build["engine"], build["machine"]["name"])),
    }
    assert (code, printed, err) == (0, f"{expected[what]}\n", "")


def test_print_of_a_no_prints_nothing_and_is_exit_1(call: Call) -> None:
    arguments = (
        "recommend",
        "--use-case",
        "chat",
        "--target",
        "phone",
        "--memory-budget-gib",
        "0.4",
        "--print",
        "model",
    )
    code, out, _ = call(*arguments)
    assert (code, out) == (1, "")


def test_output_goes_to_a_file(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "advice.json"
    assert call("recommend", "--use-case", "chat", *DAY, "--format", "json", "--output", str(path)) == (0, "", "")
    assert answer(path.read_text("utf-8"))["as_of"] == "2026-11-24"


def test_top_limits_the_table_and_says_so(call: Call) -> None:
    _, out, _ = call("recommend", "--use-case", "chat", "--top", "2", *DAY)
    table = out.split("Ranking\n")[1].split("\n\n")[0]
    assert re.findall(r"^ +(\d) ", table, re.MULTILINE) == ["1", "2"]
    assert re.search(r"and \d more; --top \d shows them", table)


def test_why_cites_the_sources(call: Call) -> None:
    _, out, _ = call("recommend", "--use-case", "coding", "--why", *DAY)
    assert "[seed-article" in " ".join(out.split())


def test_text_is_plain_and_narrow_when_piped(run: Run) -> None:
    for arguments in (
        ("--use-case", "chat"),
        ("--use-case", "image-captioning", "--hardware", "2x RTX 3090", "--model", "llama3.1:405b", "--why"),
        ("--use-case", "agents", "--target", "hosted", "--language", "pl"),
    ):
        done = run("recommend", *arguments, *DAY, env={"TERM": "xterm-256color"})
        too_wide = [line for line in done.stdout.splitlines() if len(line) > 80 and not line.lstrip().startswith("$ ")]
        assert too_wide == []
        assert "\x1b" not in done.stdout
        assert not [line for line in done.stdout.splitlines() if line != line.rstrip()]


HOSTILE = "[red]x[/red] \x1b[31mred\x07 :smile: {0.__class__} %s \u202e"


def test_what_is_echoed_is_neither_markup_nor_control(call: Call, tmp_path: Path) -> None:
    for arguments in (
        ("--use-case", HOSTILE),
        ("--use-case", "chat", "--hardware", HOSTILE),
        ("--use-case", "chat", "--model", HOSTILE),
        (HOSTILE,),
        (f"--{HOSTILE}",),
        ("--use-case", "chat", "--rules", HOSTILE),
        ("--use-case", "chat", "--as-of", HOSTILE),
        ("--use-case", "chat", "--output", f"{tmp_path}/nowhere/{HOSTILE}"),
        ("--use-case", "chat", "--priority", HOSTILE),
        ("--batch", HOSTILE),
    ):
        code, out, err = call("recommend", *arguments)
        assert (code, out) == (2, ""), arguments
        assert err.removesuffix("\n").isprintable(), arguments


def test_hostile_text_in_an_answer_is_shown_as_it_stands(call: Call, layer: Callable[[dict[str, str]], Path]) -> None:
    folder = layer(
        {"models/llama-3.1-8b-instruct.yaml": 'id: llama-3.1-8b-instruct\nname: "[red]x[/red] \\e[31m :smile:"\n'}
    )
    code, out, _ = call("recommend", "--use-case", "chat", "--hardware", "RTX 4090", "--rules", str(folder))
    assert code == 0
    assert "[red]x[/red] ?[31m :smile:" in " ".join(out.split())
    assert "\x1b" not in out


def test_a_reader_that_leaves_early_is_no_error(root: Path) -> None:
    command = f"{sys.executable} -m llama_advisor recommend --batch - | head -c 10 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        input='{"use_cases": ["chat"]}\n' * 20,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupt_is_exit_130_without_a_traceback(root: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "llama_advisor", "recommend", "--batch", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=root,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write('{"use_cases": ["chat"]}\n' * 200)
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")


PROJECT = """\
version: 1
deployments:
  - name: bot
    requirements: {use_cases: [chat], hardware: RTX 3060 12GB}
    choice: {model: llama-3.1-8b-instruct}
  - name: docs
    requirements: {use_cases: [rag], hardware: 1x L4, context_token: 16k}
    choice: {model: llama-3.1-8b-instruct}
"""


def test_a_project_file_is_a_scenario_for_one_of_its_deployments(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "llama-advisor.yaml"
    file.write_text(PROJECT, encoding="utf-8")
    plain = ("recommend", "--use-case", "chat", "--hardware", "RTX 3060 12GB", "--format", "json", *DAY)
    by_file = ("recommend", str(file), "--deployment", "bot", "--format", "json", *DAY)
    assert call(*by_file) == call(*plain)
    longer = call(*by_file, "--context", "16k")[1]
    assert answer(longer)["scenario"]["context_tokens"] == 16384


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "3:3: --deployment NAME says which; there are: bot, docs"),
        (("--deployment", "nix"), "3:3: no deployment is called 'nix'; there are: bot, docs"),
        (("--deployment", "docs"), "7:"),
    ],
)
def test_a_project_file_that_does_not_tell_is_one_line(
    call: Call, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    file = tmp_path / "llama-advisor.yaml"
    file.write_text(PROJECT, encoding="utf-8")
    code, out, err = call("recommend", str(file), *arguments, *DAY)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_deployment_needs_a_project_file(call: Call) -> None:
    code, _, err = call("recommend", "--use-case", "chat", "--deployment", "bot", *DAY)
    assert (code, err) == (2, "llama-advisor: --deployment bot: there is no project file\n")


def test_further_builds_stand_below_each_model(call: Call) -> None:
    asked = ("recommend", "--use-case", "chat", "--hardware", "2x RTX 3090", *DAY)
    plain = answer(call(*asked, "--format", "json")[1])
    assert "builds" not in plain
    found = answer(call(*asked, "--builds", "3", "--format", "json")[1])
    assert {name: part for name, part in found.items() if name != "builds"} == plain
    of_rank = {best["rank"]: [best] for best in found["ranking"]}
    for build in found["builds"]:
        group = of_rank[build["rank"]]
        assert build["model"] == group[0]["model"]
        assert build["score"] <= group[-1]["score"]
        group.append(build)
    for group in of_rank.values():
        names = [(build["quantization"], build["engine"]) for build in group]
        assert len(set(names)) == len(names) == 3
    lines = call(*asked, "--builds", "2")[1].partition("\nRanking\n")[2].splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["1", "3.1", "2", "3.1"]


def test_builds_without_a_number_are_five(call: Call) -> None:
    asked = ("recommend", "--use-case", "chat", "--hardware", "L4", *DAY)
    assert call(*asked, "--builds") == call(*asked, "--builds", "5")
    assert call(*asked, "--builds", "--why") == call(*asked, "--why", "--builds", "5")
    code, _, err = call(*asked, "--builds", "0")
    assert (code, err) == (2, "llama-advisor: Invalid value for '--builds': must be greater than or equal to 1\n")
