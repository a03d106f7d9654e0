"""Names of checkpoints, settings in text, places of values, patterns: the parts of the check by themselves."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from checked_projects import AS_OF, PROJECT, checked, checker
from hypothesis import given
from hypothesis import strategies as st

from llama_advisor.check.checker import Settings, known_prefixes
from llama_advisor.check.files import leaves_folder, matches
from llama_advisor.check.findings import SourceText
from llama_advisor.check.machines import asked
from llama_advisor.check.reading.deployments import Deployment, selected
from llama_advisor.check.reading.lines import COMMENTS, without_comments
from llama_advisor.check.reading.pieces import Piece
from llama_advisor.check.reading.reader import Reader
from llama_advisor.check.reading.versions import compared, parts
from llama_advisor.engine.rank import best_first
from llama_advisor.scenario.project_file import Project, scalar
from llama_advisor.scenario.understand import understand
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import parse, parse_all, place_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.check.findings import Findings

PROJECTS = Path(__file__).resolve().parent.parent / "projects"
READER = Reader(checker().base)
ROWS = yaml.safe_load((Path(__file__).parent / "spellings.yaml").read_bytes())
NAMES: dict[str, list[str]] = ROWS["names"]
SETTINGS = {"context", "parallelism", "nodes", "data_parallel"}
TWO = """\
defaults: {maxModelLen: 1024}
servingEngineSpec:
  modelSpec:
    - name: big-model
      modelURL: meta-llama/Llama-3.1-8B-Instruct
      vllmConfig: {maxModelLen: 8192, tensorParallelSize: 2}
    - name: small-model
      vllmConfig: {maxModelLen: 4096}
      modelURL: meta-llama/Llama-3.2-1B-Instruct
"""


def said(deployment: Deployment) -> dict[str, Any]:
    """Return what a deployment says, by kind; of two settings of a kind the first."""
    found: dict[str, Any] = {}
    for item in (deployment.model, *deployment.settings):
        if item is None:
            continue
        held = item.checkpoint.quantizations if item.checkpoint else item.quantizations
        if item.checkpoint:
            found["model"] = item.checkpoint.model
        if held:
            found.setdefault("quantization", sorted(held))
        if item.kind in SETTINGS | {"engine", "version"}:
            named = item.engine if item.kind == "engine" else item.text
            found.setdefault(item.kind, item.number if item.kind in SETTINGS else named)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_a_checkpoint(name: str) -> None:
    text = f'é: 1\nmodel: "{name}"\n'
    (found,) = READER.deployments("x.yaml", text)
    wanted = dict(zip(("model", "quantization"), NAMES[name] or [None], strict=False))
    told = said(found)
    assert told.get("model") == wanted["model"]
    assert told.get("quantization") == ([wanted["quantization"]] if "quantization" in wanted else None)
    assert found.model is not None
    assert text[found.model.start : found.model.end] == found.model.text
    assert found.model.text in name


@pytest.mark.parametrize(
    "row", [*ROWS["settings"], *ROWS["files"]], ids=lambda row: f"{row['file']}: {row['text'][:60]}"
)
def test_what_is_set_in_its_spellings(row: dict[str, Any]) -> None:
    (found,) = READER.deployments(row["file"], f"{row['text']}\n")
    told = said(found)
    assert {kind: told[kind] for kind in row["said"] if kind in told} == row["said"]
    assert set(told) - set(row["said"]) <= {"engine", "quantization", "version"}
    for item in found.mentions:
        if "\\" not in row["text"]:
            assert row["text"][item.start : item.end] == item.text


@pytest.mark.parametrize("row", ROWS["hardware"], ids=lambda row: f"{row['file']}: {row['text'][:60]}")
def test_hardware_in_its_spellings(row: dict[str, Any]) -> None:
    model = 'model = "llama3.1:8b"' if row["file"][-3:] in {".py", ".tf", "mad"} else "model: llama3.1:8b"
    (found,) = READER.deployments(row["file"], f"{row['text']}\n{model}\n")
    cards = (item for item in asked(found, checker().base) if not item.machine or item.machine.device.kind != "cpu")
    assert next((item.shown for item in cards), None) == row["said"]


@pytest.mark.parametrize("row", ROWS["nothing"], ids=lambda row: f"{row['file']}: {row['text'][:60]}")
def test_what_deploys_nothing(row: dict[str, Any]) -> None:
    assert [item for item in READER.deployments(row["file"], f"{row['text']}\n") if item.model] == []


def test_a_setting_belongs_to_the_model_in_its_smallest_container() -> None:
    big, small = READER.deployments("values.yaml", TWO)
    assert said(big) == {"model": "llama-3.1-8b-instruct", "context": 1024, "parallelism": 2}
    assert [item.number for item in big.settings if item.kind == "context"] == [1024, 8192]
    assert said(small) == {"model": "llama-3.2-1b-instruct", "context": 4096}
    assert selected((big, small), "small-model") == (small,)
    assert selected((big, small), "modelSpec") == (big, small)
    assert selected((big, small), "no-such") == ()


@pytest.mark.parametrize(
    ("name", "text", "kind", "says"),
    [
        ("a.py", 'ChatOpenAI(base_url="https://openrouter.ai/api/v1", model="meta-llama/llama-3.1-8b-instruct")',
         "provider", "openrouter"),
        (".env", "LLM_MODEL=bedrock/us.meta.llama3-1-70b-instruct-v1:0\nAWS_REGION=us-east-1", "region", "us-east-1"),
        ("a.yaml", "litellm_params: {model: bedrock/meta.llama3-1-70b-instruct-v1:0, aws_region_name: us-west-2}",
         "region", "us-west-2"),
        ("a.yaml", "litellm_params: {model: bedrock/meta.llama3-1-70b-instruct-v1:0, location: the cellar}",
         "region", None),
    ],
)  # fmt: skip
def test_what_is_told_of_a_provider(name: str, text: str, kind: str, says: str | None) -> None:
    (held,) = READER.deployments(name, text)
    found = held.setting(kind)
    assert (found and (found.engine or found.text)) == says


@pytest.mark.parametrize(
    "text",
    [
        "a: {args: [--model=meta-llama/Llama-3.1-8B-Instruct, --served-model-name=chat]}\nb: {model: Qwen/Qwen3-8B}",
        "llms:\n- {id: chat, source: {model: meta-llama/Llama-3.1-8B-Instruct}}\n- {id: b, model: Qwen/Qwen3-8B}",
        "- {model: meta-llama/Llama-3.1-8B-Instruct, alias: chat}\n- {model: Qwen/Qwen3-8B}\n- {alias: none}",
    ],
)
def test_a_model_is_selected_by_what_it_is_called(text: str) -> None:
    found = READER.deployments("a.yaml", text)
    assert [item.model.text for item in selected(found, "chat") if item.model] == ["meta-llama/Llama-3.1-8B-Instruct"]
    assert selected(found, "none") == ()


def test_a_command_is_a_container_of_its_own() -> None:
    text = "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 8192 &\n"
    text += "vllm serve meta-llama/Llama-3.2-1B-Instruct --max-model-len 4096\n"
    assert [said(item)["context"] for item in READER.deployments("run.sh", text)] == [8192, 4096]


def test_a_catalogue_deploys_nothing() -> None:
    models = [
        "meta-llama/Llama-3.1-8B",
        "meta-llama/Llama-3.2-1B",
        "meta-llama/Llama-3.2-3B",
        "meta-llama/Llama-3.1-70B",
    ]
    few, many = (f"MODELS = [{', '.join(f'Model(hf_repo={name!r})' for name in models[:n])}]\n" for n in (2, 4))
    assert len(READER.deployments("sku_list.py", few)) == len(models[:2])
    assert READER.deployments("sku_list.py", many) == ()
    entries = "".join(f"  m{n}: {{url: 'hf://{name}'}}\n" for n, name in enumerate(models))
    assert len(READER.deployments("values.yaml", f"catalog:\n{entries}")) == len(models)


@pytest.mark.parametrize(
    "name", ["llama-advisor", "ghcr.io/ggml-org/llama.cpp:server", "acme/llama-3.1-8b-instruct-lora", "llama_index"]
)
def test_a_name_of_something_else(name: str) -> None:
    assert READER.checkpoints.find(name) is None


def test_every_repository_and_tag_of_the_rule_base_is_known() -> None:
    base = checker().base
    for model in base.models.values():
        for name in (model.artifacts.hf_repo, *(item.name for item in model.artifacts.published)):
            found = READER.checkpoints.find(name)
            assert found is not None, name
            assert found.model == model.id, name
    for offer in base.hosted.values():
        assert READER.checkpoints.find(offer.id), offer.id


@pytest.mark.parametrize(
    "text",
    ["max_model_length: 8192", "my-num-ctx 8192", "--max-model-len $LENGTH", "num_ctx: many", "http-tp 2"],
)
def test_what_only_looks_like_a_setting(text: str) -> None:
    assert READER.deployments("x.txt", text) == ()


@pytest.mark.parametrize("name", ["x.yaml", "x.py", "Dockerfile", "x.sh", ".env", "x.toml"])
def test_comments_deploy_nothing(name: str) -> None:
    text = 'model = "llama3.1:8b"  # llama3.2:1b\n# meta-llama/Llama-3.1-8B\nb = 1\n'
    text = text.replace(" = ", {"x.yaml": ": ", "x.sh": "=", "Dockerfile": "="}.get(name, " = "))
    assert [item.model.text for item in READER.deployments(name, text) if item.model] == ["llama3.1:8b"]


@given(st.text(alphabet="ab#\"'\n\r\t \\\u2028()/*;-[]{}<!>:", max_size=60), st.sampled_from(sorted(COMMENTS)))
def test_blanking_moves_nothing(text: str, kind: str) -> None:
    plain = without_comments(Piece(text), kind).text
    assert len(plain) == len(text)
    assert all(a in {b, " "} for a, b in zip(plain, text, strict=True))


KINDS = ["x.py", "x.ipynb", "Modelfile", "x.yaml", "x.ts", "x.tf", "x.sh", "x.toml", "x.tpl"]


@given(st.text(max_size=80), st.sampled_from(KINDS))
def test_any_text_can_be_read(text: str, name: str) -> None:
    whole = f"{text} llama3.2 --max-model-len {text}"
    for item in READER.deployments(name, whole):
        assert all(whole[mention.start : mention.end] == mention.text for mention in item.mentions)


@given(
    st.lists(
        st.sampled_from(["{", "}", "[", "]", "(", ")", ":", "=", ",", '"', "'", "\n", " ", "-", "model", "llama3.2:1b"])
    )
)
def test_any_brackets_and_signs_can_be_read(parts: list[str]) -> None:
    text = "".join(parts)
    for name in KINDS:
        for item in READER.deployments(name, text):
            assert all(text[mention.start : mention.end] == mention.text for mention in item.mentions)


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
    leaves = partial(leaves_folder, Path())
    assert all(map(leaves, ["../x", "a/../../x", "/etc", "~/x", "C:\\x", "\\\\x"]))
    assert not any(map(leaves, ["a/b", "./a", "**", "a..b", "a\0b"]))


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


def drift(found: Findings) -> list[tuple[str, int]]:
    return [(item.code, item.line) for item in found.findings if item.code in {"LA301", "LA302", "LA303", "LA307"}]


def test_every_model_of_a_large_file_is_compared_and_a_limit_is_told(check_text: Callable[..., Findings]) -> None:
    entry = "m{}: {{url: 'hf://meta-llama/{}', args: [--max-model-len=16384, --quantization=fp8]}}\n"
    right = "".join(entry.format(n, "Llama-3.1-8B-Instruct") for n in range(300))
    found = check_text(f"{PROJECT}    sources: [a.yaml]\n", {"a.yaml": right + entry.format("x", "Llama-3.2-1B")})
    assert drift(found) == [("LA301", 301)]
    many = check_text(f"{PROJECT}    sources: [b.yaml]\n", {"b.yaml": right * 7})
    assert [code for code, _ in drift(many)] == ["LA307"]


def test_what_is_set_for_another_model_of_the_file_is_not_held_against_the_choice(
    check_text: Callable[..., Findings],
) -> None:
    wanted = TWO.replace("8192", "16384").replace("defaults: {maxModelLen: 1024}", "defaults: {}")
    assert drift(check_text(f"{PROJECT}    sources: [a.yaml]\n", {"a.yaml": wanted})) == [("LA301", 9)]


def test_a_file_with_the_models_of_two_deployments_fits_both(check_text: Callable[..., Findings]) -> None:
    small = PROJECT.partition("deployments:\n")[2].replace("bot", "small").replace("16k", "4k")
    small = small.replace("llama-3.1-8b-instruct, quantization: fp8", "llama-3.2-1b-instruct")
    both = f"{PROJECT}    sources: [a.yaml]\n{small}    sources: [a.yaml]\n"
    wanted = TWO.replace("8192", "16384").replace("defaults: {maxModelLen: 1024}", "defaults: {}")
    assert drift(check_text(both, {"a.yaml": wanted})) == []
    changed = {"b.yaml": wanted.replace("4096", "2048").replace("16384", "8192")}
    assert drift(check_text(both.replace("a.yaml", "b.yaml"), changed)) == [("LA303", 6), ("LA303", 8)]


def test_tests_deploy_nothing_unless_they_are_named(check_text: Callable[..., Findings]) -> None:
    serve = "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 16384 --quantization fp8\n"
    files = {"run.sh": serve, "tests/run.sh": "ollama pull llama3.2:1b\n"}
    assert drift(check_text(f"{PROJECT}    sources: ['**/*.sh']\n", files)) == []
    assert drift(check_text(f"{PROJECT}    sources: [run.sh, tests/run.sh]\n", files)) == [("LA301", 1)]


@pytest.mark.parametrize("key", ["supportedModels", "supported-models", "targetModels", "known_models"])
def test_names_below_which_nothing_is_deployed_may_be_plurals(key: str) -> None:
    assert READER.deployments("a.yaml", f"{key}: [meta-llama/Llama-3.1-8B-Instruct]\n") == ()
    assert READER.deployments("a.yaml", "models: [meta-llama/Llama-3.1-8B-Instruct]\n") != ()
