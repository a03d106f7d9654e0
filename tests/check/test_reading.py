"""Names of checkpoints, settings in text, places of values, patterns: the parts of the check by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from checked_projects import AS_OF, PROJECT, checked, checker
from hypothesis import given
from hypothesis import strategies as st

from llama_advisor.check.checker import Settings, known_prefixes
from llama_advisor.check.files import leaves_folder, matches
from llama_advisor.check.findings import SourceText
from llama_advisor.check.mentions import Scanner, compared, folded, parts, without_comments
from llama_advisor.engine.rank import best_first
from llama_advisor.scenario.project_file import Project, scalar
from llama_advisor.scenario.understand import understand
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import parse, parse_all, place_of

PROJECTS = Path(__file__).resolve().parent.parent / "projects"
SCANNER = Scanner(checker().base)
FINE = {
    "meta-llama/Llama-3.1-8B-Instruct": ("llama-3.1-8b-instruct", set()),
    "meta-llama/Meta-Llama-3.1-8B-Instruct": ("llama-3.1-8b-instruct", set()),
    "https://huggingface.co/meta-llama/Llama-3.1-8B": ("llama-3.1-8b", set()),
    "llama3.2": ("llama-3.2-3b-instruct", {"q4_k_m"}),
    "llama3.1:latest": ("llama-3.1-8b-instruct", {"q4_k_m"}),
    "llama3.1:8b-text-q4_0": ("llama-3.1-8b", {"q4_0"}),
    "llama3.1:8b-instruct-iq4_xs": ("llama-3.1-8b-instruct", {"iq4_xs"}),
    "llama3.2:1b-instruct-q8_0": ("llama-3.2-1b-instruct", {"q8_0"}),
    "hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M": ("llama-3.2-3b-instruct", {"q4_k_m"}),
    "Meta-Llama-3.1-8B-Instruct-Q5_K_M.gguf": ("llama-3.1-8b-instruct", {"q5_k_m"}),
    "neuralmagic/Meta-Llama-3.1-8B-Instruct-FP8": ("llama-3.1-8b-instruct", {"fp8"}),
    "hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4": ("llama-3.1-70b-instruct", {"awq-int4"}),
    "unsloth/Llama-3.2-1B-Instruct-bnb-4bit": ("llama-3.2-1b-instruct", {"nf4"}),
    "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16": ("llama-3.1-8b-instruct", {"gptq-int4"}),
    "meta-llama/Llama-2-7b-chat-hf": (None, set()),
    "llama3:8b": (None, set()),
}


@pytest.mark.parametrize("name", FINE)
def test_a_name_of_a_checkpoint(name: str) -> None:
    found = SCANNER.checkpoints.find(name)
    assert found is not None
    assert (found.model, set(found.quantizations)) == FINE[name]


@pytest.mark.parametrize(
    "name", ["llama-advisor", "ghcr.io/ggml-org/llama.cpp:server", "acme/llama-3.1-8b-instruct-lora", "llama_index"]
)
def test_a_name_of_something_else(name: str) -> None:
    assert SCANNER.checkpoints.find(name) is None


def test_every_repository_and_tag_of_the_rule_base_is_known() -> None:
    for model in checker().base.models.values():
        for name in (model.artifacts.hf_repo, *(item.name for item in model.artifacts.published)):
            found = SCANNER.checkpoints.find(name)
            assert found is not None, name
            assert found.model == model.id, name


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("--max-model-len 8192", "context", 8192),
        ("--max-model-len=8k", "context", 8192),
        ("max_model_len: 8_192", "context", 8192),
        ("maxModelLen: 8192", "context", 8192),
        ('"--max-model-len",\n  "8192"', "context", 8192),
        ("- name: MAX_MODEL_LEN\n  value: '8192'", "context", 8192),
        ('{"name": "MAX_MODEL_LEN", "value": "8192"}', "context", 8192),
        ("PARAMETER num_ctx 8192", "context", 8192),
        ('{\\"num_ctx\\": 8192}', "context", 8192),
        ("--ctx-size 8192", "context", 8192),
        ("-tp 2", "parallelism", 2),
        ("--num-shard 2", "parallelism", 2),
        ("--pipeline-parallel-size 3", "nodes", 3),
    ],
)
def test_a_setting_in_its_spellings(text: str, kind: str, said: int) -> None:
    (found,) = SCANNER.scan("x.txt", f"İ\n{text}\n")
    assert (found.kind, found.number) == (kind, said)
    assert f"İ\n{text}\n"[found.start : found.end] == found.text


@pytest.mark.parametrize(
    "text",
    [
        "max_model_length: 8192",
        "my-max-model-len 8192",
        "--max-model-len $LENGTH",
        "num_ctx: many",
        "http-tp 2",
        "x.num_ctx_y 3",
    ],
)
def test_what_only_looks_like_a_setting(text: str) -> None:
    assert SCANNER.scan("x.txt", text) == ()


@pytest.mark.parametrize("name", ["x.yaml", "x.py", "Dockerfile", "x.sh", ".env", "x.toml"])
def test_comments_deploy_nothing(name: str) -> None:
    text = 'a = "b#c llama3.1"  # llama3.2:1b\n# meta-llama/Llama-3.1-8B\nb = 1\n'
    assert [mention.text for mention in SCANNER.scan(name, text)] == ["llama3.1"]


@given(st.text(alphabet="ab#\"'\n\r\t \\\u2028()", max_size=60), st.sampled_from(["x.py", "x.yaml", "x.ipynb", "x.md"]))
def test_blanking_moves_nothing(text: str, name: str) -> None:
    plain = without_comments(name, text)
    assert len(plain) == len(text)
    assert all(a in {b, " "} for a, b in zip(plain, text, strict=True))


@given(st.text(max_size=80))
def test_any_text_can_be_scanned(text: str) -> None:
    assert len(folded(text)) == len(text)
    for name in ("x.py", "x.ipynb", "Modelfile"):
        SCANNER.scan(name, f"{text} llama3.2 --max-model-len {text}")


PLACES = "# é\r\na: &x {b: 1, 'c': [two, {d: 3}]}\r\ne: *x\r\nf:\r\n  - g: |\r\n      h\r\n    i: *x\r\n"


@pytest.mark.parametrize(
    ("loc", "value", "span"),
    [
        (("a", "b"), "1", (2, 11, 2, 12)),
        (("a", "c", 1, "d"), "3", (2, 29, 2, 30)),
        (("e",), "*x", (3, 4, 3, 6)),
        (("f", 0, "i"), "*x", (7, 8, 7, 10)),
        (("f", 0, "gone"), "g: |\r\n      h\r\n    i: *x", (5, 5, 7, 10)),
    ],
)
def test_the_place_of_a_value(loc: tuple[object, ...], value: str, span: tuple[int, ...]) -> None:
    (document,) = parse_all(PLACES, "x.yaml")
    start, end = place_of(document, loc)
    assert PLACES[start:end] == value
    assert SourceText("x", PLACES, {}).span(start, end) == span


def test_the_place_of_a_key() -> None:
    document = parse(PLACES, "x.yaml")
    assert PLACES[slice(*place_of(document, ("a", "c"), key=True))] == "'c'"


def test_empty_documents_are_left_out() -> None:
    assert [document.data for document in parse_all("---\n---\na: 1\n---\n", "x")] == [{"a": 1}]
    assert parse_all("", "x") == ()


def test_every_runtime_and_margin_of_the_rule_base_makes_sense() -> None:
    base = checker().base
    assert {runtime.engine for runtime in base.checking.runtimes} <= set(base.engines)
    assert base.checking.better_margin > base.criteria.wish_margin


def test_versions() -> None:
    assert parts("v0.11.0rc1") == (0, 11, 0)
    assert (compared("0.11.0", "0.10.2"), compared("0.9", "0.10.2"), compared("0.10", "0.10.2")) == (1, -1, 0)


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        ("a/b/c.py", "**/*.py", True),
        ("c.py", "**/*.py", True),
        ("a/c.py", "*.py", False),
        ("a/b.py", "a/?.py", True),
        ("a/bb.py", "a/?.py", False),
        ("a/x/y/b", "a/**/b", True),
        ("a/b", "a/**/b", True),
        ("ab", "a*b*", True),
    ],
)
def test_a_pattern(path: str, pattern: str, fits: bool) -> None:
    assert matches(path.split("/"), pattern.split("/")) is fits


def test_patterns_stay_below() -> None:
    assert all(map(leaves_folder, ["../x", "a/../../x", "/etc", "~/x", "C:\\x", "\\\\x"]))
    assert not any(map(leaves_folder, ["a/b", "./a", "**", "a..b"]))


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_what_init_writes_is_read_back(text: str) -> None:
    assert yaml.safe_load(f"a: {scalar(text)}") == {"a": text}
    assert parse(f"a: {scalar(text)}", "x").data == {"a": text}


def test_filters() -> None:
    wanted = Settings(select=("LA1",), ignore=("LA10", "LA3"))
    assert [wanted.keeps(code) for code in ("LA101", "LA110", "LA301")] == [False, True, False]
    assert Settings(select=("LA101",), ignore=("LA1",)).keeps("LA101")
    assert known_prefixes(["la3, LA101"], ["LA101", "LA301"], "--select") == ("LA3", "LA101")
    with pytest.raises(InputError, match="begins no code"):
        known_prefixes(["XX"], ["LA101"], "--select")


def test_a_choice_judged_by_itself_is_as_among_all_builds() -> None:
    """The search of all builds keeps the best engine of each quantization on a machine.

    So it holds all builds of a choice without an engine, and the one build of a whole choice on one stated machine.
    """
    decider = checker().decider
    seen = 0
    for path in sorted(PROJECTS.rglob("llama-advisor.yaml")):
        try:
            project = Project.model_validate(yaml.safe_load(path.read_bytes()))
            decisions = [decider.decide(item.requirements, item.choice) for item in project.deployments]
        except (ValueError, InputError, yaml.YAMLError):
            continue
        for item, decision in zip(project.deployments, decisions, strict=True):
            chosen, best = decision.chosen, decision.best
            whole = len(chosen.quantizations) == 1 and isinstance(item.requirements.hardware, str)
            every = decider.advisor.decide(understand(item.requirements, decider.advisor.base)).qualified
            fitting = [build for build in every if chosen.includes(build)]
            if not fitting or (chosen.engine and not whole):
                continue
            among = min(fitting, key=best_first)
            names = [(b.quantization.id, b.engine.id, b.score, b.machine) if b else None for b in (best, among)]
            assert names[0] == names[1], path
            seen += 1
    assert seen > 70


def test_one_checker_answers_alike_for_many_files(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(PROJECT, "utf-8")
    second.write_text(PROJECT.replace("8b-instruct", "70b-instruct"), "utf-8")
    together = checked(first, second, as_of=AS_OF).findings
    assert together == checked(second, as_of=AS_OF).findings
