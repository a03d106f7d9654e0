"""compare and whatif on the command line: text at 80 and 40 columns, JSON, CSV, a picture, errors, progress."""

from __future__ import annotations

import csv
import io
import json
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from llama_advisor.cli.options import count, progress
from llama_advisor.cli.rules import schemas
from llama_advisor.text.wording import json_schema

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

DAY = ("--as-of", "2026-11-24")
SCENARIO = "use_cases: [rag]\nhardware: 1x L4\ncontext_tokens: 16k\ndomicile: DE\n"
VARY = ("--vary", "context=8k,32k", "--vary", "hardware=1x L4,1x A100 80GB")


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "scenario.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return str(path)


def valid(name: str, data: Any) -> None:
    Draft202012Validator(json_schema(schemas()[name])).validate(data)


def test_a_comparison_marks_what_differs(run: Run, file: str) -> None:
    done = run("compare", "8b", "3b", "--scenario", file, *DAY)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:9] == [
        "Llama 3.1 8B Instruct / Llama 3.2 3B Instruct",
        "* marks what differs",
        "",
        "Facts",
        "                          3.1 8B                     3.2 3B",
        "  *  parameters, billion  8.03                       3.21",
        "     context, tokens      131,072                    131,072",
        "     inputs               text                       text",
        "     languages            de, en, es, fr, hi, it,    de, en, es, fr, hi, it, pt,",
    ]
    assert "  *  MMLU                            69.4    63.4" in lines
    assert max(map(len, lines)) <= 80


def test_a_narrow_terminal_gets_one_fact_under_another(run: Run, file: str) -> None:
    done = run("compare", "8b", "3b", "11b vision", "--scenario", file, *DAY, env={"COLUMNS": "40"})
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 40
    place = lines.index("  * parameters, billion")
    assert lines[place + 1 : place + 4] == [
        "    3.1 8B 8.03; 3.2 3B 3.21; 3.2 11B",
        "    Vision 10.67",
        "  context, tokens",
    ]


def test_a_comparison_as_json_holds_to_its_schema(run: Run, file: str) -> None:
    told = json.loads(run("compare", "8b", "11b-vision", "--scenario", file, "-f", "json", *DAY).stdout)
    valid("comparison", told)
    assert [model["model"] for model in told["models"]] == ["llama-3.1-8b-instruct", "llama-3.2-11b-vision-instruct"]
    assert told["models"][1]["excuse"]["bottleneck"] == "licence"


def test_flags_lie_over_the_scenario(run: Run, file: str) -> None:
    told = json.loads(run("compare", "8b", "3b", "--scenario", file, "--context", "64k", "-f", "json", *DAY).stdout)
    assert told["scenario"]["context_tokens"] == 65536


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compare", "8b"), "compare: name at least two models; `models list` shows them"),
        (
            ("compare", "8b", "llama3.1"),
            "compare: '8b' and 'llama3.1' are both llama-3.1-8b-instruct; name different models",
        ),
        (("whatif", "--use-case", "rag"), "whatif: say what to vary, e.g. --vary context=8k,32k"),
        (("whatif", "--vary", "context=8k"), "whatif: state at least one of: use_cases, inputs, model"),
        (("whatif", "--use-case", "rag", "--vary", "hardware=1x L4,moon"), 'hardware "moon": unknown device'),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_2(arguments: tuple[str, ...], message: str, run: Run) -> None:
    done = run(*arguments, *DAY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"llama-advisor: {message}")
    assert done.stderr.count("\n") == 1


def test_a_grid_is_letters_with_a_reason_at_each_change(run: Run, file: str) -> None:
    done = run("whatif", file, *VARY, *DAY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "4 answers: context tokens by hardware\n"
        "use cases rag; domicile DE\n"
        "\n"
        "context tokens down, hardware across\n"
        "       1x L4  1x A100 80GB\n"
        "  8k   A      B\n"
        "  32k  A      B\n"
        "\n"
        "Winners\n"
        "  - A  Llama 3.1 8B Instruct, fp8, vLLM\n"
        "  - B  Llama 3.1 70B Instruct, awq-int4, vLLM\n"
    )
    assert "\nWhy it changes\n" in done.stdout
    assert "  - hardware 1x L4 to 1x A100 80GB (at context tokens 8k): A to B: 3.1 70B\n" in done.stdout


def test_one_field_is_a_list_with_figures(run: Run, file: str) -> None:
    done = run("whatif", file, "--vary", "context=8k,16k", *DAY)
    assert "\nAnswers\n  context tokens  winner  score   GiB  tok/s  USD/mo\n  8k              A  " in done.stdout
    assert done.stdout.endswith("Why it changes\n  - it does not\n")


def test_three_fields_are_a_table_for_each_value_of_the_first(run: Run, file: str) -> None:
    done = run("whatif", file, "--vary", "concurrency=1,2", *VARY, *DAY, env={"COLUMNS": "40"})
    assert "\nconcurrent requests 1\n" in done.stdout
    assert "\nconcurrent requests 2\n" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 40


def test_changes_that_are_alike_are_told_once(run: Run, file: str) -> None:
    alone = run("whatif", file, "--vary", "hardware=1x L4,1x A100 80GB", "--vary", "context=8k", *DAY).stdout
    twice = run("whatif", file, "--vary", "hardware=1x L4,1x A100 80GB", "--vary", "context=8k,9k", *DAY).stdout
    for text in (alone, twice):
        assert " ".join(text.split()).count("qualifies now; before: ") == 1
    assert "other place" not in alone
    assert " ".join(twice.split()).endswith("at 8,192 tokens (and at 1 other place)")


def test_a_long_list_of_reasons_is_cut_and_says_so(run: Run, file: str) -> None:
    slow = ",".join(str(500 + step) for step in range(25))
    done = run("whatif", file, "--only-model", "llama-3.1-8b-instruct", "--vary", f"min-tokens-per-s=-,{slow}", *DAY)
    assert "\n  and 5 more; --format csv has them all\n" in done.stdout


def test_columns_that_do_not_fit_stand_under_another(run: Run) -> None:
    done = run(
        "whatif",
        *("--use-case", "rag", "--vary", "hardware=1x L4,RTX 3060 12GB + 64GB RAM"),
        *("--vary", "context=4k,5k,6k,7k", *DAY),
        env={"COLUMNS": "40"},
    )
    assert (
        "\nhardware down, context tokens across\n"
        "  1x L4\n"
        "    4k A; 5k A; 6k A; 7k A\n"
        "  RTX 3060 12GB + 64GB RAM\n"
        "    4k B; 5k B; 6k B; 7k B\n"
    ) in done.stdout


def test_where_nothing_fits_the_reason_is_told_and_nowhere_is_exit_1(run: Run, file: str) -> None:
    some = run("whatif", file, "--vary", "min-tokens-per-s=-,500", *DAY)
    assert some.returncode == 0
    assert "\nNothing fits (-)\n  - min tokens per s 500: " in some.stdout
    assert run("whatif", file, "--vary", "min-tokens-per-s=500,600", *DAY).returncode == 1


def test_a_grid_as_json_holds_to_its_schema(run: Run, file: str) -> None:
    told = json.loads(run("whatif", file, *VARY, "-f", "json", *DAY).stdout)
    valid("whatif", told)
    assert [axis["field"] for axis in told["axes"]] == ["context_tokens", "hardware"]
    assert [cell["at"] for cell in told["cells"]] == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert {turn["kind"] for turn in told["turns"]} <= {"ruled_out", "qualifies", "outscored", "other"}


def test_a_grid_as_csv_has_a_line_for_each_cell(run: Run, file: str) -> None:
    rows = list(csv.DictReader(io.StringIO(run("whatif", file, *VARY, "-f", "csv", *DAY).stdout)))
    assert [(row["context_tokens"], row["hardware"]) for row in rows] == [
        ("8k", "1x L4"),
        ("8k", "1x A100 80GB"),
        ("32k", "1x L4"),
        ("32k", "1x A100 80GB"),
    ]
    assert rows[1]["model"] == "llama-3.1-70b-instruct"
    assert "qualifies now; before: " in rows[1]["reason"]


def test_no_cell_of_the_csv_is_a_formula(run: Run, file: str) -> None:
    done = run("whatif", file, "--vary", "hardware==RTX 3090;1x L4", "-f", "csv", *DAY)
    assert done.stdout.splitlines()[1].startswith("'=RTX 3090,")


def test_a_grid_as_a_picture_is_the_same_each_time(run: Run, file: str) -> None:
    first, second = (run("whatif", file, *VARY, "-f", "svg", *DAY).stdout for _ in range(2))
    assert first == second
    root = ET.fromstring(first)  # noqa: S314 - our own output
    texts = ["".join(item.itertext()) for item in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"1x L4", "1x A100 80GB", "8k", "32k", "A", "B"} <= set(texts)
    assert "B  Llama 3.1 70B Instruct, awq-int4, vLLM" in texts
    ids = [item.attrib["id"] for item in root.iter() if "id" in item.attrib]
    assert len(ids) == len(set(ids))


def test_a_name_in_a_picture_is_text(run: Run, file: str) -> None:
    evil = "24GB <b>x</b> & 'y',1x L4"
    root = ET.fromstring(run("whatif", file, "--vary", f"hardware={evil}", "-f", "svg", *DAY).stdout)  # noqa: S314
    assert "24GB <b>x</b> & 'y'" in ["".join(item.itertext()) for item in root.iter("{http://www.w3.org/2000/svg}text")]


def test_output_goes_to_a_file(run: Run, file: str, tmp_path: Path) -> None:
    target = tmp_path / "grid.csv"
    done = run("whatif", file, *VARY, "-f", "csv", "-o", str(target), *DAY)
    assert (done.returncode, done.stdout) == (0, "")
    assert target.read_text(encoding="utf-8").startswith("context_tokens,hardware,verdict,")


def test_progress_shows_on_a_terminal_only_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    progress("1 of 2 answers")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    count(1, 2)
    assert capsys.readouterr().err == f"\r{'1 of 2 answers':<40}"
    count(2, 2)
    assert capsys.readouterr().err == f"\r{'':<40}\r"
