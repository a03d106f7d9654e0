"""Runs every `$ llama-advisor …` in README and docs; `--write` puts the output under its command."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"```console\n\$ (?P<command>llama-advisor [^\n]*)\n(?P<output>.*?)```\n", re.DOTALL)
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "rules" / "README.md")


def examples(page: Path) -> list[tuple[str, str]]:
    """Return (command, output as printed in the page) of every console block."""
    return [(match["command"], match["output"]) for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


@contextmanager
def checkout() -> Iterator[Path]:
    """Give a folder in which a reader's commands find what is in the checkout, and leave their files."""
    with TemporaryDirectory() as folder:
        for entry in ROOT.iterdir():
            (Path(folder) / entry.name).symlink_to(entry)
        yield Path(folder)


def output_of(command: str) -> str:
    """Run one command as a reader would in the checkout, and return what it prints."""
    with checkout() as folder:
        words = [sys.executable, "-m", "llama_advisor", *shlex.split(command)[1:]]
        run = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


def write(page: Path) -> None:
    """Replace the output under every command of a page by what it prints now."""
    text = page.read_text(encoding="utf-8")
    new = BLOCK.sub(lambda match: f"```console\n$ {match['command']}\n{output_of(match['command'])}```\n", text)
    page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python tests/docs_examples.py --write")
    for found in PAGES:
        if found.exists():
            write(found)
