"""recommend --batch: a line in, an answer or an error out, in order, whatever a line holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]
    Call = Callable[..., tuple[int, str, str]]

DAY = ("--as-of", "2026-11-24")


def loaded(text: str) -> dict[str, Any]:
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


BATCH = [
    '{"id": "a", "use_cases": ["chat"]}',
    '{"id": "b", "use_cases": ["codng"]}',
    "not json",
    "[1, 2]",
    "",
    '{"id": {"nested": 1}, "use_cases": ["chat"], "target": "phone", "memory_budget_gib": 0.4}',
    '{"use_cases": ["coding"], "hardware": "RTX 4090", "bandwith": 1}',
    '{"id": 7, "use_cases": ["coding"], "hardware": "RTX 4090"}',
    '{"id": 8, "use_cases": ["coding"], "hardware": "RTX 9999"}',
    '{"id": null, "use_cases": "chat"}',
]


def test_a_batch_answers_line_by_line_and_goes_on_after_a_bad_one(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_text("\n".join(BATCH) + "\n")
    done = run("recommend", "--batch", str(path), *DAY)
    assert done.returncode == 2
    lines = [loaded(line) for line in done.stdout.splitlines()]
    assert [line["id"] for line in lines] == ["a", "b", None, None, {"nested": 1}, None, 7, 8, None]
    assert ["error" in line for line in lines] == [False, True, True, True, False, True, False, True, False]
    assert [line.get("verdict", "error")[:6] for line in lines].count("no_fit") == 1
    assert "unknown use case 'codng'; nearest: coding" in lines[1]["error"]
    assert lines[2]["error"].startswith("line 3: not valid JSON")
    assert "unknown key 'bandwith'" in lines[5]["error"]
    again = run("recommend", "--batch", "-", *DAY, stdin="\n".join(BATCH))
    assert (again.stdout, again.returncode) == (done.stdout, 2)


def test_a_batch_line_equals_the_single_loaded(run: Run, call: Call) -> None:
    done = run("recommend", "--batch", "-", *DAY, stdin='{"id": "x", "use_cases": ["coding"], "hardware": "L4"}\n')
    _, out, _ = call("recommend", "--use-case", "coding", "--hardware", "L4", *DAY, "--format", "json")
    assert loaded(done.stdout) == {"id": "x"} | loaded(out)


def test_the_exit_code_of_a_batch_is_the_worst(run: Run) -> None:
    fine = '{"use_cases": ["chat"]}\n'
    never = '{"use_cases": ["chat"], "target": "phone", "memory_budget_gib": 0.4}\n'
    assert run("recommend", "--batch", "-", stdin=fine).returncode == 0
    assert run("recommend", "--batch", "-", stdin=never + fine).returncode == 1
    assert run("recommend", "--batch", "-", stdin=fine + "{\n" + never).returncode == 2
    assert run("recommend", "--batch", "-", stdin="").returncode == 0


HOSTILE_LINES = (
    '{"use_cases": ["chat"], "context_tokens": 1e400}',
    '{"use_cases": ["chat"], "memory_budget_gib": NaN}',
    '{"use_cases": ["chat"], "memory_budget_gib": Infinity}',
    '{"use_cases": ["chat"], "context_tokens": ' + "9" * 5000 + "}",
    '{"use_cases": [' + "[" * 20_000 + "]" * 20_000 + "]}",
    '{"use_cases": ["chat"], "hardware": "' + "x" * 100_000 + '"}',
    '{"use_cases": ["chat"], "hardware": []}',
    '{"use_cases": ["chat"], "hardware": {}, "model": ""}',
    '{"use_cases": null}',
    '{"use_cases": [null]}',
    '{"use_cases": [""]}',
    '{"use_cases": ["chat"], "priorities": null, "only": null, "languages": null}',
    '{"use_cases": ["chat"], "only": {"max_parameters_b": 0}}',
    '{"use_cases": ["chat"], "context_tokens": true}',
)


def test_hostile_lines_yield_a_line_each_and_no_traceback(run: Run) -> None:
    done = run(
        "recommend", "--batch", "-", stdin="\n".join(HOSTILE_LINES) + '\n{"id": "last", "use_cases": ["chat"]}\n'
    )
    assert "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(HOSTILE_LINES) + 1
    assert json.loads(lines[-1])["id"] == "last"
    assert done.returncode == 2


@pytest.mark.parametrize(
    "line", ['{"use_cases": ["\\ud800"]}', '{"id": "\\ud800", "use_cases": ["chat"], "domicile": "\\u0000\\u0001"}']
)
def test_half_a_character_yields_a_line_and_no_traceback(line: str, run: Run) -> None:
    done = run("recommend", "--batch", "-", stdin=f'{line}\n{{"id": "last", "use_cases": ["chat"]}}\n')
    assert "Traceback" not in done.stderr
    assert [json.loads(text)["id"] for text in done.stdout.splitlines()][1:] == ["last"]
