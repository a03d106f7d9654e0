"""Folders of rules: laid one over the other by id, cached by content, a broken cache ignored."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest

from llama_advisor.knowledge import cache as cache_module
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.judgement import Moves, Source
from llama_advisor.knowledge.kinds import ENTRY_FOLDERS, LIST_KEYS, SINGLE_FILES
from llama_advisor.knowledge.layers import Layer, merged, read_layer
from llama_advisor.text.errors import InputError, RuleBaseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "llama-advisor"


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 2}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": 1}, {"a": None}, {"a": None}),
        (
            [{"id": "x", "v": 1, "w": 1}, {"id": "y", "v": 2}],
            [{"id": "y", "v": 3}, {"id": "z", "v": 4}],
            [{"id": "x", "v": 1, "w": 1}, {"id": "y", "v": 3}, {"id": "z", "v": 4}],
        ),
        ([{"id": "x"}], [], []),
        ([{"id": "x"}], [{"name": "y"}], [{"name": "y"}]),
    ],
)
def test_what_lies_above_wins_key_by_key_and_entry_by_entry(lower: Any, upper: Any, expected: Any) -> None:
    assert merged(lower, upper) == expected


def test_merging_changes_neither_side() -> None:
    lower, upper = {"a": [{"id": "x", "v": 1}]}, {"a": [{"id": "x", "v": 2}]}
    before = json.dumps([lower, upper])
    merged(lower, upper)
    assert json.dumps([lower, upper]) == before


def test_files_are_read_by_relative_name(layer: Callable[[dict[str, str]], Path], cache: Path) -> None:
    folder = layer({"a.yaml": "x: 1", "deep/b.yaml": "y: no", "c.txt": "not read"})
    read = read_layer(folder, "mine")
    assert read.files == {"a.yaml": {"x": 1}, "deep/b.yaml": {"y": "no"}}
    assert kept(cache).is_file()


def kept(cache: Path) -> Path:
    """The one file of the cache."""
    (found,) = cache.glob("*.rules")
    return found


def aged(folder: Path) -> Path:
    """Make the files old enough for their times to be trusted."""
    for path in folder.rglob("*.yaml"):
        os.utime(path, (1, 1))
    return folder


def altered(path: Path, old: str, new: str) -> None:
    """Write another content of the same length into the cache, with a checksum that holds."""
    head, body = path.read_bytes().split(b"\n", 1)
    said = json.loads(head)
    body = body.replace(old.encode(), new.encode())
    start = 0
    for name, (size, _) in said["sections"].items():
        said["sections"][name] = [size, crc32(body[start : start + size])]
        start += size
    path.write_bytes(json.dumps(said).encode() + b"\n" + body)


@pytest.mark.parametrize("times_hold", [True, False], ids=["by time", "by content"])
def test_the_cache_is_used_and_follows_the_content(
    layer: Callable[[dict[str, str]], Path], cache: Path, *, times_hold: bool
) -> None:
    folder = aged(layer({"a.yaml": "x: 1"}))
    first = read_layer(folder, "mine")
    altered(kept(cache), '"x": 1', '"x": 7')
    if not times_hold:
        os.utime(folder / "a.yaml", (2, 2))
    again = read_layer(folder, "mine")
    assert (again.files, again.digest) == ({"a.yaml": {"x": 7}}, first.digest)
    (folder / "a.yaml").write_text("x: 2")
    second = read_layer(folder, "mine")
    assert second.files == {"a.yaml": {"x": 2}}
    assert second.digest != first.digest


def test_what_is_written_twice_at_once_is_not_taken_for_the_first(
    layer: Callable[[dict[str, str]], Path], cache: Path
) -> None:
    folder = layer({"a.yaml": "x: 1"})
    time = (folder / "a.yaml").stat().st_mtime_ns
    read_layer(folder, "mine")
    (folder / "a.yaml").write_text("x: 2")
    os.utime(folder / "a.yaml", ns=(time, time))
    assert read_layer(folder, "mine").files == {"a.yaml": {"x": 2}}
    assert cache.is_dir()


def test_the_digest_tells_names_and_contents_apart(layer: Callable[[dict[str, str]], Path], cache: Path) -> None:
    folder = layer({"a.yaml": "x: 1", "b.yaml": ""})
    first = read_layer(folder, "mine").digest
    (folder / "a.yaml").rename(folder / "c.yaml")
    assert read_layer(folder, "mine").digest != first
    assert cache.is_dir()


BROKEN = ["", "{", "[]", "null", '"text"', "\x00\xff", "[]\n", "{}\n", '{"format": 3}\n', "[" * 100_000 + "\n"]


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_a_cache_that_cannot_be_read_is_no_cache(
    broken: str, layer: Callable[[dict[str, str]], Path], cache: Path
) -> None:
    folder = aged(layer({"a.yaml": "x: 1"}))
    read_layer(folder, "mine")
    sound = kept(cache).read_bytes()
    kept(cache).write_text(broken, encoding="latin-1")
    assert read_layer(folder, "mine").files == {"a.yaml": {"x": 1}}
    assert kept(cache).read_bytes() == sound


@pytest.mark.parametrize("content", ["x: 1", "x: 2"])
def test_a_cache_that_is_cut_or_changed_is_no_cache(
    content: str, layer: Callable[[dict[str, str]], Path], cache: Path
) -> None:
    folder = aged(layer({"a.yaml": content}))
    read_layer(folder, "mine")
    sound = kept(cache).read_bytes()
    for broken in (sound[:-1], sound.replace(b'"x"', b'"y"'), sound[: sound.index(b"\n") + 1]):
        kept(cache).write_bytes(broken)
        assert read_layer(folder, "mine").files == {"a.yaml": {"x": int(content[-1])}}
        assert read_layer(folder, "mine").files == {"a.yaml": {"x": int(content[-1])}}
        assert kept(cache).read_bytes() == sound


def test_a_cache_of_other_code_keeps_files_alone(
    layer: Callable[[dict[str, str]], Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = aged(layer({"a.yaml": "x: 1"}))
    read = read_layer(folder, "mine").kept
    assert read is not None
    read.keep(read.digest, records={"moves.yaml": Moves(numbers=(), choices=())})
    again = read_layer(folder, "mine").kept
    assert again is not None
    assert again.single("moves.yaml", Moves) == Moves(numbers=(), choices=())
    monkeypatch.setattr(cache_module, "__version__", "another")
    other = read_layer(folder, "mine").kept
    assert other is not None
    assert not other.finished
    assert other.files() == {"a.yaml": {"x": 1}}
    assert cache.is_dir()


def test_records_come_back_as_they_were(layer: Callable[[dict[str, str]], Path], cache: Path, base: RuleBase) -> None:
    folder = aged(layer({"a.yaml": "x: 1"}))
    read = read_layer(folder, "mine").kept
    assert read is not None
    (shipped,) = base.layers
    base = RuleBase((Layer(shipped.root, shipped.label, shipped.digest, shipped.files),), base.facts)
    tables = {kind: base.entries(kind, schema) for kind, schema in (ENTRY_FOLDERS | LIST_KEYS).items()}
    singles = {file: base.single(file, schema) for file, schema in SINGLE_FILES.items()}
    read.keep(read.digest, records=tables | singles)
    again = read_layer(folder, "mine").kept
    assert again is not None
    for kind, schema in (ENTRY_FOLDERS | LIST_KEYS).items():
        assert repr(dict(again.table(kind, schema, dict) or {})) == repr(tables[kind])
    for file, single in SINGLE_FILES.items():
        assert repr(again.single(file, single)) == repr(singles[file])
    assert cache.is_dir()


def test_what_follows_from_records_is_kept_with_them(
    layer: Callable[[dict[str, str]], Path], cache: Path, base: RuleBase
) -> None:
    folder = aged(layer({"moves.yaml": "x: 1"}))
    read = read_layer(folder, "mine").kept
    assert read is not None
    read.keep(read.digest, records={"moves.yaml": Moves(numbers=(), choices=())})
    counted: list[int] = []

    def count(of: RuleBase) -> dict[str, int]:
        counted.append(len(of.moves.numbers))
        return {"numbers": len(of.moves.numbers)}

    for _ in range(3):
        assert RuleBase((read_layer(folder, "mine"),), base.facts).lasting(count) == {"numbers": 0}
    assert counted == [0]
    assert kept(cache).is_file()


def test_a_broken_record_that_is_looked_up_is_made_anew(
    layer: Callable[[dict[str, str]], Path], cache: Path, base: RuleBase
) -> None:
    folder = aged(layer({"a.yaml": "x: 1"}))
    read = read_layer(folder, "mine").kept
    assert read is not None
    sources = dict(base.entries("sources", Source))
    read.keep(read.digest, records={"sources": sources})
    altered(kept(cache), '"!":"Source"', '"!":"Sauces"')
    again = read_layer(folder, "mine").kept
    assert again is not None
    found = again.table("sources", Source, lambda: sources)
    assert found is not None
    assert len(found) == len(sources)
    assert found["seed-article"] == sources["seed-article"]
    with pytest.raises(KeyError):
        found["no such source"]


@pytest.mark.parametrize(
    "hostile",
    ['{"!":"Layer"}', '{"!":"Moves"}', '{"!":"Moves","numbers":[],"choices":[],"x":1}', '{"!":"date","of":"x"}', "[1]"],
)
def test_what_is_no_record_is_not_made_one(hostile: str, layer: Callable[[dict[str, str]], Path], cache: Path) -> None:
    folder = aged(layer({"a.yaml": "x: 1"}))
    read = read_layer(folder, "mine").kept
    assert read is not None
    stand_in = "#" * (len(hostile) - 2)
    read.keep(read.digest, records={"moves.yaml": stand_in})
    altered(kept(cache), f'"{stand_in}"', hostile)
    again = read_layer(folder, "mine").kept
    assert again is not None
    assert again.finished
    assert again.single("moves.yaml", Moves) is None


def test_a_cache_that_cannot_be_written_is_no_error(
    layer: Callable[[dict[str, str]], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder is wanted")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert read_layer(layer({"a.yaml": "x: 1"}), "mine").files == {"a.yaml": {"x": 1}}


def test_a_home_that_is_not_known_is_no_error(
    layer: Callable[[dict[str, str]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> None:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(cache_module.Path, "home", homeless)
    assert read_layer(layer({"a.yaml": "x: 1"}), "mine").files == {"a.yaml": {"x": 1}}


def test_the_cache_keeps_few_files(tmp_path: Path, cache: Path) -> None:
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "a.yaml").write_text("x: 0")
        read_layer(folder, "mine")
    assert len(list(cache.iterdir())) <= 10


def test_a_folder_that_is_none_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(InputError, match="not a directory"):
            read_layer(path, "mine")


def test_what_is_not_yaml_is_a_rule_base_error(layer: Callable[[dict[str, str]], Path]) -> None:
    with pytest.raises(RuleBaseError, match=r"^mine/a\.yaml:2:2: not valid YAML"):
        read_layer(layer({"a.yaml": "x: [1\ny: 2\n"}), "mine")


def test_bytes_that_are_no_text_are_told_with_their_file(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_bytes(b"x: \xff\n")
    with pytest.raises(RuleBaseError, match=r"mine/b\.yaml"):
        read_layer(tmp_path, "mine")
