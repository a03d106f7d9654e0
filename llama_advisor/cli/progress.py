"""How far long work has come: one line on standard error that overwrites itself, on a terminal only."""

from __future__ import annotations

import sys

WIDTH = 40


def progress(text: str) -> None:
    """Show `text`; an empty one clears the line."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text[:WIDTH]:<{WIDTH}}" + ("" if text else "\r"))
        sys.stderr.flush()


def count(done: int, of: int, what: str) -> None:
    """Show `3 of 12 cells`; when all are done the line is cleared."""
    progress(f"{done} of {of} {what}" if done < of else "")
