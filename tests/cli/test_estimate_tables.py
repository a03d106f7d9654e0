"""Tables of one build by quantization, context, split and users, and a split that is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from llama_advisor.engine.rules import load_rules
from llama_advisor.render.table import Varied
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.request import EstimateRequest
from tests.cli.test_estimate import CONTRACT

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("by", ["quantization", "context", "split", "users"])
def test_one_field_varied_is_a_table(run: Run, by: str) -> None:
    arguments, table = TABLES[by]
    done = run("estimate", *arguments, "--by", by, env={"COLUMNS": "80"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == table
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("by", ["quantization", "context", "split", "users"])
def test_rows_in_json_are_ordinary_estimates_with_their_value(run: Run, by: str) -> None:
    arguments, _ = TABLES[by]
    found = json.loads(run("estimate", *arguments, "--by", by, "--format", "json").stdout)
    assert (list(found), found["by"]) == (["schema_version", "by", "rows"], by)
    assert all(list(row) == ["value", *CONTRACT] for row in found["rows"])
    schema = json.loads(run("schema", "estimate-table").stdout)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(found)


@pytest.mark.parametrize("by", ["quantization", "context", "split", "users"])
def test_a_table_is_exit_1_where_no_row_fits(run: Run, by: str) -> None:
    done = run("estimate", "405b", "--hardware", "RTX 3060 12GB", "--by", by)
    assert (done.returncode, done.stderr) == (1, "")
    assert " yes " not in done.stdout


def test_what_does_not_run_on_a_design_is_no_fit(run: Run) -> None:
    said = ("estimate", "1b", "--hardware", "RTX 2080", "--engine", "tensorrt-llm", "--by", "quantization")
    done = run(*said)
    assert done.returncode == 1
    assert "not on Turing" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "whose"),
    [
        (("1b", "--hardware", "RTX 4090"), "131,072 tokens: the model"),
        (("1b", "--quantization", "spinquant-int4", "--hardware", "OnePlus 12 16GB"), "8,192 tokens: the build"),
        (("1b", "--hardware", "browser"), "4,096 tokens: the engine"),
        (("8b", "--hardware", "MacBook Air M2 8GB"), "tokens: the machine's memory"),
    ],
)
def test_the_longest_context_names_what_sets_it(run: Run, arguments: tuple[str, ...], whose: str) -> None:
    assert run("estimate", *arguments, "--by", "context").stdout.splitlines()[-1].endswith(whose)


def test_the_context_asked_for_has_a_row_of_its_own() -> None:
    request = EstimateRequest(model="8b", hardware="RTX 3060 12GB", context_tokens=5000)
    sizer = Sizer(load_rules())
    first = sizer.estimate(request)
    values = [row.value for row in Varied("context", request, first, sizer).rows]
    assert values[:3] == [2048, 4096, 5000]
    assert sizer.limits(request, first).max_context_tokens in values


@pytest.mark.parametrize(
    ("split", "devices", "copies"),
    [("1", 1, 4), ("tp2", 2, 2), ("TP 4", 4, 1), ("layers2", 2, 2), ("layers", 4, 1)],
)
def test_a_split_is_taken_as_it_was_said(split: str, devices: int, copies: int) -> None:
    request = EstimateRequest(model="8b", hardware="4x RTX 3090", engine="vllm", split=split)
    machine = Sizer(load_rules()).estimate(request).machine
    assert machine is not None
    assert (machine.count, machine.replicas) == (devices, copies)


TABLES = {
    "quantization": (
        ("1b", "--hardware", "RTX 2080", "--engine", "sglang"),
        """\
Llama 3.2 1B Instruct on RTX 2080
  quantization  engine           GB   GiB  fits  tokens/s  first s  at once
  bf16          SGLang         2.47  4.60  yes        135     0.07       82
  fp8           not on Turing  1.50
  int8          not on Turing  1.50
  awq-int4      SGLang         1.03  3.26  yes        262     0.08      139
  gptq-int4     not on Turing  1.03
  nf4           SGLang         2.47  3.25  yes        131     0.08      140
GB to download, GiB in memory at 8,192 tokens of context
""",
    ),
    "context": (
        ("8b", "--hardware", "RTX 3060 12GB"),
        """\
Llama 3.1 8B Instruct, int8, vLLM on RTX 3060 12 GB
  context   GiB  fits  tokens/s when full  at once
    2,048  9.95  yes                 35.5        4
    4,096  10.2  yes                 34.1        2
    8,192  10.7  yes                 31.6        1
    8,419  10.7  yes                 31.5        1
   16,384  11.7  no
   32,768  13.7  no
   65,536  17.7  no
  131,072  25.7  no
8,419 tokens: the card's memory
""",
    ),
    "split": (
        ("70b", "--hardware", "4x RTX 3090", "--engine", "vllm", "--quantization", "awq-int4"),
        """\
Llama 3.1 70B Instruct, awq-int4, vLLM on 4x RTX 3090
  split    copies   GiB    of  fits  tokens/s  first s  requests/s
  1             4  41.2  22.1  no
  tp2           2  21.9  22.1  yes       32.1     0.88        1.05
  tp4           1  12.0  22.1  yes       50.0     0.50        1.40
  layers2       2  21.7  22.1  yes       18.9     1.48        0.64
  layers        1  11.9  22.1  yes       18.6     1.48        0.42
""",
    ),
    "users": (
        ("70b", "--hardware", "4x RTX 3090", "--engine", "vllm", "--quantization", "awq-int4"),
        """\
Llama 3.1 70B Instruct, awq-int4, vLLM on 4x RTX 3090
  users  at work  tokens/s  first s  tokens/s in all  waiting
      1        1      50.0     0.50             45.8  0
      2        1      50.0     0.50             45.8  0
      4        1      50.0     0.50             45.8  0
      8        1      50.0     0.50             45.8  0
     16        2      46.1     0.52              110  0
     32        6      39.9     0.55              185  0
     64       63      11.7     1.16              342  0
    128      182      5.76     2.06              359  ever more
usable up to 67 users: 3 tokens/s or more each, the first within 180 s
""",
    ),
}
