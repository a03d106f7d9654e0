"""A coding agent gets what the commands print, by the SDK's own client, and no tool reaches for the network."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from llama_advisor.cli import options
from llama_advisor.cli.mcp import TOOLS, requested
from llama_advisor.text.errors import InputError
from llama_advisor.text.wording import json_schema

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
DAY = "2026-11-24"
ON_THE_DAY = options.Run({"as_of": DAY})
CODING = {"use_cases": ["coding"], "hardware": "2x RTX 3090", "context_tokens": "32k"}
FLAGS = ("--use-case", "coding", "--hardware", "2x RTX 3090", "--context", "32k")
SAME: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("recommend", {"scenario": CODING}, ("recommend", *FLAGS)),
    ("recommend", {"scenario": CODING, "why": True}, ("recommend", *FLAGS, "--why")),
    ("recommend", {"scenario": {}}, ("recommend",)),
    ("estimate", {"model": "8b", "hardware": "L4"}, ("estimate", "8b", "--hardware", "L4")),
    (
        "estimate",
        {"model": "8b", "hardware": "L4", "limits": True},
        ("estimate", "8b", "--hardware", "L4", "--max-context"),
    ),
    ("check", {"paths": ["docs/example-project"]}, ("check", "docs/example-project")),
    (
        "check",
        {"paths": ["docs/example-project"], "ignore": ["LA3"], "fail_on": "warning"},
        ("check", "docs/example-project", "--ignore", "LA3", "--fail-on", "warning"),
    ),
    ("check", {"paths": ["nowhere"]}, ("check", "nowhere")),
    ("explain", {"name": "LA303"}, ("explain", "LA303")),
    ("explain", {"name": "70b", "scenario": CODING}, ("explain", "70b", *FLAGS)),
]
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("recommend", {}, "scenario is missing"),
    ("recommend", {"scenario": {"use_cases": ["codng"]}}, "use_cases: unknown use case 'codng'; nearest: coding"),
    ("recommend", {"scenario": {"use_case": "a\n\x1b"}}, "unknown key 'use_case'; nearest: use_cases"),
    ("estimate", {"model": "8b", "contxt": 1}, "unknown key 'contxt'; nearest: context_tokens"),
    ("estimate", {"model": "a\n\x1b[2J9b"}, "model: unknown model 'a ?[2J9b'"),
    ("explain", {"name": "70b"}, "a model is explained for a scenario"),
    ("explain", {"name": "LA303", "scenario": CODING}, "only a model is explained for a scenario"),
    ("recommended", {}, "unknown tool 'recommended'; nearest: recommend"),
]
SERVER = """import sys
def refuse(event, _):
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system"}:
        sys.exit(event)
sys.addaudithook(refuse)
from llama_advisor.cli.main import main
main()
"""


@pytest.mark.parametrize(("tool", "given", "command"), SAME, ids=[" ".join(row[2]) for row in SAME])
def test_a_tool_answers_as_its_command_does(
    run: Run, tool: str, given: dict[str, Any], command: tuple[str, ...]
) -> None:
    assert requested(tool, given).answer(ON_THE_DAY) == run(*command, "--format", "json", "--as-of", DAY).stdout
    validator = Draft202012Validator(json_schema(TOOLS[tool]))
    assert validator.is_valid(given)
    assert not validator.is_valid(given | {"else": 1})


@pytest.mark.parametrize(("tool", "given", "says"), WRONG)
def test_what_is_wrong_is_one_line(tool: str, given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as raised:
        requested(tool, given).answer(ON_THE_DAY)
    assert says in str(raised.value)
    assert str(raised.value).isprintable()


def test_what_the_page_shows_is_understood(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    for call in (item for item in shown if "name" in item):
        assert requested(call["name"], call["arguments"]).answer(ON_THE_DAY)
    for server in (item["llama-advisor"] for block in shown for item in block.values() if "llama-advisor" in item):
        assert server["command"] == "llama-advisor"
        assert "needs the package mcp" in run(*server["args"]).stderr
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(TOOLS)


@pytest.mark.skipif(find_spec("mcp_types") is None, reason="needs the extra `mcp`")
@pytest.mark.filterwarnings("default")  # those of the SDK are its own
def test_a_client_lists_and_calls_the_tools() -> None:
    stdio = import_module("mcp.client.stdio")
    parameters = stdio.StdioServerParameters(
        command=sys.executable, args=["-c", SERVER, "mcp", "--as-of", DAY], env={"PYTHONPATH": str(ROOT)}, cwd=ROOT
    )

    async def session() -> tuple[Any, list[Any]]:
        async with import_module("mcp.client.client").Client(stdio.stdio_client(parameters)) as client:
            calls = [*((tool, given) for tool, given, _ in (*SAME, *WRONG))]
            return await client.list_tools(), [await client.call_tool(tool, given) for tool, given in calls]

    listed, answers = asyncio.run(session())
    assert {tool.name: tool.input_schema for tool in listed.tools} == {
        name: json_schema(kind) for name, kind in TOOLS.items()
    }
    for (tool, given, _), answer in zip(SAME, answers, strict=False):
        assert (answer.is_error, [part.text for part in answer.content]) == (
            False,
            [requested(tool, given).answer(ON_THE_DAY)],
        )
    for (_, _, says), answer in zip(WRONG, answers[len(SAME) :], strict=True):
        assert answer.is_error
        assert says in answer.content[0].text


def test_without_the_sdk_one_line_says_how_to_install_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    done = run("mcp")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "llama-advisor: mcp needs the package mcp, version 2 or later: python3 -m pip install mcp\n"


def test_wrong_rules_are_told_of_before_an_agent_asks(run: Run, layer: Callable[[dict[str, str]], Path]) -> None:
    folder = layer({"models/x.yaml": "id: x\n"})
    assert run("mcp", "--rules", str(folder)).returncode == 3


def test_a_check_reads_files_as_they_are_now(tmp_path: Path) -> None:
    file = tmp_path / "llama-advisor.yaml"
    file.write_text("version: 1\ndeployments: []\n", encoding="utf-8")
    first = json.loads(requested("check", {"paths": [str(file)]}).answer(ON_THE_DAY))
    file.unlink()
    assert first != json.loads(requested("check", {"paths": [str(file)]}).answer(ON_THE_DAY))
