"""Folders of rules: laid one over the other by id, cached by content, a broken cache ignored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.knowledge import layers
from llama_advisor.knowledge.layers import merged, read_layer
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
    assert list(cache.glob("*.json"))


def test_the_cache_is_used_and_follows_the_content(layer: Callable[[dict[str, str]], Path], cache: Path) -> None:
    folder = layer({"a.yaml": "x: 1"})
    first = read_layer(folder, "mine")
    kept = cache / f"{first.digest}.json"
    assert json.loads(kept.read_text()) == first.files
    kept.write_text(json.dumps({"a.yaml": {"x": "from the cache"}}))
    assert read_layer(folder, "mine").files == {"a.yaml": {"x": "from the cache"}}
    (folder / "a.yaml").write_text("x: 2")
    second = read_layer(folder, "mine")
    assert second.files == {"a.yaml": {"x": 2}}
    assert second.digest != first.digest


def test_the_digest_tells_names_and_contents_apart(layer: Callable[[dict[str, str]], Path], cache: Path) -> None:
    folder = layer({"a.yaml": "x: 1", "b.yaml": ""})
    first = read_layer(folder, "mine").digest
    (folder / "a.yaml").rename(folder / "c.yaml")
    assert read_layer(folder, "mine").digest != first
    assert cache.is_dir()


@pytest.mark.parametrize("broken", ["", "{", "[]", "null", '"text"', "\x00\xff"])
def test_a_cache_that_cannot_be_read_is_no_cache(
    broken: str, layer: Callable[[dict[str, str]], Path], cache: Path
) -> None:
    folder = layer({"a.yaml": "x: 1"})
    kept = cache / f"{read_layer(folder, 'mine').digest}.json"
    kept.write_text(broken, encoding="latin-1")
    assert read_layer(folder, "mine").files == {"a.yaml": {"x": 1}}
    assert json.loads(kept.read_text()) == {"a.yaml": {"x": 1}}


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
    monkeypatch.setattr(layers.Path, "home", homeless)
    assert read_layer(layer({"a.yaml": "x: 1"}), "mine").files == {"a.yaml": {"x": 1}}


def test_the_cache_keeps_few_files(layer: Callable[[dict[str, str]], Path], cache: Path) -> None:
    folder = layer({"a.yaml": "x: 0"})
    for number in range(20):
        (folder / "a.yaml").write_text(f"x: {number}")
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
