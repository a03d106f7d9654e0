"""Figures as people read them."""

from __future__ import annotations

SIGNIFICANT = 3


def number(value: float | None) -> str:
    """Write a figure with three significant digits, thousands separated; nothing where it is not known."""
    if value is None:
        return ""
    digits = max(0, SIGNIFICANT - len(str(int(value))))
    return f"{value:,.{digits}f}"
