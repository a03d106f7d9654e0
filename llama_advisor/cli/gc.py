"""How often unreachable objects are looked for: a command is over before it pays to look as often as usual."""

from __future__ import annotations

import gc

EVERY = 200_000
"""Objects between two collections of the youngest."""


def collect_seldom() -> None:
    """Look for unreachable objects seldom, in this process."""
    gc.set_threshold(EVERY, 50, 50)
