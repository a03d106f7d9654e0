"""Draws the README's picture, `docs/answer.svg`: what one command prints on a terminal; `--write` puts it in place."""

from __future__ import annotations

import io
import re
import sys
from html import unescape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from docs_examples import ROOT, output_of
from rich.console import Console
from rich.text import Text

PICTURE = ROOT / "docs" / "answer.svg"
COMMAND = (
    'llama-advisor recommend --use-case coding --hardware "2x RTX 3090" --context 32k --as-of 2026-11-24 --color always'
)
HIDDEN = re.compile(r" --as-of \S+| --color \S+")
"""Options that keep the picture the same on every day and in every place: a reader types neither."""
SECTION = "\n\n\x1b[1mCaveats"
"""Where the first screen ends."""


def shown() -> str:
    """Return the command and its first screen, with the codes of a terminal."""
    screen, end, _ = output_of(COMMAND).partition(SECTION)
    if not end:
        sys.exit(f"the answer has no section {SECTION!r}")
    return f"\x1b[32m$\x1b[0m {HIDDEN.sub('', COMMAND)}\n\n{screen}"


def drawn(text: str) -> str:
    """Return a picture of the text, in 84 columns."""
    console = Console(record=True, width=84, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text), soft_wrap=True)
    return console.export_svg(title="llama-advisor", unique_id="answer")


def words_of(picture: str) -> list[str]:
    """Return the words that a picture shows, in their order."""
    lines = re.findall(r"<text[^>]*>(.*?)</text>", picture.partition('-matrix">')[2])
    return unescape(" ".join(lines)).replace("\xa0", " ").split()


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python tests/docs_picture.py --write")
    PICTURE.write_text(drawn(shown()), encoding="utf-8")
