"""The one family of errors: each is one line in the user's words, and knows its exit code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

SHORTEST_BEGINNING = 3
ABBREVIATION = 3
SHOWN = 40


class AdvisorError(Exception):
    """Something a user can act on; `str()` is the whole message, one line."""

    exit_code = 2


class InputError(AdvisorError):
    """A flag, a file or a batch line is wrong (exit 2)."""


class PlacedError(InputError):
    """A file is wrong at one place: what is wrong, and from which character to which."""

    def __init__(self, message: str, what: str, start: int, end: int) -> None:
        super().__init__(message)
        self.what = what
        self.start = start
        self.end = end


class RuleBaseError(AdvisorError):
    """The content of the rule base is wrong (exit 3)."""

    exit_code = 3


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6, see: str = "") -> str:
    """Return `; nearest: x` for the known name that begins so, is shortened so or is closest, else all known names.

    Where they are too many for a line, `see` names the command that lists them.
    """
    names = sorted(known)
    folded = {item.casefold(): item for item in reversed(names)}
    wanted = name.casefold()
    begun = [item for item in folded if len(wanted) >= SHORTEST_BEGINNING and item.startswith(wanted)]
    short = re.compile(".*".join(map(re.escape, wanted))) if 1 < len(wanted.lstrip("-")) <= ABBREVIATION else None
    meant = [item for item in folded if short and short.match(item)]
    close = begun or meant or get_close_matches(wanted, folded, n=1, cutoff=cutoff)
    if close:
        return f"; nearest: {folded[min(close, key=len)]}"
    if len(names) > SHOWN:
        return f"; see: llama-advisor {see}" if see else ""
    return f"; known: {', '.join(names)}" if names else ""
