"""What README and docs show is what the program prints, and what they link to exists."""

from __future__ import annotations

import re
import shlex
import sys
from os.path import normpath
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

sys.path.insert(0, str(Path(__file__).resolve().parent))
from docs_examples import PAGES, ROOT, checkout, examples
from docs_picture import PICTURE, shown, words_of

from llama_advisor.cli.commands import app_for, completed

NAMED = sorted(
    {
        " ".join(command.split())
        for page in PAGES
        if page.exists() and page.name != "changelog.md"
        for command in re.findall(r"`(llama-advisor [^`…]+)`", re.sub(r"(?s)```.*?```", "", page.read_text("utf-8")))
        if not re.search(r"\b[A-Z]{4,}\b|--help", command)
    }
)
"""Commands that a sentence names; words in capitals stand for something."""
SHOWN = [(page.name, command, output) for page in PAGES if page.exists() for command, output in examples(page)]


@pytest.mark.parametrize(("page", "command", "output"), SHOWN, ids=[f"{page}: {command}" for page, command, _ in SHOWN])
def test_shown_output_is_what_the_command_prints(run: Any, page: str, command: str, output: str) -> None:
    with checkout() as folder:
        done = run(*shlex.split(command)[1:], cwd=folder, env={"COLUMNS": "80"})
    assert output == done.stdout + done.stderr, f"{page} is out of date: run python tests/docs_examples.py --write"


def parsed(command: str) -> str:
    """Return the name of the command that the parser finds in a line, whose words it takes; nothing is run."""
    words = completed(shlex.split(command)[1:])
    known: Any = get_command(app_for(words))
    names, context = [known.name], None
    while isinstance(known, TyperGroup) and words:
        context = known.make_context(known.name, words, parent=context)
        name, known, words = known.resolve_command(context, words)
        names.append(name)
    if not isinstance(known, TyperGroup):
        known.make_context(known.name, words, parent=context)
    return " ".join(names)


@pytest.mark.parametrize("command", NAMED, ids=str)
def test_a_command_that_a_sentence_names_can_be_typed(command: str) -> None:
    path = parsed(command)
    assert f"{command} ".startswith(f"{path} ")
    assert path != "llama-advisor"


def test_readme_shows_examples() -> None:
    assert len(examples(ROOT / "README.md")) >= 2


def test_the_picture_shows_what_the_command_prints() -> None:
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown())
    drawn = words_of(PICTURE.read_text(encoding="utf-8"))
    assert "".join(drawn) == "".join(plain.split()), "run python tests/docs_picture.py --write"


def test_readme_says_of_the_accuracy_what_its_page_says() -> None:
    accuracy = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    groups, median, p90 = re.findall(r"\| Decode, unseen device \| (\d+) \| (\d+%) \| (\d+%)", accuracy)[0]
    inside = re.findall(r"\| Decode, all \|.*\| (\d+%) \|", accuracy)[0]
    said = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"median error {median}, 90th percentile {p90}, over {groups} groups" in said
    assert f"{inside} of those readings" in said


@pytest.mark.parametrize("page", [page for page in PAGES if page.exists()], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    site = ROOT / "docs" if page.is_relative_to(ROOT / "docs") else ROOT
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
            assert Path(normpath(page.parent / target)).is_relative_to(site), f"the site of {page.name} lacks {target}"


def test_each_page_stands_in_the_navigation_of_the_site() -> None:
    listed = re.findall(r'"([\w-]+\.md)"', (ROOT / "docs" / "zensical.toml").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(page.name for page in (ROOT / "docs").glob("*.md"))
