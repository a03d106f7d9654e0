"""check, init, lock, explain and their flags on the command line; what docs/check.md tells to run, runs."""

from __future__ import annotations

import json
import os
import re
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from checked_projects import PROJECT
from jsonschema import Draft202012Validator

from llama_advisor import __version__
from llama_advisor.check import servers
from llama_advisor.cli.check import paired
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Ran = subprocess.CompletedProcess[str]

ROOT = Path(__file__).resolve().parents[2]
TWO = PROJECT.replace("llama-3.1-8b-instruct, quantization: fp8", "llama-3.2-1b-instruct, quantization: bf16")
BROKEN = PROJECT.replace("8b-instruct", "70b-instruct")


@pytest.fixture
def at(tmp_path: Path, run: Callable[..., Ran]) -> Callable[..., Ran]:
    """Run the program in a folder of its own."""
    return partial(run, cwd=tmp_path)


def project(folder: Path, text: str = PROJECT, name: str = "llama-advisor.yaml") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def codes(done: Ran) -> list[str]:
    return [item["code"] for item in json.loads(done.stdout)["findings"]]


@pytest.mark.parametrize(
    ("text", "flags", "code"),
    [
        (PROJECT, (), 0),
        (BROKEN, (), 1),
        (BROKEN, ("--fail-on", "never"), 0),
        (BROKEN, ("--ignore", "LA1"), 0),
        (BROKEN, ("--ignore", "LA1", "--select", "LA101"), 1),
        (BROKEN, ("--select", "LA3,LA4"), 0),
        (TWO, (), 0),
        (TWO, ("--fail-on", "warning"), 1),
        (PROJECT + "waiver: []\n", ("--fail-on", "never", "--select", "LA1", "--ignore", "LA9"), 2),
        (PROJECT, ("--select", "LA666"), 2),
        (PROJECT, ("--fail-on", "nothing"), 2),
        (PROJECT, ("--rules", "no-such-folder"), 2),
    ],
)
def test_exit_codes(text: str, flags: tuple[str, ...], code: int, at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path, text)
    for format_ in ("text", "sarif", "github"):
        assert at("check", "--as-of", "2026-11-24", "--format", format_, *flags).returncode == code


def test_broken_rules_are_exit_3(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path)
    project(tmp_path, "id: other\n", "llama-advisor.d/preferences/house.yaml")
    done = at("check")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_a_team_layer_beside_the_file_is_taken(at: Callable[..., Ran], tmp_path: Path) -> None:
    rule = {
        "id": "no-fp8",
        "title": "No FP8",
        "why": "Our operators say so.",
        "sources": [{"id": "design-contract", "says": "a team's own limit"}],
        "confidence": "high",
        "when": {"fact": "quantization.id", "is": "fp8"},
        "then": {"rule_out": "other"},
        "say": "no FP8 in this house",
        "examples": {"fires": [{"quantization.id": "fp8"}], "silent": [{"quantization.id": "bf16"}]},
    }
    project(tmp_path)
    project(tmp_path, yaml.safe_dump(rule), "llama-advisor.d/constraints/no-fp8.yaml")
    done = at("check", "--format", "json")
    found = json.loads(done.stdout)["findings"]
    assert [(item["code"], item["text"], item["column"]) for item in found] == [("LA113", "no FP8 in this house", 58)]
    assert done.returncode == 1


def test_folders_files_and_order(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path, BROKEN, "b/llama-advisor.yml")
    project(tmp_path, BROKEN, "a/deep/llama-advisor.yaml")
    project(tmp_path, BROKEN, "node_modules/x/llama-advisor.yaml")
    project(tmp_path, BROKEN, "other.yaml")
    done = at("check", "other.yaml", ".", "b", "--format", "json", "--as-of", "2026-11-24")
    files = [item["file"] for item in json.loads(done.stdout)["findings"]]
    assert list(dict.fromkeys(files)) == ["a/deep/llama-advisor.yaml", "b/llama-advisor.yml", "other.yaml"]
    assert json.loads(done.stdout)["files"] == 3
    assert at("check", "a/../b/../node_modules/x/..").returncode == 1
    assert at("check", "b", "a", "other.yaml", "--as-of", "2026-11-24", "--format", "json").stdout == done.stdout
    assert at("check").returncode == 2


def test_many_files_in_several_processes_are_the_same(at: Callable[..., Ran], tmp_path: Path) -> None:
    for index in range(70):
        project(tmp_path, BROKEN if index % 7 == 0 else PROJECT, f"s{index:02d}/llama-advisor.yaml")
    together = at("check", ".", "--format", "json", "--as-of", "2026-11-24")
    apart = at("check", *(f"s{index:02d}" for index in range(0, 70, 7)), "--format", "json", "--as-of", "2026-11-24")
    assert (together.returncode, together.stderr) == (1, "")
    assert json.loads(together.stdout)["findings"] == json.loads(apart.stdout)["findings"]


def test_formats_go_to_their_files(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path, BROKEN)
    done = at("check", "-f", "text", "-f", "sarif", "-o", "a.sarif", "--format=junit", "--output=b.xml")
    assert "LA101" in done.stdout
    assert json.loads((tmp_path / "a.sarif").read_text("utf-8"))["version"] == "2.1.0"
    assert (tmp_path / "b.xml").read_text("utf-8").startswith("<?xml")
    assert at("check", "-o", "c.txt").stdout == ""
    assert "LA101" in (tmp_path / "c.txt").read_text("utf-8")
    assert at("check", "-f", "json", "-f", "sarif").returncode == 2
    assert at("check", "-o", "no/such/folder.txt").returncode == 2


def test_formats_are_paired() -> None:
    assert paired([], [], []) == [("text", None)]
    assert paired(["json", "text"], ["a", "-"], []) == [("json", "a"), ("text", None)]
    placed = ["-f", "text", "-f", "sarif", "-o", "x"]
    assert paired(["text", "sarif"], ["x"], placed) == [("text", None), ("sarif", "x")]
    with pytest.raises(InputError, match="name the --format before it"):
        paired(["text", "sarif"], ["x"], ["-o", "x", "-f", "text", "-f", "sarif"])


def test_what_has_one_right_value_is_written_in_its_place(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path, f"{PROJECT}    sources: ['*.sh', compose.yaml]\n")
    serve = "# für 8192\r\nvllm serve meta-llama/Llama-3.2-3B-Instruct \\\r\n  --max-model-len 8192 --quantization fp8"
    right = serve.replace("Llama-3.2-3B", "Llama-3.1-8B").replace("len 8192", "len 16384")
    run, compose = tmp_path / "run.sh", tmp_path / "compose.yaml"
    run.write_bytes(b"\xef\xbb\xbf" + serve.encode())
    run.chmod(0o755)
    compose.write_text("image: vllm/vllm-openai:v0.4.0\n", encoding="utf-8")
    (tmp_path / "link.sh").symlink_to("run.sh")
    told = at("check", "--fix", "--diff")
    lines = [line for line in told.stdout.splitlines() if line[:1] in "+-"]
    assert (told.returncode, told.stderr) == (1, "")
    assert lines[1:4] == [
        "+++ b/compose.yaml",
        "-image: vllm/vllm-openai:v0.4.0",
        "+image: vllm/vllm-openai:v0.5.3.post1",
    ]
    assert lines[-1] == "+  --max-model-len 16384 --quantization fp8"
    assert run.read_bytes()[3:].decode() == serve
    done = at("check", "--fix")
    assert done.stderr.splitlines() == [
        "llama-advisor: compose.yaml:1:26: 0.4.0 is now 0.5.3.post1",
        "llama-advisor: run.sh:2:12: meta-llama/Llama-3.2-3B-Instruct is now meta-llama/Llama-3.1-8B-Instruct",
        "llama-advisor: run.sh:3:19: 8192 is now 16384",
    ]
    assert (done.returncode, done.stdout[:8]) == (0, "0 errors")
    assert run.read_bytes() == b"\xef\xbb\xbf" + right.encode()
    assert (run.stat().st_mode & 0o777, (tmp_path / "link.sh").is_symlink()) == (0o755, True)
    assert sorted(item.name for item in tmp_path.iterdir() if "tmp" in item.name) == []
    assert at("check", "--fix", "--diff").stdout == ""
    assert at("check", "--diff").returncode == 2


@pytest.mark.parametrize(
    ("choice", "file", "written", "right"),
    [
        ('{model: "llama3.1:8b", engine: ollama}', "run.sh", "ollama pull llama3.2:1b", "ollama pull llama3.1:8b"),
        (
            "{model: llama-3.1-8b-instruct, quantization: fp8, engine: vllm}",
            "run.sh",
            "vllm serve RedHatAI/Llama-3.2-1B-Instruct-FP8",
            "vllm serve RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8",
        ),
        (
            "{model: llama-3.1-70b-instruct, engine: hosted}",
            "app.py",
            'completion(model="bedrock/meta.llama3-1-8b-instruct-v1:0")',
            'completion(model="bedrock/meta.llama3-1-70b-instruct-v1:0")',
        ),
        ("{model: llama-3.1-8b-instruct, engine: vllm}", "run.sh", "vllm serve Qwen/Qwen2.5-7B-Instruct", None),
        (
            "{model: llama-3.1-8b-instruct, engine: vllm, engine_version: v0.10.1}",
            "compose.yaml",
            "image: vllm/vllm-openai:v0.4.0",
            "image: vllm/vllm-openai:v0.10.1",
        ),
        (
            "{model: llama-3.1-8b-instruct, engine: vllm, engine_version: 0.4.1}",
            "compose.yaml",
            "image: vllm/vllm-openai:v0.4.0",
            "image: vllm/vllm-openai:v0.5.3.post1",
        ),
    ],
)
def test_a_model_is_put_right_in_its_own_spelling(
    choice: str, file: str, written: str, right: str | None, at: Callable[..., Ran], tmp_path: Path
) -> None:
    needs = "{name: bot, requirements: {use_cases: [chat]}, choice: "
    project(tmp_path, f"version: 1\ndeployments: [{needs}{choice}, sources: [{file}]}}]\n")
    project(tmp_path, written, file)
    at("check", "--fix", "--as-of", "2026-11-24")
    assert (tmp_path / file).read_text("utf-8") == (right or written)


def test_names_of_a_model_are_put_right_together_or_not_at_all(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path, f"{PROJECT}    sources: [vars.yml]\n")
    text = "model_repo: meta-llama/Llama-3.2-3B-Instruct\nmodel_file: Llama-3.2-3B-Instruct-Q4_K_M.gguf\n"
    project(tmp_path, text, "vars.yml")
    done = at("check", "--fix")
    why = "vars.yml:2 names another model of bot, and what fits there takes a decision"
    assert done.stderr == f"llama-advisor: vars.yml:1:13 stays as it is: {why}\n"
    assert (tmp_path / "vars.yml").read_text("utf-8") == text


def test_a_place_of_which_two_want_different_things_stays(at: Callable[..., Ran], tmp_path: Path) -> None:
    one = f"{PROJECT}    sources: [run.sh]\n"
    other = one.partition("deployments:\n")[2].replace("bot", "other").replace("16k", "32k")
    project(tmp_path, one + other)
    project(tmp_path, "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 8192 --quantization fp8\n", "run.sh")
    done = at("check", "--fix", "--format", "json")
    found = json.loads(done.stdout)["findings"]
    assert [item["replacement"] for item in found] == ["16384", "32768"]
    assert [item["text"].split("; ")[1] for item in found] == ["bot needs 16384", "other needs 32768"]
    assert "8192" in (tmp_path / "run.sh").read_text("utf-8")


def test_settings_of_pyproject(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path, BROKEN, "deep/llama-advisor.yaml")
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.llama-advisor]\npaths = ["deep"]\nignore = ["LA101"]\n', encoding="utf-8")
    assert at("check").returncode == 0
    assert at("check", "--ignore", "LA2").returncode == 1
    for wrong in ('[tool.llama-advisor]\nfail_onn = "x"\n', "[tool\n", '[tool]\nllama-advisor = "x"\n'):
        settings.write_text(wrong, encoding="utf-8")
        done = at("check")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.startswith("llama-advisor: pyproject.toml: ")


def test_a_lock_is_stable_and_tells_when_it_is_old(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path)
    assert at("lock").returncode == 0
    lock = tmp_path / "llama-advisor.lock"
    before = lock.read_bytes()
    assert at("lock", env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}).returncode == 0
    assert lock.read_bytes() == before
    assert at("check").stdout.startswith("0 errors, 0 warnings, 0 notes")
    held: Any = json.loads(before)["deployments"]["bot"]
    assert held["winner"]["model"] == "llama-3.1-8b-instruct"
    assert held["margin"] > 0
    assert {"build.quality", "speed.decode_tokens_per_s"} <= set(held["winner"]["facts"])
    project(tmp_path, PROJECT.replace("16k", "32k"))
    assert codes(at("check", "--format", "json")) == ["LA403"]
    assert at("lock", "--check").returncode == 1
    project(tmp_path, "version: 2\n")
    assert at("lock").returncode == 2
    assert lock.read_bytes() == before


def test_a_moved_rule_is_named(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path)
    assert at("lock").returncode == 0
    weights = {"quality": 0, "speed": 100, "cost": 0, "footprint": 0, "maturity": 0}
    project(tmp_path, yaml.safe_dump({"id": "rag", "weights": weights}), "llama-advisor.d/use_cases/rag.yaml")
    found = [i for i in json.loads(at("check", "--format", "json").stdout)["findings"] if i["code"] == "LA404"]
    assert "weight of speed" in found[0]["text"]


def test_what_is_dropped_is_not_changed_to_nothing(at: Callable[..., Ran], tmp_path: Path) -> None:
    needs = "{use_cases: [chat], target: hosted, provider: groq, languages: [ja], context_tokens: 8k}"
    choice = "choice: {model: llama-3.1-8b-instruct, engine: hosted}"
    project(tmp_path, f"version: 1\ndeployments: [{{name: bot, requirements: {needs}, {choice}}}]\n")
    told = at("check", "--select", "LA202").stdout
    assert "no model meets these requirements" in told
    assert "nothing" not in told
    assert "as hosted" not in told


def test_explain(at: Callable[..., Ran]) -> None:
    done = at("explain", "la303")
    assert done.stdout == (ROOT / "docs/findings/LA303.md").read_text("utf-8").split("\n[All codes]")[0]
    assert at("explain", "LA999").returncode == 2


def test_init_writes_what_check_accepts(at: Callable[..., Ran], tmp_path: Path) -> None:
    flags = ("--use-case", "rag", "--hardware", "1x L4", "--language", "no", "--only-family", "llama-3.1", "--offline")
    flags += ("--model", "llama-3.1-8b-instruct", "--quantization", "fp8")
    assert at("init", *flags, "--name", "über: {bot}", "--github").returncode == 0
    text = (tmp_path / "llama-advisor.yaml").read_text("utf-8")
    schema = tmp_path / text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    validator = Draft202012Validator(json.loads(schema.read_text("utf-8")))
    assert list(validator.iter_errors(yaml.safe_load(text))) == []
    written = yaml.safe_load(text)["deployments"][0]
    assert (written["name"], written["requirements"]["languages"]) == ("über: {bot}", ["no"])
    assert at("check").returncode in {0, 1}
    assert at("init", *flags).returncode == 2
    assert (tmp_path / "llama-advisor.yaml").read_text("utf-8") == text
    assert at("init", *flags, "--force").returncode == 0


def test_init_writes_a_workflow_that_is_no_project_file(at: Callable[..., Ran], tmp_path: Path) -> None:
    done = at("init", "--use-case", "rag", "--hardware", "1x L4", "--domicile", "US", "--github")
    assert done.returncode == 0
    assert "there is no .git at or above it" in done.stdout
    assert at("check", ".").returncode == 0
    project(tmp_path, "name: a workflow\n", ".github/workflows/llama-advisor.yml")
    assert at("check", ".").stdout.endswith(
        "in 1 deployment in 1 file\nscanned 0 files, read 0 deployments, 0 files not read\n"
    )


def test_entries_for_build_servers_belong_to_the_root_of_the_repository(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path, "ref: refs/remotes/origin/trunk\n", ".git/refs/remotes/origin/HEAD")
    for folder in ("bot", "other", "a b"):
        (tmp_path / "services" / folder).mkdir(parents=True)
    flags = ("--use-case", "rag", "--hardware", "1x L4", "--github")
    assert at("init", "services/bot/llama-advisor.yaml", *flags).stdout.count("written") == 3
    file = tmp_path / ".github/workflows/llama-advisor-check.yml"
    workflow = yaml.safe_load(file.read_text("utf-8"))
    assert workflow[True]["push"] == {"branches": ["trunk"]}
    assert any('llama-advisor" check .' in step.get("run", "") for step in workflow["jobs"]["check"]["steps"])
    assert not (tmp_path / "services/bot/.github").exists()
    assert at("init", "services/other/llama-advisor.yaml", *flags).returncode == 0
    done = at("init", "services/a b/own.yaml", *flags)
    assert (done.returncode, done.stderr.count("llama-advisor-check.yml is there already")) == (2, 1)
    done = at("init", "services/a b/own.yaml", *flags, "--force", "--gitlab", "--pre-commit", "--install", "git+x@y z")
    _, _, after = done.stdout.partition("# For .gitlab-ci.yml:\n")
    gitlab, _, hooks = after.partition("# For .pre-commit-config.yaml:\n")
    told = [yaml.safe_load(gitlab)["llama-advisor"]["script"][0]]
    told.append("\n".join(s.get("run", "") for s in yaml.safe_load(file.read_text("utf-8"))["jobs"]["check"]["steps"]))
    for script in told:
        assert {"services/a b/own.yaml", "git+x@y z"} <= set(shlex.split(script))
    (hook,) = yaml.safe_load(hooks)["repos"][0]["hooks"]
    assert shlex.split(hook["entry"]) == ["llama-advisor", "check", "services/a b/own.yaml"]
    assert hook["additional_dependencies"] == ["git+x@y z"]


def test_entries_are_written_beside_a_project_file_that_stays_as_it_is(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path, "version: 1  # as the team wrote it\n")
    done = at("init", "--github", "--gitlab", "--pre-commit")
    assert done.returncode == 0
    assert done.stdout.startswith(".github/workflows/llama-advisor-check.yml: written")
    assert ("# For .gitlab-ci.yml:" in done.stdout, "# For .pre-commit-config.yaml:" in done.stdout) == (True, True)
    workflow = tmp_path / ".github/workflows/llama-advisor-check.yml"
    written = workflow.read_text("utf-8")
    assert at("init", "--github", "--install", "other.whl").returncode == 2
    assert workflow.read_text("utf-8") == written
    assert at("init", "--github", "--install", "other.whl", "--force").returncode == 0
    assert workflow.read_text("utf-8") != written
    for more in (("--discover",), ("--use-case", "chat"), ("--source", "a.sh")):
        done = at("init", "--github", *more)
        assert (done.returncode, "llama-advisor.yaml is there already" in done.stderr) == (2, True)
    assert (tmp_path / "llama-advisor.yaml").read_text("utf-8") == "version: 1  # as the team wrote it\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".github", "llama-advisor.yaml"]


@pytest.mark.parametrize(
    ("told", "installed"),
    [
        ({"url": "https://x.org/a.git", "vcs_info": {"vcs": "git", "commit_id": "0a1"}}, "git+https://x.org/a.git@0a1"),
        ({"url": "file:///a", "vcs_info": {"vcs": "git", "commit_id": "0a1"}}, ""),
        ({"url": "file:///a", "dir_info": {"editable": True}}, ""),
        (None, ""),
    ],
)
def test_no_entry_installs_a_bare_name(told: Any, installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            return json.dumps(told) if told and name == "direct_url.json" else None

    monkeypatch.setattr(servers, "distribution", lambda _: Installed())
    wanted = f"llama-advisor @ {installed}" if installed else f"tools/llama_advisor-{__version__}-py3-none-any.whl"
    assert servers.requirement() == wanted
    for server in ("github", "gitlab"):
        assert shlex.quote(wanted) in servers.server_entry(server, wanted, ".")
    hook = servers.server_entry("pre-commit", wanted, ".")
    assert (wanted in hook) == bool(installed)
    assert ("language: system" in hook) != bool(installed)


@pytest.mark.skipif(os.name != "posix", reason="names that other systems do not allow")
def test_init_names_its_file_on_one_line(at: Callable[..., Ran]) -> None:
    done = at("init", "a\n::error::x\x1b.yaml", "--use-case", "chat")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "a ::error::x?.yaml: written")


def test_init_needs_something_to_go_by(at: Callable[..., Ran], tmp_path: Path) -> None:
    assert at("init").returncode == 2
    done = at("init", "--use-case", "agents", "--tool-calling", "multi_step", "--hardware", "Raspberry Pi 5 8GB")
    assert done.returncode == 1
    assert at("init", "--discover").returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_discovery_respects_gitignore(at: Callable[..., Ran], tmp_path: Path) -> None:
    project(tmp_path, "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 16k\n", "serve/run.sh")
    project(tmp_path, "ollama run llama3.2:1b\n", "old/run.sh")
    project(tmp_path, "ollama run llama3.2:3b\n", "serve/tmp/run.sh")
    project(tmp_path, "old/\n", ".gitignore")
    project(tmp_path, "tmp\n", "serve/.gitignore")
    (tmp_path / "serve/large.yaml").write_text("x: llama3.2:1b\n" * 100_000, encoding="utf-8")
    done = at("check", "--discover")
    assert "1 files were not read: serve/large.yaml (file is larger than 1 MB)" in done.stderr
    (found,) = yaml.safe_load(done.stdout)["deployments"]
    assert (found["name"], found["sources"]) == ("run", ["serve/run.sh"])
    assert found["choice"] == {"model": "llama-3.1-8b-instruct", "quantization": "bf16", "engine": "vllm"}
    assert found["requirements"]["context_tokens"] == 16384
    assert at("init", "--discover").returncode == 0
    assert at("check").returncode == 0


def test_the_schema_of_the_project_file(at: Callable[..., Ran]) -> None:
    schema = json.loads(at("schema", "project").stdout)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    good = yaml.safe_load(PROJECT)
    assert list(validator.iter_errors(good)) == []
    for wrong in (
        PROJECT.replace("context_tokens", "model: llama-3.1-8b, context_tokens"),
        PROJECT.replace("name: bot", "nme: bot"),
        PROJECT.replace("version: 1", "version: 2"),
        PROJECT + "waivers: [{code: LA101, deployment: bot}]\n",
    ):
        assert list(validator.iter_errors(yaml.safe_load(wrong)))
    parts = [schema, *schema["$defs"].values()]
    bare = [name for part in parts for name, item in part.get("properties", {}).items() if "description" not in item]
    assert bare == []


def test_what_the_page_tells_to_run_runs(at: Callable[..., Ran]) -> None:
    page = (ROOT / "docs/check.md").read_text("utf-8")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 6
    for command in commands:
        done = at(*shlex.split(command)[1:])
        assert done.returncode == 0, (command, done.stdout, done.stderr)
