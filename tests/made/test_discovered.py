"""What the files of a repository deploy and what is proposed for it, on the made-up knowledge, by hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llama_advisor.check.checker import Checker
from llama_advisor.check.decide import decided
from llama_advisor.check.discovery import discovered, ignored_by_git, said_of, source_of
from llama_advisor.check.lock import lock_text
from llama_advisor.check.machines import asked, split_of
from llama_advisor.check.overrides import Overrides
from llama_advisor.check.project import read_project
from llama_advisor.check.propose import _common, _patterns, proposal
from llama_advisor.check.reading.checkpoints import Checkpoint
from llama_advisor.check.reading.deployments import Deployment, Mention
from llama_advisor.check.reading.pieces import First
from llama_advisor.knowledge.upkeep_entries import Beside, Overriding

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.knowledge.base import RuleBase

Said = tuple[str, str, dict[str, Any]]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], Path]:
    """Write files into a folder, which is the current one."""
    monkeypatch.chdir(tmp_path)

    def laid(files: dict[str, str]) -> Path:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return laid


def n(kind: str, number: int) -> Said:
    return kind, str(number), {"number": number}


def on(name: str) -> Said:
    return "machine", name, {}


def held(
    *said: Said, model: str | None = None, forms: tuple[str, ...] = (), path: tuple[Any, ...] = (), text: str = ""
) -> Deployment:
    settings = tuple(Mention(kind, ("box", kind), 0, 0, written, **more) for kind, written, more in said)
    found = Mention(
        "model", (*path, "model"), 0, 0, text or f"made/{model}", checkpoint=Checkpoint(model or None, frozenset(forms))
    )
    return Deployment(found if model is not None else None, settings, path)


# Hardware: what is asked for, of how many devices, in how many copies.
@pytest.mark.parametrize(
    ("said", "machines"),
    [
        ([], []),
        ([on("rack")], [("1x rack", 1, None, 1)]),  # of how many nobody says
        ([on("rack"), n("devices", 2)], [("2x rack", 2, 2, 1)]),
        ([on("2x rack")], [("2x rack", 2, 2, 1)]),
        ([on("2 x rack")], [("2x rack", 2, 2, 1)]),
        ([on("rack:4")], [("4x rack", 4, 4, 1)]),
        ([on("gpu:rack:4")], [("4x rack", 4, 4, 1)]),
        ([on("rack"), n("parallelism", 2)], [("2x rack", 2, None, 1)]),
        ([on("rack"), n("devices", 2), n("parallelism", 4)], [("2 nodes with 2x rack", 4, 4, 1)]),
        ([on("rack"), n("devices", 2), n("parallelism", 2), n("nodes", 2)], [("2 nodes with 2x rack", 4, 4, 1)]),
        ([on("rack"), n("devices", 2), n("workers", 3)], [("3 nodes with 2x rack", 6, 6, 1)]),
        ([on("rack"), n("replicas", 3)], [("1x rack", 1, None, 3)]),
        ([n("devices", 2)], [("", None, 2, 1)]),
        ([n("devices", 2), n("parallelism", 4)], [("", None, 4, 1)]),
        ([n("devices", 2), n("workers", 3), n("replicas", 2)], [("", None, 6, 2)]),
        ([n("devices", 0)], []),
        ([n("parallelism", 2)], []),
        ([on("nothing known"), n("devices", 2)], [("", None, 2, 1)]),
        ([on("nothing known"), on("card")], [("1x card", 1, None, 1)]),
        ([on("rack"), on("card")], [("1x rack", 1, None, 1), ("1x card", 1, None, 1)]),
    ],
)  # fmt: skip
def test_what_hardware_is_asked_for(said: list[Said], machines: list[Any], checking: RuleBase) -> None:
    found = [
        (one.text, one.machine and one.machine.devices, one.devices, one.copies) for one in asked(held(*said), checking)
    ]
    assert found == machines


def test_where_nothing_is_clustered_a_split_speaks_of_no_further_nodes(checking: RuleBase) -> None:
    def devices(*said: Said) -> list[int | None]:
        return [one.devices for one in asked(held(*said), checking, clustered=False)]

    assert devices(on("rack"), n("devices", 2), n("parallelism", 4)) == [2]
    assert devices(on("rack"), n("devices", 2), n("parallelism", 2), n("nodes", 2)) == [4]
    assert devices(n("devices", 2), n("parallelism", 4)) == [2]
    assert split_of(held(n("parallelism", 4), n("nodes", 2))) == 8
    assert split_of(held(n("parallelism", 0), n("devices", 2))) == 0


# What a deployment says.
ENGINE, HOSTED = ("engine", "paged", {"engine": "paged"}), ("engine", "x", {"engine": "hosted"})
W4 = ("quantization", "w4", {"quantizations": frozenset({"w4"})})


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (held(model="middle"), {}),
        (held(ENGINE, model="middle"), {"engine": "paged"}),
        (held(ENGINE, model="middle", forms=("w4",)), {"engine": "paged", "quantization": "w4"}),
        (held(W4, model="middle", forms=("w4", "w2")), {"quantization": "w4"}),
        (held(model="middle", forms=("w4", "w2")), {}),
        (held(model="middle", forms=("none",)), {}),
        (held(n("context", 4096), n("context", 8), model="middle"), {"context_tokens": 4096}),
        (held(ENGINE, ("version", "2.0", {"engine": "slots"}), ("version", "1.0", {"engine": "paged"}), model="middle"),
         {"engine": "paged", "engine_version": "1.0"}),
        (held(("version", "1.0", {"engine": "paged"}), model="middle"), {}),
        (held(HOSTED, n("context", 4096), model="middle", text="first/middle"), {"context_tokens": 4096, "engine": "first"}),
        (held(HOSTED, ("provider", "x", {"engine": "second"}), model="middle", text="middle"), {"engine": "second"}),
        (held(HOSTED, model="middle", text="middle"), {"engine": "hosted", "open": "engine: of which provider?"}),
        (held(HOSTED, model="middle", text="middle", path=("first",)), {"engine": "first"}),
        (held(HOSTED, model="large", text="large"), {"engine": "second"}),  # only one calls it so
        (held(on("2x rack"), model="middle"), {"hardware": "2x rack"}),
        (held(on("rack"), n("devices", 2), model="middle"), {"hardware": "2x rack"}),
        (held(n("devices", 1), model="middle"), {"open": "hardware: 1 GPU, which?"}),
        (held(n("devices", 2), on("none such"), model="middle"), {"open": "hardware: 2 GPUs, none such, which?"}),
        (held(n("parallelism", 4), model="middle"), {"open": "hardware: 4 GPUs, which?"}),
        (held(on("none such"), model="middle"), {"open": "hardware: none such, which?"}),
    ],
)  # fmt: skip
def test_what_a_deployment_says(found: Deployment, said: dict[str, Any], checking: RuleBase) -> None:
    model = found.model.checkpoint.model if found.model and found.model.checkpoint else ""
    assert said_of(found, model or "", checking) == {"model": model} | said


@pytest.mark.parametrize(
    ("path", "counts", "source"),
    [
        ((), {}, ("a.yaml", "")),
        (("chat",), {"chat": {"middle": 1}}, ("a.yaml#chat", "chat")),
        (("all", "chat"), {"all": {"middle": 2}, "chat": {"middle": 1}}, ("a.yaml#chat", "chat")),
        (("all", "chat"), {"all": {"middle": 1, "large": 1}, "chat": {"middle": 2}}, ("a.yaml#chat", "chat")),
        (("all",), {"all": {"middle": 1, "large": 1}}, ("a.yaml", "")),
        (("a b",), {"a b": {"middle": 1}}, ("a.yaml", "")),
        (("v1.2-x",), {"v1.2-x": {"middle": 1}}, ("a.yaml#v1.2-x", "v1.2-x")),
        ((First("run"),), {"run": {"middle": 1}}, ("a.yaml", "")),
    ],
)
def test_the_name_that_one_has_alone(path: tuple[Any, ...], counts: dict[str, Any], source: Any) -> None:
    steps = {name: Counter(models) for name, models in counts.items()}
    assert source_of("a.yaml", held(model="middle", path=path), steps) == source
    assert source_of("a.yaml", held(model="", path=path), steps) == ("a.yaml", "")


def test_what_git_ignores_is_left_out(tree: Callable[[dict[str, str]], Path]) -> None:
    ignored = ignored_by_git(
        tree({".gitignore": "tmp\n/old/\n*.log\n", "a/.gitignore": "x\n!keep.log\n", "b/.gitignore": "\x00"})
    )
    names = ("tmp", "c/tmp", "old/", "c/old/", "a.log", "a/x", "x", "a/b/x", "b/y", "ax")
    assert [name for name in names if ignored(name)] == ["tmp", "c/tmp", "old/", "a.log", "a/x", "a/b/x"]


RUN = "model: made/middle # llama\nquantization: w4\nmax-model-len: 8192\n"


def test_what_was_looked_at_is_told(tree: Callable[[dict[str, str]], Path], checking: RuleBase) -> None:
    root = tree({
        "llama-advisor.yaml": RUN, "a.yaml": RUN, "guard.yaml": "model: made/guard # llama\n", "b.yaml": "max-model-len: 8\n",
        "out.yaml": RUN, "notes.md": "x", "old.yaml": "model: made/old # llama\n", "no.yaml": "model: made/large\n",
    })  # fmt: skip
    for name in "vwxyz":
        (root / f"{name}.yaml").write_bytes(b"\xff")
    places, apart, told = discovered(root, checking, ("out.yaml",))
    assert [(place.file, place.source, place.name, place.said) for place in places] == [
        ("a.yaml", "a.yaml", "", {"model": "middle", "quantization": "w4", "context_tokens": 8192}),
        ("guard.yaml", "guard.yaml", "", None),
        ("old.yaml", "old.yaml", "", {"model": "old"}),
    ]
    assert list(apart) == ["b.yaml"]
    wrong = ", ".join(f"{name}.yaml (not UTF-8 text (byte 0))" for name in "vwx")
    assert told == [
        "looked at 5 of 12 files; 2 were skipped, as their kind or folder deploys nothing",
        f"5 files were not read: {wrong}, …",
        "1 models in files that name Llama are not proposed: 1 guards, 0 models of other families",
    ]


def test_what_is_proposed(tree: Callable[[dict[str, str]], Path], checker: Checker) -> None:
    root = tree(
        {"serve/a.yaml": RUN, "serve/b.yaml": RUN, "other.yaml": RUN.replace("middle", "small").replace("8192", "4096")}
    )
    text, told = proposal(root, checker, ("docs",))
    assert text is not None
    data = yaml.safe_load(text)
    assert [(item["name"], item["sources"], item["choice"]) for item in data["deployments"]] == [
        ("a", ["serve/a.yaml", "serve/b.yaml"], {"model": "middle", "quantization": "w4"}),
        ("other", ["other.yaml"], {"model": "small", "quantization": "w4"}),
    ]
    assert [item["requirements"] for item in data["deployments"]] == [
        {"use_cases": ["general"], "context_tokens": 8192}, {"use_cases": ["general"], "context_tokens": 4096}]  # fmt: skip
    assert (data["exclude"], "waivers" in data) == (["docs"], False)
    assert text.startswith("# yaml-language-server: $schema=llama-advisor.schema.json\n# What we need")
    assert '{code: LA203, deployment: a, reason: "load test passed", expires: 2027-12-31}\n' in text
    assert text.endswith("exclude: [docs]\n")
    assert text.count("# TODO hardware: on what does it run?\n") == 2
    assert (
        text.count(
            "# TODO use_cases, languages, domicile: what is it for, in which languages, and where is the licensee?\n"
        )
        == 2
    )
    assert "choice:  # as found in the files below\n" in text
    assert told == ["looked at 3 of 3 files"]
    assert proposal(tree({}) / "serve", checker, ("*",)) == (
        None,
        ["looked at 0 of 2 files; 2 were skipped, as their kind or folder deploys nothing"],
    )


@pytest.mark.parametrize(
    ("file", "patterns"),
    [("a.sh", []), ("a/b.sh", ["a/*.sh"]), ("a/b/c.sh", ["a/**/c.sh", "a/b/*.sh"]), ("a/Modelfile", []), ("a/b/Modelfile", ["a/**/Modelfile"])],
)  # fmt: skip
def test_patterns_for_files_like_one(file: str, patterns: list[str]) -> None:
    assert [*_patterns(file)] == patterns


@pytest.mark.parametrize(
    ("one", "other", "depth"), [("a/b", "a/b/c", 2), ("a/b", "a/c/b", 1), ("a", "b", 0), (".", "a", 0)]
)
def test_how_near_two_folders_are(one: str, other: str, depth: int) -> None:
    assert _common(PurePosixPath(one), PurePosixPath(other)) == depth


MIXED = "one: {model: made/middle, quantization: w4, maxModelLen: 8192}\ntwo: {model: made/small, quantization: w4, maxModelLen: 4096}\n# llama\n"


@pytest.mark.parametrize(
    ("files", "names", "sources"),
    [
        ({"a.yaml": MIXED}, ["one", "two"], [["a.yaml#one"], ["a.yaml#two"]]),
        ({"a.yaml": MIXED, "d/b.yaml": RUN}, ["one", "two"], [["a.yaml#one", "d/b.yaml"], ["a.yaml#two"]]),
        ({"a/run.yaml": RUN, "b/run.yaml": RUN.replace("8192", "4096")}, ["a-run", "b-run"], [["a/run.yaml"], ["b/run.yaml"]]),
        ({"a/run.yaml": RUN, "c/x.yaml": RUN, "b/run.yaml": RUN.replace("8192", "4096")}, ["a-run", "b-run"],
         [["a/run.yaml", "c/x.yaml"], ["b/run.yaml"]]),
        ({"b.yaml": RUN, "a.yaml": RUN.replace("8192", "4096")}, ["a", "b"], [["a.yaml"], ["b.yaml"]]),
        ({"z.yaml": RUN, "y.yaml": RUN, "a.yaml": RUN.replace("8192", "4096")}, ["y", "a"], [["y.yaml", "z.yaml"], ["a.yaml"]]),
        ({f"d/{name}.yaml": RUN for name in "abc"}, ["a"], [["d/a.yaml", "d/b.yaml", "d/c.yaml"]]),
        ({f"d/{name}.yaml": RUN for name in "abcd"}, ["a"], [["d/*.yaml"]]),
        ({f"{name}.yaml": RUN for name in "abcd"}, ["a"], [["a.yaml", "b.yaml", "c.yaml", "d.yaml"]]),
        ({f"d/{name}/e.yaml": RUN for name in "abcd"}, ["e"], [["d/**/e.yaml"]]),
        ({"a.yaml": RUN, "less.yaml": "model: made/middle # llama\n"}, ["a"], [["a.yaml", "less.yaml"]]),
        ({"a.yaml": RUN, "b.yaml": RUN.replace("8192", "4096"), "less.yaml": "model: made/middle # llama\n"},
         ["a", "b", "less"], [["a.yaml"], ["b.yaml"], ["less.yaml"]]),
        ({"a b!.yaml": RUN}, ["a-b"], [["a b!.yaml"]]),
        ({"d/a.yaml": "model: made/middle\n# llama\n", "d/b.yaml": "max-model-len: 4096\n"}, ["a"], [["d/a.yaml", "d/b.yaml"]]),
        ({"d/a.yaml": "model: made/middle\n# llama\n", "e/b.yaml": "max-model-len: 4096\n"}, ["a"], [["d/a.yaml"]]),
        ({"d/a.yaml": RUN, "d/b.yaml": "max-model-len: 4096\n"}, ["a"], [["d/a.yaml"]]),  # it says otherwise
        ({"d/a.yaml": RUN, "d/e/c.yaml": RUN.replace("middle", "small"), "d/e/b.yaml": "max-model-len: 8192\n"}, ["a", "c"],
         [["d/a.yaml"], ["d/e/b.yaml", "d/e/c.yaml"]]),
        ({"d/a.yaml": RUN, "d/c.yaml": RUN.replace("middle", "small"), "d/b.yaml": "max-model-len: 8192\n"}, ["a", "c"],
         [["d/a.yaml"], ["d/c.yaml"]]),  # it may be of either
    ],
)  # fmt: skip
def test_what_is_one_deployment_and_what_it_is_called(
    files: dict[str, str],
    names: list[str],
    sources: list[list[str]],
    tree: Callable[[dict[str, str]], Path],
    checker: Checker,
) -> None:
    text, _ = proposal(tree(files), checker)
    assert text is not None
    data = yaml.safe_load(text)["deployments"]
    assert ([item["name"] for item in data], [item["sources"] for item in data]) == (names, sources)


# Files that change others.
KNOWN = Overriding(
    beside=(Beside(of=("values.yaml", "compose*"), by=("values-*.yaml", "*override*")),),
    overlays=("kustomization.yaml",), bases=("resources",), patches=("patches", "files"),
)  # fmt: skip


def test_which_files_change_another(tree: Callable[[dict[str, str]], Path]) -> None:
    layer = 'resources: [../{}]\npatches: [{{path: p.yaml}}, 5, {{target: x}}, "s\\nt"]\nfiles: [q.yaml, ../r.yaml]\n'
    root = tree({
        "a/values.yaml": "", "a/VALUES-prod.yaml": "", "a/values-dev.yaml": "", "a/other.yaml": "", "values-up.yaml": "",
        "base/kustomization.yaml": "resources: [pod.yaml]\n", "base/pod.yaml": "", "prod/kustomization.yaml": layer.format("base"),
        "far/kustomization.yaml": layer.format("prod"), "apart/kustomization.yaml": "resources: [x.yaml]\n",
        "list/kustomization.yaml": "- a\n", "bad/kustomization.yaml": "a: [", "word/kustomization.yaml": "resources: ../base\n",
    })  # fmt: skip

    def changing(name: str) -> list[str]:
        return [path.relative_to(root).as_posix() for path in Overrides(root, KNOWN).changing(root / name)]

    assert changing("a/values.yaml") == ["a/VALUES-prod.yaml", "a/values-dev.yaml"]
    assert changing("a/other.yaml") == []
    assert changing("base/pod.yaml") == [
        "base/kustomization.yaml", "prod/kustomization.yaml", "prod/p.yaml", "prod/q.yaml", "r.yaml",
        "far/kustomization.yaml", "far/p.yaml", "far/q.yaml"]  # fmt: skip
    assert changing("apart/kustomization.yaml") == ["apart/kustomization.yaml"]


# The lock: what moved.
NEEDS: dict[str, Any] = {"use_cases": ["talk"], "hardware": "card"}
CHOICE = {"model": "middle", "quantization": "w4", "engine": "paged"}


def test_what_moved_since_the_lock_was_written(tree: Callable[[dict[str, str]], Path], checker: Checker) -> None:
    def text(**needs: Any) -> str:
        item = {"name": "bot", "requirements": NEEDS | needs, "choice": CHOICE}
        return yaml.safe_dump({"version": 1, "deployments": [item]})

    root = tree({"llama-advisor.yaml": text()})
    path = root / "llama-advisor.yaml"
    (item,) = read_project(path, checker.kinds).deployments
    lock = json.loads(lock_text([(item.deployment, decided(item, checker.decider))], checker.base))  # type: ignore[list-item]
    assert (lock["version"], lock["rulebase"]["hash"]) == (1, checker.base.hash)
    assert lock["deployments"]["bot"]["choice"] == CHOICE
    assert lock["deployments"]["bot"]["requirements"] == {"use_cases": ["talk"], "hardware": "card"}
    weights = lock["deployments"]["bot"]["winner"]["weights"]
    # of 85: what is owned costs nothing, and its footprint counts half
    assert weights == {"quality": 0.7059, "speed": 0.1176, "footprint": 0.0588, "maturity": 0.1176}

    def told(**changed: Any) -> list[str]:
        kept = json.loads(json.dumps(lock))
        held = kept["deployments"]["bot"]
        for key, value in changed.items():
            held["winner"] = held["winner"] | {key: value} if value is not None or key != "winner" else None
        (root / "llama-advisor.lock").write_text(json.dumps(kept), "utf-8")
        return [found.text.partition(". ")[2] for found in checker.check(path).findings]

    assert told() == []
    assert told(winner=None) == ["A build qualifies now"]
    assert told(machine="Rack") == ["Moved: nothing that was locked"]
    assert told(model="large") == ["rule memory-fits: Large as w4 needs 17 GiB of 8"]
    assert told(model="larger") == ["unknown model 'larger'; nearest: large"]
    assert told(engine="hosted") == ["No such build is known now"]
    assert told(machine="Rack", weights=weights | {"speed": 0.25}) == ["Moved: weight of speed of middle 0.25 → 0.1176"]
    assert told(machine="Rack", rules={"gone": -2.0}) == ["Moved: rule gone of middle -2 → absent"]


@pytest.mark.parametrize(
    ("needs", "builds", "margin"),
    [({}, ["middle", "small"], 7.34), ({"only": {"models": ["middle"]}}, ["middle"], None), ({"context_tokens": 65536}, [], None)],
)  # fmt: skip
def test_what_a_lock_holds(
    needs: dict[str, Any],
    builds: list[str],
    margin: float | None,
    tree: Callable[[dict[str, str]], Path],
    checker: Checker,
) -> None:
    named = {"name": "ü", "requirements": NEEDS | needs, "choice": CHOICE}
    root = tree({"llama-advisor.yaml": yaml.safe_dump({"version": 1, "deployments": [named]})})
    (item,) = read_project(root / "llama-advisor.yaml", checker.kinds).deployments
    decision = decided(item, checker.decider)
    text = lock_text([(item.deployment, decision)], checker.base)  # type: ignore[list-item]
    assert text.startswith('{\n  "deployments": {\n    "ü": {\n      "choice": {\n        "engine": "paged",\n')
    assert text.endswith('"\n  },\n  "version": 1\n}\n')
    kept = json.loads(text)["deployments"]["ü"]
    assert [build["model"] for build in (kept["winner"], *kept["others"]) if build] == builds
    assert kept["margin"] == margin


@pytest.mark.parametrize(
    ("lock", "told", "column"),
    [("{", "not JSON: Expecting property name enclosed in double quotes", 2), ("[" * 100000, "nested too deeply", 1),
     ("[1" + "1" * 5000 + "]", "a number too long", 1), ("\x00", "not text (it holds a zero byte)", 1)],
)  # fmt: skip
def test_a_lock_that_is_none(
    lock: str, told: str, column: int, tree: Callable[[dict[str, str]], Path], checker: Checker
) -> None:
    item = {"name": "bot", "requirements": NEEDS, "choice": CHOICE}
    tree({"llama-advisor.yaml": yaml.safe_dump({"version": 1, "deployments": [item]}), "llama-advisor.lock": lock})
    (found,) = checker.check(Path("llama-advisor.yaml")).findings
    assert (found.code, found.file, found.text, found.column) == ("LA911", "llama-advisor.lock", told, column)
