"""What is written runs: real validators accept it, names cannot break out, and it says what the plan says."""

from __future__ import annotations

import ast
import json
import shlex
import shutil
import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import kubernetes_validate
import pytest
import yaml

from llama_advisor.deploy.server import Plan
from llama_advisor.deploy.targets import TARGETS
from llama_advisor.engine.decide import Advisor
from llama_advisor.engine.launch import filled
from llama_advisor.engine.rules import load_rules
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError

ADVISOR = Advisor(load_rules(), date(2026, 11, 26))
COMPOSE = json.loads(
    (Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor/compose-spec.json").read_text("utf-8")
)
KUBERNETES = "1.34"
CASES: dict[str, dict[str, Any]] = {
    "one GPU": {"hardware": "RTX 4090", "use_cases": ["chat"]},
    "tensor parallel": {"hardware": "8xH100", "use_cases": ["agents"], "users": 200, "tool_calling": "single"},
    "copies": {"hardware": "4x RTX 4090", "use_cases": ["chat"], "users": 100, "only": {"models": ["8b"]}},
    "copies behind a proxy": {"hardware": "4x RTX 3090", "use_cases": ["chat"], "engine": "ollama"},
    "two nodes": {
        "hardware": "2 nodes of 8xH100",
        "use_cases": ["chat"],
        "only": {"models": ["405b"], "quantizations": ["bf16"]},
    },
    "AMD": {"hardware": "MI300X", "use_cases": ["chat"]},
    "processor": {"hardware": "EPYC 9654 with 256 GB RAM", "use_cases": ["chat"]},
    "pictures": {"hardware": "A100 80GB", "use_cases": ["image-understanding"]},
    "offload": {
        "hardware": "RTX 3060 12GB + 64GB RAM",
        "use_cases": ["synthetic-data"],
        "only": {"models": ["70b"], "engines": ["llama.cpp"]},
    },
    "hosted": {"provider": "vercel", "use_cases": ["chat"]},
    "phone": {"hardware": "iPhone 15 Pro", "use_cases": ["mobile-assistant"]},
    "browser": {"target": "browser", "use_cases": ["chat"]},
    "Mac": {"hardware": "M3 Max 64GB", "use_cases": ["chat"], "engine": "mlx"},
    "tuning": {"hardware": "4xA100 80GB", "use_cases": ["fine-tuning-base"], "fine_tuning": ["full"]},
    "adapters": {"hardware": "RTX 4090", "use_cases": ["fine-tuning-base"], "tuning": {"trainer": "axolotl"}},
}


@cache
def planned(case: str) -> Plan:
    answer = ADVISOR.answer(Scenario.model_validate(CASES[case]))
    assert answer.build is not None, answer.advice.verdict
    return Plan(answer.build, ADVISOR.base)


@pytest.fixture(scope="module", autouse=True)
def _planned_anew() -> None:
    """Forget the plans of a run before this one in the same process: the code may have changed since."""
    planned.cache_clear()


def written(case: str, target: str) -> str:
    return TARGETS[target](planned(case))


def refused(case: str, target: str) -> str:
    """Why a target cannot be written; nothing where it can."""
    try:
        written(case, target)
    except InputError as error:
        return str(error)
    return ""


def manifest(case: str, target: str) -> list[Any]:
    """What a target comes to; nothing where the build is no server in a container, which is said."""
    if why := refused(case, target):
        assert why.startswith("--target: ")
        assert case in {"hosted", "phone", "browser", "Mac", "tuning", "adapters", "two nodes"}
        return []
    return list(yaml.safe_load_all(written(case, target)))


@pytest.mark.parametrize("case", CASES)
def test_a_script_is_one(case: str, tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text(written(case, "shell"), encoding="utf-8")
    subprocess.run(["bash", "-n", script], check=True)
    shellcheck = Path(sys.executable).parent / "shellcheck"
    found = subprocess.run([shellcheck, "--severity=warning", script], capture_output=True, text=True, check=False)
    assert not found.stdout


@pytest.mark.parametrize("case", CASES)
def test_a_compose_file_holds_to_its_schema(case: str) -> None:
    schema = jsonschema.Draft7Validator(COMPOSE)
    assert [error.message for found in manifest(case, "compose") for error in schema.iter_errors(found)] == []


@pytest.mark.parametrize("case", CASES)
def test_manifests_hold_to_the_api(case: str) -> None:
    held = []
    for document in manifest(case, "kubernetes"):
        if document["kind"] == "LeaderWorkerSet":  # a kind of its own: its pods are held to the API
            template = document["spec"]["leaderWorkerTemplate"]
            pods = [template[part]["spec"] for part in ("leaderTemplate", "workerTemplate")]
            held += [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pod} for pod in pods]
        else:
            held.append(document)
    assert [wrong for document in held if (wrong := refusal(document))] == []


def refusal(document: dict[str, Any]) -> str:
    """What the API of Kubernetes says against a document; nothing where it takes it."""
    try:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return str(error)
    return ""


def test_the_validators_refuse_what_is_wrong() -> None:
    (found, _) = manifest("one GPU", "kubernetes")
    found["spec"]["replicas"] = "two"
    assert "two" in refusal(found)
    (services,) = manifest("one GPU", "compose")
    services["services"]["server"] = {"entrypoint": {"not": "a list"}}
    assert list(jsonschema.Draft7Validator(COMPOSE).iter_errors(services))


@pytest.mark.parametrize("case", CASES)
def test_a_client_is_python(case: str) -> None:
    if why := refused(case, "python"):
        assert why.startswith("--target: ")
        assert case in {"phone", "browser", "tuning", "adapters"}
    else:
        ast.parse(written(case, "python"))


@pytest.mark.parametrize("case", ["one GPU", "copies behind a proxy", "AMD"])
def test_a_unit_is_read_by_systemd(case: str, tmp_path: Path) -> None:
    unit = tmp_path / "llama.service"
    unit.write_text(written(case, "systemd"), encoding="utf-8")
    reader = shutil.which("systemd-analyze")
    if reader is None:
        pytest.skip("no systemd here")
    found = subprocess.run([reader, "verify", unit], capture_output=True, text=True, check=False)
    assert not [line for line in found.stderr.splitlines() if "llama.service" in line]


def test_copies_have_their_own_devices_and_share_the_requests() -> None:
    (found,) = manifest("copies behind a proxy", "compose")
    services = found["services"]
    devices = [
        service["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"]
        for service in services.values()
        if "deploy" in service
    ]
    assert devices == [["0", "1"], ["2", "3"]]
    assert all(f"server {name}:" in found["configs"]["proxy"]["content"] for name in services["proxy"]["depends_on"])
    assert len(services["proxy"]["depends_on"]) == 2


def test_every_node_of_a_copy_has_its_place() -> None:
    leaders, service = manifest("two nodes", "kubernetes")
    template = leaders["spec"]["leaderWorkerTemplate"]
    first, other = (template[part]["spec"]["containers"][0] for part in ("leaderTemplate", "workerTemplate"))
    assert template["size"] == 2
    assert "--node-rank 0" in first["command"][-1]
    assert "--node-rank ${NODE_RANK" in other["command"][-1]
    assert "readinessProbe" in first
    assert "readinessProbe" not in other
    assert service["spec"]["selector"]["leaderworkerset.sigs.k8s.io/worker-index"] == "0"


def test_secrets_are_named_not_written() -> None:
    (found, _) = manifest("tensor parallel", "kubernetes")
    variables = found["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hugging-face", "key": "token"}}} in variables


@pytest.mark.parametrize("name", ["a'; rm -rf /; '", "$(id)", "`id`", 'x" y', "a  b", "a\nb", "${HOME}"])
def test_no_name_breaks_out_of_a_command(name: str) -> None:
    run = filled("serve {weights} --size 1", {"weights": name})
    assert run is not None
    assert shlex.split(run) == ["serve", name, "--size", "1"]
    printed = run.replace("serve", "printf %s,", 1)
    assert (
        subprocess.run(["sh", "-c", printed], capture_output=True, text=True, check=True).stdout == f"{name},--size,1,"
    )


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("serve {weights} [[--tp {tensor}]] --n {n}", "serve x --n 2"),
        ("serve {weights} --tp {tensor}", None),
        ("[[a {tensor}]] [[b {n}]]", "b 2"),
    ],
)
def test_a_part_that_lacks_its_value_is_left_out(template: str, said: str | None) -> None:
    assert filled(template, {"weights": "x", "tensor": None, "n": 2}) == said


def test_an_adapter_is_loaded_where_the_engine_takes_one() -> None:
    build = planned("one GPU").build
    start = next(step.run for step in Plan(build, ADVISOR.base, "my adapter").steps if step.step == "start")
    words = shlex.split(start)
    assert words[words.index("--lora-modules") + 1] == "adapter=my adapter"
    other = planned("copies behind a proxy").build
    with pytest.raises(InputError, match="--adapter"):
        Plan(other, ADVISOR.base, "my adapter")
