"""rules refresh: what lists of offers bring, what a person wrote stays, and nothing moves twice."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]
    Call = Callable[..., tuple[int, str, str]]
    Layered = Callable[[dict[str, str]], Path]

DAY = ("--as-of", "2026-12-01")
ROWS = """\
# What we know of hosts.
hosted:
  - id: deepinfra/meta-llama/Meta-Llama-3.1-8B-Instruct
    provider: deepinfra
    model: llama-3.1-8b-instruct
    prices: [{usd_per_million_input_tokens: 0.03, usd_per_million_output_tokens: 0.05}]
    as_of: 2026-11-26
    source: litellm
    witnesses: [litellm]  # seen by hand
    features: {tools: on request}
    regions: [us-west-2]
    doubtful: it answered nothing
    until: 2027-06-01
    replaced_by: something else
    missing_in: [models.dev]
  # a remark before the last
  - id: novita/meta-llama/llama-3.1-8b-instruct
    provider: novita
    model: llama-3.1-8b-instruct
    as_of: 2026-11-26
    source: models.dev
    witnesses: [litellm, models.dev]
  - id: nebius/meta-llama/Meta-Llama-3.1-8B-Instruct
    provider: nebius
    model: llama-3.1-8b-instruct
    as_of: 2026-01-05
    source: models.dev
  - {id: groq/llama-3.1-8b-instant, doubtful: not for us}
"""
SOURCES = """\
sources:
  - {id: litellm, read: 2026-11-26, kind: secondary, text: "litellm 1.110.2, prices"}
  - {id: models.dev, read: 2026-11-26, kind: secondary, text: "as packed in @mastra/core 1.71.0, in dist"}
"""
KEPT = ("features", "regions", "doubtful", "until", "replaced_by")


def package(folder: Path, name: str, number: str = "9.1.0") -> Path:
    """An unpacked package of a list that has one known model dearer, one new and one ended."""
    if name == "models.dev":
        models = {
            "deepinfra": {
                "models": ["meta-llama/Meta-Llama-3.1-8B-Instruct", "house/Llama-3.1-405B-Instruct", "gpt-oss-20b"]
            },
            "novita-ai": {"models": ["qwen/qwen3-8b"]},
        }
        files: dict[str, Any] = {
            "package.json": json.dumps({"version": number}),
            "dist/provider-registry.json": json.dumps({"providers": models}),
        }
    elif name == "litellm":
        listed = {
            "sample_spec": {"deprecation_date": "a day", "litellm_provider": "one of these"},
            "deepinfra/meta-llama/Meta-Llama-3.1-8B-Instruct": {
                "input_cost_per_token": 4e-8,
                "output_cost_per_token": 6e-8,
                "supports_function_calling": True,
                "supports_response_schema": True,
                "deprecation_date": "2027-01-01",
                "successor_model": "deepinfra/openai/gpt-oss-20b",
            },
            "deepinfra/house/Llama-3.1-405B-Instruct": {"input_cost_per_token": 1e-8, "output_cost_per_token": 2e-8},
            "nebius/meta-llama/Meta-Llama-3.1-8B-Instruct": {"deprecation_date": "2026-02-01"},
            "groq/llama-3.1-8b-instant": {"input_cost_per_token": 1e-8, "output_cost_per_token": 2e-8},
        }
        files = {
            "litellm-9.1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: litellm\nVersion: {number}\n",
            "litellm/model_prices_and_context_window_backup.json": json.dumps(listed),
        }
    else:
        code = """
from types import SimpleNamespace as N
price = N(input_mtok=0.06, output_mtok=0.06)
model = N(id="meta-llama/llama-3.1-8b-instruct", prices=price, context_window=16384, deprecated=False)
providers = [N(id="novita", models=[model])]
"""
        files = {
            "genai_prices-9.1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: genai-prices\nVersion: {number}\n",
            "genai_prices/__init__.py": "",
            "genai_prices/data.py": code,
        }
    for file, content in files.items():
        path = folder / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder / name


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    found = YAML(typ="safe").load((folder / "prices/hosted.yaml").read_text(encoding="utf-8"))["hosted"]
    return {row["id"]: row for row in found}


@pytest.fixture
def house(layer: Layered) -> Path:
    """A team's own offers and sources."""
    return layer({"prices/hosted.yaml": ROWS, "sources/hardware.yaml": SOURCES})


@pytest.mark.parametrize("name", ["litellm", "genai-prices", "models.dev"])
def test_a_list_is_taken_over_once_and_a_person_is_left_alone(name: str, house: Path, run: Run, tmp_path: Path) -> None:
    before = rows(house)
    asked = ("rules", "refresh", name, "--from", str(package(tmp_path, name)), "--rules", str(house), *DAY)
    shown = run(*asked, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert rows(house) == before
    done = run(*asked)
    assert (done.returncode, done.stdout) == (0, shown.stdout)
    assert done.stdout.startswith("--- ")
    again = run(*asked)
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == f"llama-advisor: {name} 9.1.0: files changed: 0\n"
    after = rows(house)
    for key, row in before.items():
        for field in KEPT:
            old = row.get(field)
            assert (
                old is None
                or after[key].get(field) == old
                or (isinstance(old, dict) and old.items() <= after[key][field].items())
            )
    text = (house / "prices/hosted.yaml").read_text(encoding="utf-8")
    assert all(remark in text for remark in ("# What we know", "# seen by hand", "# a remark before the last"))


def test_prices_ends_features_and_witnesses_follow_the_list(house: Path, run: Run, tmp_path: Path) -> None:
    for name in ("litellm", "genai-prices", "models.dev"):
        assert run("rules", "refresh", name, "--from", str(package(tmp_path, name)), "--rules", str(house), *DAY)
    found = rows(house)
    known = found["deepinfra/meta-llama/Meta-Llama-3.1-8B-Instruct"]
    assert known["prices"][0]["usd_per_million_input_tokens"] == 0.04
    assert known["features"] == {"tools": "on request", "schema": "yes"}
    assert (known["witnesses"], "missing_in" in known) == (["litellm", "models.dev"], False)
    new = found["deepinfra/house/Llama-3.1-405B-Instruct"]
    assert (new["model"], new["witnesses"]) == ("llama-3.1-405b-instruct", ["litellm", "models.dev"])
    gone = found["novita/meta-llama/llama-3.1-8b-instruct"]
    assert (gone["witnesses"], gone["missing_in"]) == (["genai-prices"], ["models.dev"])
    assert gone["prices"][0]["usd_per_million_output_tokens"] == 0.06
    assert found["groq/llama-3.1-8b-instant"] == {"id": "groq/llama-3.1-8b-instant", "doubtful": "not for us"}
    past = found["nebius/meta-llama/Meta-Llama-3.1-8B-Instruct"]  # the list had it until then
    assert (str(past["until"]), past["witnesses"], str(past["as_of"])) == ("2026-02-01", ["litellm"], "2026-01-05")
    assert not [key for key in found if "gpt-oss" in key or "qwen" in key]


def test_a_source_is_dated_when_its_version_changes(house: Path, run: Run, tmp_path: Path) -> None:
    place = package(tmp_path, "models.dev", "1.71.0")
    asked = ("rules", "refresh", "models.dev", "--rules", str(house), *DAY, "--from")
    run(*asked, str(place))
    assert (house / "sources/hardware.yaml").read_text(encoding="utf-8") == SOURCES
    run(*asked, str(package(tmp_path, "models.dev", "1.72.0")))
    lines = (house / "sources/hardware.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == SOURCES.splitlines()[:2]
    assert "read: 2026-12-01," in lines[2]
    assert "as packed in @mastra/core 1.72.0, in dist" in lines[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("litelm",), "refresh litelm: no such list; known: litellm, genai-prices, models.dev"),
        (("litellm", "--from", "nowhere"), "; pip install litellm ruamel.yaml, or --from its folder"),
        (("genai-prices", "--from", "nowhere"), "; pip install genai-prices ruamel.yaml, or --from its folder"),
        (("models.dev", "--from", "nowhere"), "; npm install @mastra/core, or --from its folder"),
    ],
)
def test_what_cannot_be_read_is_one_line(arguments: tuple[str, ...], message: str, run: Run) -> None:
    done = run("rules", "refresh", *arguments, "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_one_line(
    house: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    place = str(package(tmp_path, "models.dev"))
    monkeypatch.setattr("llama_advisor.cli.options.replace_file", refused)
    code, out, err = call("rules", "refresh", "models.dev", "--from", place, "--rules", str(house), *DAY)
    assert (code, out) == (2, "")
    assert err == f"llama-advisor: {house}/prices/hosted.yaml: Permission denied\n"


def test_an_installed_package_is_not_written(house: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()  # beside the folder of rules, as in a wheel
    place = str(package(tmp_path, "models.dev"))
    done = run("rules", "refresh", "models.dev", "--from", place, "--rules", str(house), *DAY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("has prices/hosted.yaml, and an installed package is not written\n")


def test_without_offers_of_its_own_a_layer_leaves_the_checkout(layer: Layered, run: Run, tmp_path: Path) -> None:
    empty = layer({"use_cases/chat.yaml": "id: chat\n"})
    place = str(package(tmp_path, "models.dev"))
    done = run("rules", "refresh", "models.dev", "--from", place, "--rules", str(empty), "--dry-run", *DAY)
    assert done.returncode == 0
    assert "/rules/prices/hosted.yaml" in done.stdout
