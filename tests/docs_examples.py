"""Runs every `$ llama-advisor …` in README and docs; `--write` puts the output under its command."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"```console\n\$ (?P<command>llama-advisor [^\n]*)\n(?P<output>.*?)```\n", re.DOTALL)
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "rules" / "README.md")


def examples(page: Path) -> list[tuple[str, str]]:
    """Return (command, output as printed in the page) of every console block."""
    return [(match["command"], match["output"]) for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def output_of(command: str) -> str:
    """Run one command as a reader would in the checkout, and return what it prints; files it writes go elsewhere."""
    arguments = shlex.split(command)[1:]
    with TemporaryDirectory() as folder:
        for entry in ROOT.iterdir():
            (Path(folder) / entry.name).symlink_to(entry)
        run = subprocess.run(
            [sys.executable, "-m", "llama_advisor", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
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
