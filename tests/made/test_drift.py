"""What one deployment of a file differs in from the choice, mention by mention, on the made-up knowledge, by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llama_advisor.check.checker import Checker
from llama_advisor.check.decide import Decision, decided
from llama_advisor.check.differences import Comparison, compared
from llama_advisor.check.findings import SourceText
from llama_advisor.check.project import read_project
from llama_advisor.check.reading.checkpoints import Checkpoint
from llama_advisor.check.reading.deployments import Deployment, Mention
from llama_advisor.check.reading.pieces import First
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.layers import Layer

if TYPE_CHECKING:
    from pathlib import Path

Said = tuple[str, str, dict[str, Any]]
"""A mention: its kind, its text, its fields."""
CARD: dict[str, Any] = {"use_cases": ["talk"], "hardware": "card"}
NEEDS: dict[str, Any] = CARD | {"context_tokens": 8192}
RACK: dict[str, Any] = NEEDS | {"hardware": "rack"}
HOSTED: dict[str, Any] = {"use_cases": ["talk"], "target": "hosted", "context_tokens": 8192}
CHOICE: dict[str, Any] = {"model": "middle", "quantization": "w4", "engine": "paged"}
LARGE: dict[str, Any] = CHOICE | {"model": "large"}
FIRST: dict[str, Any] = {"model": "middle", "engine": "first"}


def model(name: str, text: str = "", *forms: str, **more: Any) -> Said:
    found = Checkpoint(name or None, frozenset(forms), loose=more.pop("loose", False))
    return "model", text or f"made/{name}", {"checkpoint": found} | more


def engine(name: str, **more: Any) -> Said:
    return "engine", f"run-{name}", {"engine": name} | more


def number(kind: str, count: int, **more: Any) -> Said:
    return kind, str(count), {"number": count} | more


def form(name: str) -> Said:
    return "quantization", name, {"quantizations": frozenset({name})}


TOTAL = {"total": True}
MIDDLE, SMALL, PAGED = model("middle"), model("small"), engine("paged")
SLOTS = engine("slots")
FULL, W4 = model("middle", "", "w16"), model("middle", "", "w4")
IMAGE = {"key": "image", "path": ("box", "image")}
COMMAND = {"path": ("box", "command", First("run"))}


@pytest.fixture(scope="module")
def checker(checking: RuleBase) -> Checker:
    """A checker on it, where one engine sets a context by itself and runs the models in some versions alone."""
    (layer,) = checking.layers
    engines = {name: dict(layer.files[f"engines/{name}.yaml"]) for name in ("paged", "slots")}
    support = {"architecture": "llama", "source": ["made"], "since": "0.5"}
    engines["paged"] |= {
        "default_contexts": [{"tokens": 4096, "below_gib": 10}, {"tokens": None}],
        "architectures": [support],
    }
    engines["slots"] |= {"offload": False}
    models = {name: dict(layer.files[f"models/{name}.yaml"]) for name in ("small", "middle")}
    for name, data in models.items():
        tags = [
            {"quantization": "w4", "stored_as": "gguf", "name": f"{name}:{tag}"}
            for tag in ("w4", "long-w4", "even-longer-w4")
        ]
        data["artifacts"] = data["artifacts"] | {"published": tags}
    files = (
        layer.files
        | {f"engines/{name}.yaml": data for name, data in engines.items()}
        | {f"models/{name}.yaml": data for name, data in models.items()}
    )
    return Checker(RuleBase((Layer(layer.root, "made", "made", files),), checking.facts), date(2026, 11, 24))


def decision_of(folder: Path, checker: Checker, needs: dict[str, Any], choice: dict[str, Any]) -> Any:
    path = folder / "llama-advisor.yaml"
    item = {"name": "bot", "requirements": needs, "choice": choice}
    path.write_text(yaml.safe_dump({"version": 1, "deployments": [item]}), "utf-8")
    (found,) = read_project(path, checker.kinds).deployments
    decision = decided(found, checker.decider)
    assert isinstance(decision, Decision)
    return found, decision


def held_in(said: tuple[Said, ...]) -> tuple[str, Deployment]:
    """A text of one mention a line, and what it deploys."""
    mentions, text = [], ""
    for kind, written, fields in said:
        more = {"path": ("box", kind)} | fields
        mentions.append(Mention(kind, start=len(text), end=len(text) + len(written), text=written, **more))
        text += f"{written}\n"
    models = [item for item in mentions if item.kind == "model"]
    settings = tuple(item for item in mentions if item.kind != "model")
    return text, Deployment(models[0] if models else None, settings, ("box",))


def told(
    folder: Path, checker: Checker, needs: dict[str, Any], choice: dict[str, Any], *files: tuple[Said, ...]
) -> list[tuple[str, str, int, str, str | None]]:
    """What is told: code, severity, the line it stands in, text, what would do in its place."""
    item, decision = decision_of(folder, checker, needs, choice)
    comparison = Comparison(item, decision, checker.decider)
    found = []
    for said in files:
        text, held = held_in(said)
        found += comparison.findings(SourceText("a.yaml", text, checker.kinds), held)
    found += comparison.left()
    assert all(one.deployment == "bot" and (choice["model"] in one.about or one.code == "LA207") for one in found)
    return [(one.code, one.severity, one.line, one.text.replace(str(folder), "."), one.replacement) for one in found]


HOLDS_16 = "made/middle holds weights of 16 bits, and no file sets another quantization; bot chose w4"
TAKES = "no file sets a context: Paged then takes {} tokens; bot needs {}"
IN_CONTEXT = number("context", 8192)
IN_SLOTS = CHOICE | {"engine": "slots"}
UNFIT = "32768 tokens are allocated; bot needs 8192; with a KV cache of f16, it does not fit{}"
FITS = "32768 tokens are allocated; bot needs 8192; that fits too"
CASES: list[tuple[dict[str, Any], dict[str, Any], tuple[Said, ...], list[Any]]] = [
    # What a started engine takes by itself where nothing is set: Card has less than 10 GiB, Rack more.
    (NEEDS, CHOICE, (MIDDLE, PAGED), [("LA302", "error", 1, HOLDS_16, None), ("LA308", "warning", 1, TAKES.format(4096, 8192), None)]),
    (NEEDS, CHOICE, (MIDDLE,), []),
    (NEEDS, CHOICE, (W4, PAGED, IN_CONTEXT), []),
    (NEEDS, CHOICE, (MIDDLE, PAGED, form("w4"), IN_CONTEXT), []),
    (NEEDS, CHOICE, (model("middle", "other/middle"), PAGED, IN_CONTEXT), []),  # not the maker's
    (NEEDS, CHOICE | {"quantization": None}, (MIDDLE, PAGED, IN_CONTEXT), []),
    (NEEDS, CHOICE | {"quantization": "w16", "model": "small"}, (SMALL, PAGED, IN_CONTEXT), []),
    (CARD, CHOICE, (W4, PAGED), [("LA308", "note", 1, TAKES.format(4096, 8192), None)]),
    (NEEDS | {"context_tokens": 4096}, CHOICE, (W4, PAGED), []),
    (NEEDS | {"context_tokens": 2048}, CHOICE, (W4, PAGED), []),  # what it takes by itself is no waste of anyone's
    (RACK, CHOICE, (W4, PAGED), [("LA308", "note", 1, TAKES.format(32768, 8192) + "; that fits too", None)]),
    (RACK | {"context_tokens": 32768}, CHOICE, (W4, PAGED), []),
    # 8 + 32 + 1 GiB for the whole window of large.
    (RACK, LARGE, (model("large", "", "w4"), PAGED),
     [("LA308", "warning", 1, TAKES.format(32768, 8192) + "; Large as w4 needs 41 GiB of 32", None)]),
    (NEEDS, CHOICE | {"engine": "slots"}, (W4, SLOTS), []),  # nothing is known of what it takes
    # Another engine runs it.
    (NEEDS, CHOICE, (W4, SLOTS), [("LA309", "warning", 2, "Slots runs made/middle; bot chose Paged", None)]),
    (NEEDS, CHOICE, (W4, SLOTS, PAGED, IN_CONTEXT), []),
    (NEEDS, CHOICE | {"engine": None}, (W4, SLOTS), []),
    # Another model, and what would do in its place: the maker's repository, for weights that are not stored anew, alone.
    (NEEDS, CHOICE, (SMALL, SLOTS), [("LA301", "error", 1, "made/small is Small; bot chose middle", "made/middle")]),
    (NEEDS, CHOICE, (model("small", "small:w4"),), [("LA301", "error", 1, "small:w4 is Small; bot chose middle", "middle:w4")]),
    (NEEDS, CHOICE, (model("small", "small:long-w4"),), [("LA301", "error", 1, "small:long-w4 is Small; bot chose middle", "middle:long-w4")]),
    (NEEDS, CHOICE, (model("small", "x/small:w4"),), [("LA301", "error", 1, "x/small:w4 is Small; bot chose middle", "x/middle:w4")]),
    (NEEDS, CHOICE, (model("small", "a-small:w4"),), [("LA301", "error", 1, "a-small:w4 is Small; bot chose middle", None)]),
    (NEEDS, CHOICE, (model("", "made/none"),), [("LA301", "error", 1, "made/none is another model; bot chose middle", None)]),
    (NEEDS, CHOICE, (model("small", loose=True),), [("LA301", "error", 1, "made/small is Small; bot chose middle", "made/middle")]),
    (NEEDS, CHOICE, (FULL,), [("LA302", "error", 1, "made/middle is w16; bot chose w4", None)]),
    (NEEDS, CHOICE, (model("middle", "", "w16", "w2"),), [("LA302", "error", 1, "made/middle is w16 or w2; bot chose w4", None)]),
    (NEEDS, CHOICE, (model("middle", "", "w16", "w4"),), []),
    (NEEDS, CHOICE, (form("w2"), W4), [("LA302", "error", 1, "w2 is w2; bot chose w4", None)]),
    # Context: what is set for each, or for all together, with so many slots.
    (NEEDS, CHOICE, (W4, number("context", 4096)), [("LA303", "error", 2, "4096 tokens are allocated; bot needs 8192", "8192")]),
    (CARD, CHOICE, (W4, number("context", 4096)),
     [("LA303", "note", 2, "4096 tokens are allocated; bot needs 8192, which its use case takes for granted; state `context_tokens`", None)]),
    (NEEDS, CHOICE, (W4, number("context", 16384)), [("LA303", "note", 2, "16384 tokens are allocated; bot needs 8192; that fits too", None)]),
    ({**NEEDS, "hardware": None, "target": "workstation"}, CHOICE, (W4, number("context", 16384)),
     [("LA303", "note", 2, "16384 tokens are allocated; bot needs 8192; whether that fits is not known: no hardware is stated", None)]),
    (NEEDS, CHOICE, (W4, number("context", 32768)),
     [("LA303", "error", 2, "32768 tokens are allocated; bot needs 8192; Middle as w4 needs 11 GiB of 8", "8192")]),
    (RACK | {"concurrent_requests": 2}, CHOICE, (W4, number("context", 8192, **TOTAL)),
     [("LA303", "error", 2, "8192 tokens are allocated; bot needs 16384 for 2 requests", "16384")]),
    (RACK | {"concurrent_requests": 2}, CHOICE, (W4, number("context", 16384, **TOTAL)), []),
    (RACK | {"concurrent_requests": 2}, CHOICE, (W4, number("context", 8192)), []),
    (RACK, CHOICE, (W4, number("context", 8192, **TOTAL)), []),
    (RACK, CHOICE, (W4, number("context", 8192, **TOTAL), number("sequences", 2)),
     [("LA303", "error", 3, "2 requests share 8192 tokens, 4096 each; bot needs 8192 for each", None)]),
    (CARD | {"hardware": "rack"}, CHOICE, (W4, number("context", 8192, **TOTAL), number("sequences", 2)),
     [("LA303", "note", 3, "2 requests share 8192 tokens, 4096 each; bot needs 8192 for each", None)]),
    (RACK, CHOICE, (W4, number("context", 16384, **TOTAL), number("sequences", 2)), []),
    (RACK | {"concurrent_requests": 2}, CHOICE, (W4, number("context", 8192, **TOTAL), number("sequences", 1)),
     [("LA313", "warning", 3, "1 request at once; bot needs 2: the rest wait", None)]),
    # A longer one fits with the KV cache and the split that the files set, else with those of the engine by itself.
    (NEEDS, IN_SLOTS, (W4, number("context", 32768)), [("LA303", "error", 2, UNFIT.format(", and no file sets another"), "8192")]),
    (NEEDS, IN_SLOTS, (W4, number("context", 32768), ("cache", "F16", {})), [("LA303", "error", 2, UNFIT.format(""), "8192")]),
    (NEEDS, IN_SLOTS, (W4, number("context", 32768), ("cache", " Q8_0", {})), [("LA303", "note", 2, FITS, None)]),
    (NEEDS, IN_SLOTS, (W4, number("context", 32768), ("cache", "fp8_e5m2", {})), [("LA303", "note", 2, FITS, None)]),
    (NEEDS, IN_SLOTS, (W4, number("context", 32768), ("cache", "f16_e5m2", {})), [("LA303", "error", 2, UNFIT.format(""), "8192")]),
    (NEEDS, IN_SLOTS, (W4, number("context", 32768), ("cache", "odd", {})), [("LA303", "note", 2, FITS, None)]),
    (NEEDS | {"hardware": "2x card"}, IN_SLOTS, (W4, number("context", 32768)), [("LA303", "note", 2, FITS, None)]),  # by layers
    (NEEDS | {"hardware": "2x card"}, CHOICE, (W4, number("context", 32768), number("parallelism", 2)), [("LA303", "note", 2, FITS, None)]),
    (NEEDS | {"hardware": "2x card"}, CHOICE, (W4, number("context", 32768), number("parallelism", 1)),
     [("LA303", "error", 2, UNFIT.format(", and no file sets another").replace("f16,", "f16 and divided as it is,"), "8192")]),
    # Copies side by side that make up the machine.
    (NEEDS | {"hardware": "4x card"}, CHOICE, (W4, number("parallelism", 2), number("data_parallel", 2)), []),
    (NEEDS | {"hardware": "4x card"}, CHOICE, (W4, number("parallelism", 1), number("data_parallel", 4)), []),
    (NEEDS | {"hardware": "4x card"}, CHOICE, (W4, number("parallelism", 2), number("data_parallel", 4)), [("LA304", "warning", 2, (
        "tensor 2 × pipeline 1 × data 4 does not divide the hardware into copies that fit; on 4 × Card bot can take "
        "tensor × pipeline of 4 × 1 or 1 × 1 or 2 × 1"), None)]),
    # Requests at once.
    (RACK | {"concurrent_requests": 4}, CHOICE, (W4, number("sequences", 4)), []),
    (RACK | {"concurrent_requests": 4}, CHOICE, (W4, number("sequences", 3)),
     [("LA313", "warning", 2, "3 requests at once; bot needs 4: the rest wait", None)]),
    (RACK | {"concurrent_requests": 4}, CHOICE, (W4, number("sequences", 2), number("replicas", 2)), []),
    (RACK | {"concurrent_requests": 4}, CHOICE, (W4, number("sequences", 1), number("replicas", 3), number("replicas", 2)),
     [("LA313", "warning", 2, "1 request at once on each of 2 copies; bot needs 4: the rest wait", None)]),
    (RACK | {"concurrent_requests": 4}, CHOICE, (W4, number("sequences", 0)), []),
    # Versions.
    (NEEDS, CHOICE, (W4, ("version", "0.4", {"engine": "paged"})),
     [("LA206", "error", 2, "bot: Paged 0.4 does not run Middle; versions from 0.5 do", "0.5")]),
    (NEEDS, CHOICE | {"engine_version": "v0.6"}, (W4, ("version", "0.4", {"engine": "paged"})),
     [("LA206", "error", 2, "bot: Paged 0.4 does not run Middle; versions from 0.5 do", "0.6")]),
    (NEEDS, CHOICE | {"engine_version": "0.4"}, (W4, ("version", "0.4", {"engine": "paged"})),
     [("LA206", "error", 2, "bot: Paged 0.4 does not run Middle; versions from 0.5 do", "0.5")]),
    (NEEDS, CHOICE | {"engine": "slots"}, (W4, ("version", "0.4", {"engine": "paged"})), []),
    (NEEDS, CHOICE | {"engine": None}, (W4, ("version", "0.4", {"engine": "paged"})),
     [("LA206", "error", 2, "bot: Paged 0.4 does not run Middle; versions from 0.5 do", "0.5")]),
    (NEEDS, CHOICE | {"engine_version": "1.0"}, (W4, ("version", "2.0", {"engine": "paged"})),
     [("LA309", "warning", 2, "Paged 2.0 runs; bot chose 1.0", None)]),
    (NEEDS, CHOICE | {"engine_version": "1.0"}, (W4, ("version", "v1.0", {"engine": "paged"})), []),
    # Images: beside a command of another engine, and alone.
    (NEEDS, CHOICE, (W4, engine("slots", **IMAGE), engine("paged", **COMMAND), IN_CONTEXT),
     [("LA309", "warning", 2, "the image is one of Slots, the command in it one of Paged; bot chose Paged", None)]),
    (NEEDS, CHOICE | {"engine": None}, (W4, engine("slots", **IMAGE), engine("paged", **COMMAND), IN_CONTEXT),
     [("LA309", "warning", 2, "the image is one of Slots, the command in it one of Paged; bot chose neither", None)]),
    (NEEDS, CHOICE, (W4, engine("paged", **IMAGE), engine("paged", **COMMAND), IN_CONTEXT), []),
    (NEEDS, CHOICE, (W4, engine("slots", **IMAGE), engine("paged", path=("box", "command", First("run"), "--with")), IN_CONTEXT), []),
    (NEEDS, CHOICE, (W4, engine("slots", **IMAGE), engine("paged", path=("box", "command", First("python"), "-m")), IN_CONTEXT),
     [("LA309", "warning", 2, "the image is one of Slots, the command in it one of Paged; bot chose Paged", None)]),
    (NEEDS, CHOICE, (W4, engine("slots", **IMAGE), engine("paged", path=("other", "command", First("run"))), IN_CONTEXT), []),
    (NEEDS, CHOICE, (engine("slots", **IMAGE),),
     [("LA309", "warning", 1, "the image is one of Slots, and no file names Paged, which bot chose", None)]),
    (NEEDS, CHOICE, (engine("slots", **IMAGE), engine("paged", path=("else", "x"))), []),
    (NEEDS, CHOICE | {"engine": None}, (engine("slots", **IMAGE),), []),
    # Hardware.
    (NEEDS, CHOICE, (W4, ("machine", "rack", {})), [("LA311", "error", 2, "the files ask for Rack; bot states 1 × Card (./llama-advisor.yaml:9)", None)]),
    (NEEDS, CHOICE, (W4, ("machine", "card", {}), number("devices", 1)), []),
    (NEEDS, CHOICE, (W4, ("machine", "card", {}), number("devices", 2)),
     [("LA311", "note", 3, "the files ask for 2 × Card; bot states 1 × Card (./llama-advisor.yaml:9)", None)]),
    (NEEDS | {"hardware": "4x card"}, CHOICE, (W4, number("devices", 2)),
     [("LA311", "error", 2, "the files ask for 2 GPUs; bot states 4 × Card (./llama-advisor.yaml:9)", None)]),
    (NEEDS | {"hardware": "4x card"}, CHOICE, (W4, number("devices", 1), number("replicas", 3)),
     [("LA311", "error", 2, "the files ask for 3 copies of 1 GPU; bot states 4 × Card (./llama-advisor.yaml:9)", None)]),
    (NEEDS | {"hardware": "4x card"}, CHOICE, (W4, number("devices", 1), number("replicas", 4)), []),
    ({**NEEDS, "hardware": None, "target": "workstation"}, CHOICE, (W4, ("machine", "rack", {})), []),
    # Services.
    (HOSTED, FIRST, (model("middle", "first/middle"), engine("hosted")), []),
    (HOSTED, FIRST, (model("middle", "second/middle"), engine("hosted")),
     [("LA309", "warning", 1, "Second serves second/middle; bot chose First", None)]),
    (HOSTED, FIRST, (model("large", "second/large"), engine("hosted")),
     [("LA207", "error", 1, "bot: Second ended large on 2026-06-30", None),
      ("LA301", "error", 1, "second/large is Large; bot chose middle", "second/middle")]),
    (HOSTED, FIRST, (model("middle", "first/middle"), engine("hosted"), number("sequences", 1), number("devices", 9)), []),
    (HOSTED | {"service_region": "eu"}, {"model": "small", "engine": "first"},
     (model("small", "first/small"), engine("hosted"), ("region", "us-1", {})),
     [("LA309", "warning", 3, "us-1 is another region; bot states eu", None)]),
    (HOSTED | {"service_region": "eu"}, {"model": "small", "engine": "first"},
     (model("small", "first/small"), engine("hosted"), ("region", "eu-1", {})), []),
    (HOSTED, {"model": "small", "engine": "first"}, (model("small", "first/small"), engine("hosted"), ("region", "us-1", {})), []),
]  # fmt: skip


@pytest.mark.parametrize(("needs", "choice", "said", "wanted"), CASES)
def test_what_a_file_says_beside_the_choice(
    needs: dict[str, Any],
    choice: dict[str, Any],
    said: tuple[Said, ...],
    wanted: list[Any],
    tmp_path: Path,
    checker: Checker,
) -> None:
    stated = [{name: value for name, value in held.items() if value is not None} for held in (needs, choice)]
    assert told(tmp_path, checker, stated[0], stated[1], said) == wanted


OTHER_FORM = model("middle", "", "w16")
GUARD = model("guard")


@pytest.mark.parametrize(
    ("files", "chosen", "kept"),
    [
        # each file as deployments by number; of which are compared, and with how many settings
        ([(W4,), (SMALL, PAGED)], [], [(0, 0), (1, 0)]),  # of another model its name alone
        ([(W4,), (SMALL, PAGED)], ["small"], [(0, 0)]),
        ([(W4,), (GUARD, PAGED)], [], [(0, 0)]),
        ([(W4,), (model("", "made/none"), PAGED)], [], [(0, 0), (1, 0)]),
        ([(W4,), (model("middle", "", "w16"), PAGED)], [], [(0, 0), (1, 1)]),
        ([(SMALL, PAGED)], ["small"], [(0, 1)]),  # where none is the chosen one, all are compared
        ([(PAGED,)], [], [(0, 1)]),
        ([(W4,), (PAGED,)], [], [(0, 0), (1, 1)]),
    ],
)
def test_which_models_of_a_file_are_compared(
    files: list[tuple[Said, ...]], chosen: list[str], kept: list[tuple[int, int]], tmp_path: Path, checker: Checker
) -> None:
    held = [held_in(said)[1] for said in files]
    _, decision = decision_of(tmp_path, checker, NEEDS, CHOICE)
    found = [*compared(held, decision, checker.base, frozenset(chosen))]
    assert [(files_of(held, one), len(one.settings)) for one in found] == kept


def files_of(held: list[Deployment], one: Deployment) -> int:
    return next(index for index, other in enumerate(held) if other._replace(settings=()) == one._replace(settings=()))


def test_what_fits_another_choice_is_left_to_it(tmp_path: Path, checker: Checker) -> None:
    _, mine = decision_of(tmp_path, checker, NEEDS, CHOICE)
    _, full = decision_of(tmp_path, checker, RACK, CHOICE | {"quantization": "w16"})
    _, long = decision_of(tmp_path, checker, NEEDS | {"context_tokens": 16384}, CHOICE)
    four, sixteen, small = (held_in(said)[1] for said in ((W4,), (FULL,), (SMALL,)))
    short, wide = (held_in((W4, number("context", count)))[1] for count in (8192, 16384))

    def of(decision: Any, *held: Deployment, sharing: tuple[Any, ...] = ()) -> list[Deployment]:
        return [*compared(held, decision, checker.base, frozenset(), sharing)]

    assert of(mine, four, sixteen, sharing=(full,)) == [four]
    assert of(full, four, sixteen, sharing=(mine,)) == [sixteen]
    assert of(mine, four, sixteen) == [four, sixteen]
    assert of(mine, short, wide, sharing=(long,)) == [short]
    assert of(mine, four, small, sharing=(full,)) == [four]  # the other misses its own, so the rest is left to it
    assert of(mine, small, sharing=(full,)) == [small]
    assert of(mine, sixteen, sharing=(full,)) == [sixteen]  # nothing else is there to compare


def test_how_long_a_context_may_be_in_all(tmp_path: Path, checker: Checker) -> None:
    """Two requests of 8,192 tokens: one of them, or both together."""
    _, two = decision_of(tmp_path, checker, RACK | {"concurrent_requests": 2}, CHOICE)
    _, full = decision_of(tmp_path, checker, RACK, CHOICE | {"quantization": "w16"})
    held = [held_in((W4, number("context", count)))[1] for count in (4096, 8192, 16384, 32768)]
    plain = held_in((MIDDLE,))[1]
    found = [*compared([*held, plain], full, checker.base, frozenset(), (two,))]
    assert found == [held[0], held[3], plain]
