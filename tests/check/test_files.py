"""Files as they are found: limits, links, patterns, and which project files a command means."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import pytest

from llama_advisor.check.files import (
    covers,
    file_text,
    files_below,
    leads_out,
    leaves_folder,
    lock_path,
    matches,
    matching,
    own_files,
    project_files,
    refuse_link_out,
    repository_root,
    rewrite,
    shown_name,
    with_selector,
)
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Lay out files in a folder, which is the current one then."""
    monkeypatch.chdir(tmp_path)

    def laid(*names: str) -> Path:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(name, encoding="utf-8")
        return tmp_path

    return laid


@pytest.mark.parametrize(
    ("content", "limit", "told"),
    [
        (b"abc", 3, "abc"),
        (b"abcd", 3, "file is larger than 0 MB!"),
        (BOM_UTF8 + "ü".encode(), 9, "ü"),
        (b"ab\xffc", 9, "not UTF-8 text (byte 2)!"),
        (b"a\x00b", 9, "not text (it holds a zero byte)!"),
    ],
)
def test_a_file_is_text_within_limits(content: bytes, limit: int, told: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    if told.endswith("!"):
        with pytest.raises(InputError, match=f"^{re.escape(told[:-1])}$"):
            file_text(path, limit)
    else:
        assert file_text(path, limit) == told


def test_what_is_written_anew_keeps_its_mark(tmp_path: Path) -> None:
    for mark in (b"", BOM_UTF8):
        path = tmp_path / "a"
        path.write_bytes(mark + b"old")
        rewrite(path, "ü")
        assert path.read_bytes() == mark + "ü".encode()
    gone = tmp_path / "no" / "a"
    with pytest.raises(InputError, match=f"^{re.escape(str(gone))}: No such file or directory$"):
        rewrite(gone, "")


def test_a_link_may_lead_about_its_repository_and_no_further(tree: Callable[..., Path]) -> None:
    root = tree("work/.git/HEAD", "work/a/f", "work/b/f", "out/f", "own/f")
    for name, target in (("work/a/in", "../b/f"), ("work/a/out", "../../out/f"), ("own/out", "../out/f")):
        (root / name).symlink_to(target)
    for name in ("work/a/f", "work/a/in"):
        refuse_link_out(root / name)
    refuse_link_out(root / "work/a/in", root / "work")
    for path, folder in (("work/a/out", None), ("own/out", None), ("work/a/in", root / "work/a")):
        with pytest.raises(InputError, match=r"^a link out of its folder$"):
            refuse_link_out(root / path, folder)
    assert repository_root(root / "work/a") == (root / "work").resolve()
    assert repository_root(root / "work") == (root / "work").resolve()
    assert repository_root(root / "own") is None
    assert not leads_out(root, root / "a\x00b")


def test_a_file_is_shown_from_where_the_check_runs(tree: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree("a/b/c")
    assert [shown_name(path) for path in (Path("a/b/c"), root / "a/b\n", root.parent / "x")] == [
        "a/b/c",
        "a/b ",
        (root.parent / "x").as_posix(),
    ]
    monkeypatch.chdir(root / "a")
    assert shown_name(root / "a/b/c") == "b/c"


def test_which_project_files_are_meant(tree: Callable[..., Path]) -> None:
    assert project_files(()) == [Path("llama-advisor.yaml")]
    tree("llama-advisor.yml", "b/llama-advisor.yml", "b/a/llama-advisor.yaml", "b/other.yaml", "own.yaml", "c/x")
    assert project_files(()) == [Path("llama-advisor.yml")]
    tree("llama-advisor.yaml", "b/.github/workflows/llama-advisor.yml", "b/venv/llama-advisor.yaml")
    assert project_files(()) == [Path("llama-advisor.yaml")]
    below = [Path("b/a/llama-advisor.yaml"), Path("b/llama-advisor.yml")]
    assert project_files(("own.yaml", "b", "b/llama-advisor.yml", "none.yaml")) == [
        Path("own.yaml"),
        *below,
        Path("none.yaml"),
    ]
    assert project_files(("a\x00b",)) == [Path("a\x00b")]
    none = r"^c: no llama-advisor\.yaml in this folder or below it; `llama-advisor init` writes one$"
    with pytest.raises(InputError, match=none):
        project_files(("b", "c"))
    project = Path("b/own.yaml")
    assert lock_path(project) == Path("b/own.lock")
    assert own_files(project) == {project, Path("b/own.lock"), Path("b/llama-advisor.schema.json")}


def test_files_below_a_folder_come_in_order_and_links_to_folders_are_not_followed(tree: Callable[..., Path]) -> None:
    root = tree("b/z", "b/a", "a/x", "c", ".git/d", "b/node_modules/e", "b/.hidden", "kept/skip", "d/skip/f")
    (root / "link").symlink_to("b")
    (root / "also").symlink_to("c")

    def found(ignored: Callable[[str], bool]) -> list[str]:
        return [path.relative_to(root).as_posix() for path in files_below(root, ignored)]

    everything = ["also", "c", "a/x", "b/.hidden", "b/a", "b/z", "d/skip/f", "kept/skip"]
    assert [path.relative_to(root).as_posix() for path in files_below(root)] == everything
    assert found(lambda name: name.endswith("skip/")) == [name for name in everything if name != "d/skip/f"]
    assert found({"b/", "c", "a"}.__contains__) == ["also", "a/x", "d/skip/f", "kept/skip"]


@pytest.mark.parametrize(
    ("pattern", "leaves"),
    [
        ("a/b", False),
        ("a..b", False),
        ("./a", False),
        ("a/b:c", False),
        ("*/x", False),
        ("in/x", False),
        ("/a", True),
        ("\\a", True),
        ("~/a", True),
        ("..", True),
        ("a/../b", True),
        ("a\\..\\b", True),
        ("c:/a", True),
        ("up", True),
        ("up/x", True),
        ("up/*.sh", True),
        ("*/up/x", False),
        ("a\x00b", False),
    ],
)
def test_a_pattern_stays_in_its_folder(pattern: str, leaves: bool, tree: Callable[..., Path]) -> None:
    tree("work/a/b", "out/x")
    Path("work/up").symlink_to("../out")
    Path("work/in").symlink_to("a")
    assert leaves_folder(Path("work"), pattern) is leaves


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("a.yaml", ("a.yaml", None)),
        ("a.yaml#bot", ("a.yaml", "bot")),
        ("a#b.yaml", ("a#b.yaml", None)),  # there is a file of that name
        ("a#b.yaml#bot", ("a#b.yaml", "bot")),
        ("*#b.yaml", ("*#b.yaml", None)),
        ("#bot", ("#bot", None)),
        ("../a#b.yaml", ("../a", "b.yaml")),
    ],
)
def test_what_a_pattern_selects_stands_behind_its_last_hash(
    pattern: str, parts: tuple[str, str | None], tree: Callable[..., Path]
) -> None:
    tree("work/a.yaml", "work/a#b.yaml", "a#b.yaml")
    assert with_selector(Path("work"), pattern) == parts


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("a.sh", ["a.sh"]),
        ("./a.sh", ["a.sh"]),
        ("b", ["b/c/e.sh", "b/d.sh"]),
        ("b/", ["b/c/e.sh", "b/d.sh"]),
        ("none.sh", []),
        ("*.sh", ["a.sh"]),
        ("?.sh", ["a.sh"]),
        ("b/*.sh", ["b/d.sh"]),
        ("b/*/*.sh", ["b/c/e.sh"]),
        ("b\\c\\e.sh", ["b/c/e.sh"]),
        ("**/*.sh", ["a.sh", "b/c/e.sh", "b/d.sh"]),
        ("b/**", ["b/c/e.sh", "b/d.sh"]),
        ("**/e.sh", ["b/c/e.sh"]),
        ("b/**/e.sh", ["b/c/e.sh"]),
        ("**", ["[x].py", "a.sh", "b/c/e.sh", "b/d.sh"]),
        ("*/d.sh", ["b/d.sh"]),
        ("none/*.sh", []),
        ("[x].*", ["[x].py"]),
        ("a\x00b", []),
    ],
)
def test_which_files_a_pattern_names(pattern: str, files: list[str], tree: Callable[..., Path]) -> None:
    root = tree("a.sh", "b/c/e.sh", "b/d.sh", "[x].py")
    assert sorted(path.relative_to(root).as_posix() for path in matching(root, pattern)) == files


def test_one_file_more_than_the_most_tells_that_there_are_more(
    tree: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llama_advisor.check.files.MOST_FILES", 3)
    root = tree(*(f"{number}.sh" for number in range(6)))
    assert [path.name for path in matching(root, "*.sh")] == ["0.sh", "1.sh", "2.sh", "3.sh"]


@pytest.mark.parametrize(
    ("names", "parts", "fits"),
    [
        ("a b", "a b", True),
        ("a b", "a", False),
        ("a", "a b", False),
        ("a b c", "a ** c", True),
        ("a c", "a ** c", True),
        ("a b c d", "a ** c", False),
        ("a b c", "**", True),
        ("", "**", True),
        ("", "a", False),
        ("", "", True),
        ("a", "", False),
        ("a b a c", "** a c", True),
        ("ab", "a?", True),
        ("abc", "a?", False),
        ("a b", "** **", True),
        ("A", "a", False),
        ("a b c d", "** b ** d", True),
        ("a b d c", "** b ** d", False),
        ("a", "[a]", False),
        ("[a]", "[a]", True),
    ],
)
def test_names_match_the_parts_of_a_pattern(names: str, parts: str, fits: bool) -> None:
    assert matches(names.split(), parts.split()) is fits


@pytest.mark.parametrize(
    ("patterns", "path", "covered"),
    [
        (("a",), "a/b/c", True),
        (("a/b",), "a/b", True),
        (("b",), "a/b", False),
        (("**/b",), "a/b/c", True),
        (("x", "a/*"), "a/b", True),
        (("x/./a/",), "x/a/c", True),
        ((), "a", False),
    ],
)
def test_a_pattern_covers_what_lies_below_it(patterns: tuple[str, ...], path: str, covered: bool) -> None:
    assert covers(patterns, PurePath(path)) is covered
