"""Proposals: which deployments are one, how they are named, what their sources and their hardware are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from checked_projects import checker

from llama_advisor.check.propose import proposal
from llama_advisor.scenario.project_file import LONGEST_PATTERN, MOST_DEPLOYMENTS, MOST_PATTERNS

if TYPE_CHECKING:
    from collections.abc import Callable

SERVE = "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len {}\n"
FP8 = "RedHatAI/Meta-Llama-3.1-70B-Instruct-FP8"
POD = """\
spec:
  nodeSelector: {{{selector}}}
  containers:
    - name: server
      image: vllm/vllm-openai:v0.9.2
      args: [--model=meta-llama/Llama-3.1-8B-Instruct, --max-model-len=8192, {args}]
      resources: {{limits: {{nvidia.com/gpu: {gpus}}}}}
"""


class Made:
    """A proposal: its text, its deployments by name, what was told."""

    def __init__(self, text: str | None, told: list[str]) -> None:
        self.text, self.told = text or "", "\n".join(told)
        data = yaml.safe_load(self.text) or {}
        self.deployments: dict[str, dict[str, Any]] = {item["name"]: item for item in data.get("deployments", ())}
        self.waivers: list[dict[str, Any]] = data.get("waivers", [])


@pytest.fixture
def propose(tmp_path: Path) -> Callable[[dict[str, str]], Made]:
    """Propose for files."""

    def made(files: dict[str, str]) -> Made:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return Made(*proposal(tmp_path, checker()))

    return made


def test_the_same_in_several_files_is_one_and_another_context_is_another(propose: Any) -> None:
    made = propose({"a/run.sh": SERVE.format(8192), "b/start.sh": SERVE.format(8192), "c/big.sh": SERVE.format(16384)})
    assert {name: item["sources"] for name, item in made.deployments.items()} == {
        "run": ["a/run.sh", "b/start.sh"],
        "big": ["c/big.sh"],
    }


def test_what_says_less_joins_the_only_one_that_says_more(propose: Any) -> None:
    client = 'client.chat(model="meta-llama/Llama-3.1-8B-Instruct")\n'
    made = propose({"run.sh": SERVE.format(8192), "client.py": client})
    assert made.deployments["run"]["sources"] == ["client.py", "run.sh"]
    made = propose({"other.sh": SERVE.format(4096)})  # now it could be either
    assert set(made.deployments) == {"run", "other", "client"}


def test_what_has_no_name_of_its_own_is_numbered(propose: Any) -> None:
    made = propose({"run.sh": SERVE.format(8192) + SERVE.format(4096)})
    assert set(made.deployments) == {"run-llama-3.1-8b-instruct-vllm", "run-llama-3.1-8b-instruct-vllm-2"}


def test_names_are_unique_and_say_where(propose: Any) -> None:
    files = {f"{at}/Modelfile": f"FROM llama3.2:{size}\n" for at, size in (("small", "1b"), ("large", "3b"))}
    files["two.sh"] = SERVE.format(8192) + SERVE.format(4096).replace("3.1-8B", "3.2-1B")
    files["values.yaml"] = "".join(
        f"{name}: {{model: meta-llama/Llama-3.1-8B-Instruct, maxModelLen: {tokens}}}\n"
        for name, tokens in (("chat", 2048), ("rag", 16384))
    )
    assert set(propose(files).deployments) == {
        "small-Modelfile",
        "large-Modelfile",
        "two-llama-3.1-8b-instruct",
        "two-llama-3.2-1b-instruct",
        "chat",
        "rag",
    }


def test_one_of_several_in_a_file_is_selected(propose: Any) -> None:
    entry = "{}: {{model: {}, maxModelLen: {}}}\n"
    models = (("chat", "meta-llama/Llama-3.1-8B-Instruct", 8192), ("other", "Qwen/Qwen2.5-7B-Instruct", 4096))
    made = propose({"values.yaml": "".join(entry.format(*model) for model in models), "run.sh": SERVE.format(4096)})
    assert made.deployments["chat"]["sources"] == ["values.yaml#chat"]
    assert "left out" not in made.told
    balanced = "".join(entry.format(name, "meta-llama/Llama-3.1-8B-Instruct", 8192) for name in ("a", "b"))
    made = propose({"values.yaml": "", "both.yaml": balanced})
    assert made.deployments["a"]["sources"] == ["both.yaml"]  # they are one


def test_what_is_excluded_counts_for_nothing(tmp_path: Path, propose: Any) -> None:
    propose({f"deploy/{letter}.sh": SERVE.format(8192) for letter in "abcd"})
    propose({"deploy/old.sh": SERVE.format(4096)})
    made = Made(*proposal(tmp_path, checker(), ("deploy/old.sh",)))
    assert [item["sources"] for item in made.deployments.values()] == [["deploy/*.sh"]]
    assert made.text.endswith('exclude: ["deploy/old.sh"]\n')


def test_many_files_of_a_folder_are_a_pattern(propose: Any) -> None:
    same = {f"deploy/{letter}.sh": SERVE.format(8192) for letter in "abcd"}
    assert propose(same).deployments["a"]["sources"] == ["deploy/*.sh"]
    made = propose({"deploy/e.sh": "vllm serve Qwen/Qwen2.5-7B-Instruct # no llama\n"})
    assert made.deployments["a"]["sources"] == sorted(same)  # the pattern would name another model too
    assert "1 models of other families" in made.told


def test_files_of_one_name_below_a_folder_are_a_pattern(propose: Any) -> None:
    made = propose({f"services/{letter}/run.sh": SERVE.format(8192) for letter in "abcd"})
    assert [item["sources"] for item in made.deployments.values()] == [["services/**/run.sh"]]


@pytest.mark.parametrize(
    ("selector", "gpus", "args", "hardware"),
    [
        ("cloud.google.com/gke-accelerator: nvidia-l4", 2, "--tensor-parallel-size=2", "2x nvidia-l4"),
        ("nvidia.com/gpu.product: NVIDIA-L4", 2, "--tensor-parallel-size=2", "2x NVIDIA-L4"),
        ("node.kubernetes.io/instance-type: g6.12xlarge", 4, "--tensor-parallel-size=4", "1x g6.12xlarge"),
        ("cloud.google.com/gke-accelerator: nvidia-h100-80gb", 1, "-tp=1", None),  # SXM or PCIe
        ("kubernetes.io/arch: amd64", 4, "-tp=4", None),
    ],
)
def test_hardware_is_told_or_asked(selector: str, gpus: int, args: str, hardware: str | None, propose: Any) -> None:
    made = propose({"pod.yaml": POD.format(selector=selector, gpus=gpus, args=args)})
    assert made.deployments["pod"]["requirements"].get("hardware") == hardware
    assert (f"# TODO hardware: {gpus} GPU" in made.text) == (hardware is None)


WORKERS = """\
spec:
  leaderWorkerTemplate:
    size: 2
    workerTemplate:
      spec:
        {place}
        containers:
          - image: vllm/vllm-openai:v0.9.2
            args: [--model=meta-llama/Llama-3.1-405B-Instruct, --max-model-len=8192{split}]
            resources: {{limits: {{nvidia.com/gpu: 8}}}}
"""
SELECTOR = "nodeSelector: {{nvidia.com/gpu.product: {}}}"
AFFINITY = """affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
          {matchExpressions: [{key: gpu.product, operator: In, values: [NVIDIA-H100-80GB-HBM3]}]}]}}}"""
VALUES = """\
model: meta-llama/Llama-3.1-405B-Instruct
engine: vllm
leaderWorkerSet: {size: 2}
gpusPerWorker: 8
gpuType: NVIDIA-H100-80GB-HBM3
"""


@pytest.mark.parametrize(
    ("text", "hardware"),
    [
        (WORKERS.format(place=place, split=split), "2 nodes with 8x {}")
        for place in (SELECTOR.format("NVIDIA-H100-80GB-HBM3"), AFFINITY)
        for split in ("", ", --tensor-parallel-size=8, --pipeline-parallel-size=2", ", -tp=16")
    ]
    + [(VALUES, "2 nodes with 8x {}")],
)
def test_workers_times_their_devices_are_the_hardware(text: str, hardware: str, propose: Any) -> None:
    (made,) = propose({"lws.yaml": text}).deployments.values()
    assert made["requirements"]["hardware"] == hardware.format("NVIDIA-H100-80GB-HBM3")


def test_a_file_without_a_model_is_a_source_of_the_nearest_that_it_does_not_contradict(propose: Any) -> None:
    made = propose(
        {
            "infra/model.tfvars": f'model_id = "{FP8}"\n',
            "infra/main.tf": "environment = { VLLM_MAX_MODEL_LEN = 16384 }\n",
            "infra/embed.tf": 'environment = { HF_MODEL_ID = "BAAI/bge-m3", MAX_MODEL_LEN = 512 }\n',
            "requirements.txt": "transformers==4.50.0\n",
        }
    )
    (found,) = made.deployments.values()
    assert found["sources"] == ["infra/main.tf", "infra/model.tfvars"]
    assert found["requirements"]["context_tokens"] == 16384


def test_overlays_are_sources_of_what_they_change(propose: Any) -> None:
    pod = POD.format(selector="", gpus=1, args="-tp=1")
    patch = "spec: {containers: [{name: server, resources: {limits: {nvidia.com/gpu: 1}}}]}\n"
    layer = "resources: [../base]\npatches: [{path: gpus.yaml}]\nimages: [{name: vllm/vllm-openai, newTag: v0.9.2}]\n"
    files = {"base/kustomization.yaml": "resources: [pod.yaml]\n", "base/pod.yaml": pod}
    made = propose(files | {"prod/kustomization.yaml": layer, "prod/gpus.yaml": patch})
    (found,) = made.deployments.values()
    assert found["sources"] == ["base/pod.yaml", "prod/gpus.yaml", "prod/kustomization.yaml"]


def test_what_a_model_of_images_reads_is_required(propose: Any) -> None:
    made = propose({"a.sh": "vllm serve meta-llama/Llama-3.2-11B-Vision-Instruct\n"})
    (found,) = made.deployments.values()
    assert found["requirements"]["inputs"] == ["text", "image"]


def test_a_name_of_several_devices_asks_which_of_them(propose: Any) -> None:
    place = SELECTOR.format("nvidia-h100-80gb")
    made = propose({"lws.yaml": WORKERS.format(place=place, split="")})
    which = "16 GPUs, 2 nodes with 8x nvidia-h100-80gb, which? H100 PCIe 80 GB or H100 SXM5 80 GB?"
    assert f"# TODO hardware: {which}" in made.text


def test_hardware_that_does_not_fit_is_a_question(propose: Any) -> None:
    pod = POD.format(selector="cloud.google.com/gke-accelerator: nvidia-l4", gpus=1, args="-tp=1")
    made = propose({"pod.yaml": pod.replace("meta-llama/Llama-3.1-8B-Instruct", FP8)})
    assert "hardware" not in made.deployments["pod"]["requirements"]
    assert "# TODO hardware: 1x nvidia-l4, as in the files? Llama 3.1 70B Instruct as fp8" in made.text


def test_an_error_of_the_choice_is_waived_for_a_quarter(propose: Any) -> None:
    made = propose({"ask.py": 'ask(model="groq/llama-3.1-8b-instant")\n'})
    assert made.deployments["ask"]["choice"] == {"model": "llama-3.1-8b-instruct", "engine": "groq"}
    assert "# TODO hardware" not in made.text
    ((waiver),) = made.waivers
    assert (waiver["code"], waiver["deployment"], waiver["expires"]) == ("LA207", "ask", "2027-02-22")
    assert waiver["about"] == ["llama-3.1-8b-instruct", "groq"]
    assert "Groq ended" in waiver["reason"]
    assert "1 errors stand against what is deployed" in made.told


def test_other_models_are_left_out_and_counted(propose: Any) -> None:
    made = propose(
        {
            "guard.sh": "vllm serve meta-llama/Llama-Guard-3-8B\n",
            "run.sh": "vllm serve meta-llama/Llama-3.1-8B-Instruct\nvllm serve Qwen/Qwen2.5-7B-Instruct\n",
            "README.md": "meta-llama/Llama-3.1-8B-Instruct\n",
        }
    )
    assert list(made.deployments) == ["run"]
    assert "looked at 2 of 3 files" in made.told
    assert "2 models in files that name Llama are not proposed: 1 guards, 1 models of other families" in made.told
    assert "\n    # sources:\n      # not run.sh: Qwen/Qwen2.5-7B-Instruct is another model" in made.text
    assert "1 sources were left out" in made.told


def test_a_base_model_is_for_tuning(propose: Any) -> None:
    made = propose({"train.yaml": "base_model: meta-llama/Llama-3.1-8B\n"})
    assert made.deployments["train"]["requirements"]["use_cases"] == ["fine-tuning-base"]
    assert made.waivers == []


def test_no_limit_is_silent(propose: Any) -> None:
    made = propose({f"{number}/{number}.sh": SERVE.format(8192) for number in range(MOST_PATTERNS + 1)})
    assert "1 sources were left out" in made.told
    assert f"more than {MOST_PATTERNS} sources" in made.text


def test_more_than_a_file_holds_is_told(propose: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llama_advisor.check.propose.MOST_DEPLOYMENTS", 2)
    made = propose({f"{number}.sh": SERVE.format(1024 * number) for number in (8, 9, 10)})
    assert len(made.deployments) == 2 < MOST_DEPLOYMENTS
    assert "1 more deployments than fit into a file" in made.told


@pytest.mark.skipif(os.name != "posix", reason="names that other systems do not allow")
def test_files_that_no_pattern_can_name_are_left_out_and_told(propose: Any, tmp_path: Path) -> None:
    text = SERVE.format(8192)
    long = "/".join(["a" * 99] * (LONGEST_PATTERN // 100)) + "/run.sh"
    (tmp_path / os.fsdecode(b"\xff.sh")).write_text(text, encoding="utf-8")
    made = propose({long: text, " a.sh": text, "##[error]x.sh": text, "b\n::error::x.sh": text})
    assert "3 files were not read" in made.told
    assert [item["sources"] for item in made.deployments.values()] == [["##[error]x.sh", "b\n::error::x.sh"]]
    assert "##[" not in made.text
    assert "\n::" not in made.text


def test_a_selector_that_does_not_fit_is_left_out(propose: Any) -> None:
    name, other = "x" * 150, "y" * 150
    serve = "{}:\n  command: vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len {}\n"
    made = propose({f"{'f' * 60}.yaml": "services:\n" + indented(serve.format(name, 8192) + serve.format(other, 4096))})
    assert len(made.deployments) == 2
    assert f"{'f' * 60}.yaml" in made.text
    assert ".yaml#" not in made.text


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def test_what_may_not_be_looked_at_is_no_file(propose: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.is_file

    def guarded(path: Path) -> bool:
        if path.name == "locked.sh":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "is_file", guarded)
    made = propose({"locked.sh": SERVE.format(8192), "run.sh": SERVE.format(8192)})
    assert [item["sources"] for item in made.deployments.values()] == [["run.sh"]]
