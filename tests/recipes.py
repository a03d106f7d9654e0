"""The recipes of docs/contributing.md: what each makes, in a layer or as a patch, and what a command prints then."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "contributing.md"
FOLDER = "llama-advisor.d"
_RECIPE = re.compile(
    r"^### (?P<name>[^\n]+)\n(?P<words>(?:(?!^###? ).)*?)"
    r"```(?:yaml\n# llama-advisor\.d/(?P<file>\S+)|diff)\n(?P<content>.*?)```\n\n"
    r"```sh\n(?:printf '(?P<typed>[^\n]*)' \| )?"
    r"llama-advisor (?P<command>[^\n]+)\n```\n\nIt prints `(?P<printed>[^`]+)`",
    re.DOTALL | re.MULTILINE,
)
PARTS = ("llama_advisor", "rules", "tests", "docs", "pyproject.toml")


class Recipe(NamedTuple):
    """One recipe as the page has it."""

    name: str
    file: str | None
    """What it makes in a layer; None where it is a patch of the repository."""
    content: str
    command: str
    printed: str
    typed: str | None
    """What is piped into it."""

    def shown(self, text: str) -> bool:
        """Whether an output holds what is to be printed; lines are wrapped, so blanks do not count."""
        return "".join(self.printed.split()) in "".join(text.split())


RECIPES = {
    match["name"]: Recipe(**{name: match[name] for name in Recipe._fields})
    for match in _RECIPE.finditer(PAGE.read_text(encoding="utf-8"))
}


def copied(folder: Path) -> Path:
    """Copy the repository into a folder, as far as its tests of rules and code read it."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".site"))
        else:
            shutil.copy2(ROOT / part, folder / part)
    return folder


def patched(folder: Path, patch: str) -> None:
    """Apply a patch to a copy; AssertionError with the reason where it does not fit."""
    ceiling = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)}
    command = ["git", "apply", "-"]
    done = subprocess.run(command, cwd=folder, env=ceiling, input=patch, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
