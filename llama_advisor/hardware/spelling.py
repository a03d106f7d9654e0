"""Text as people write it: cleaned, cut into tokens, with its amounts of memory taken out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from llama_advisor.text.errors import InputError

MemoryKind = Literal["plain", "gpu", "ram"]

LONGEST_TEXT = 400
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|(?<=\d)x(?=[a-z0-9])(?!tx?\b|large)|[a-z]+")
_INSTANCE_SIZE = re.compile(r"\.(?=\d*(?:xlarge|metal))")
_CORES = re.compile(
    r"\b\d+\s*-?\s*(?:vcpus?|cpus|cores?)\b(?:\s*(?:gpu|cpu)\b)?"
    r"|(?:(?<=max )|(?<=pro )|(?<=ultra )|(?<=\bm\d ))\d+\s*c\b(?:\s*(?:gpu|cpu)\b)?"
)
_MEMORY = re.compile(
    r"(?<![\d.])(\d+(?:\.\d+)?)\s*-?\s*(tib|tb|gib|gb|gigs?|gbytes|mib|mb)(?![a-z0-9])"
    r"|(?<![\d.a-z-])(\d\d?|1\d\d|256|512)\s?(g)(?![a-z0-9])"
)
_NO_NAME = re.compile(r"\b(?:[345]g|20[12]\d)\b")  # radio generations and years
_GIB = {"t": 1024.0, "g": 1.0, "m": 1 / 1024}
_TOTAL = r"(?:in\s+total|total|combined|altogether)"
_AFTER = re.compile(
    rf"[\s(]*(?:of\s+)?(?P<total>{_TOTAL}\s+)?(?:shared\s+|unified\s+)?"
    r"(?:(?P<gpu>vram|gpu memory|gpu ram|gpus?|hbm\w*|gddr\w*|video memory"
    r"|graphics cards?|cards?)\b"
    r"|(?P<ram>(?:system|host|cpu|main|free)?\s*(?:ram|lpddr\w*|ddr\w*|dram|memory))\b"
    r"|(?P<disk>ssd|nvme|disk|storage|hdd)\b)?"
    rf"(?:\s*(?P<each>each|per gpu|per card))?(?:\s*(?P<sum>{_TOTAL})\b)?"
)
_BEFORE = re.compile(r"(?:(?P<gpu>vram|gpu memory)|(?P<ram>ram|memory))\s*(?:of|[:=])?\s*\(?$")
_ADDED = re.compile(r"(?:[+&,]|\band|\bplus|\bwith)\s*$")
_TOTAL_BEFORE = re.compile(r"(?:=|\btotal(?:ling)?(?: of)?)\s*$")


@dataclass(frozen=True)
class Amount:
    """An amount of memory in a text."""

    gib: float  # GiB; marketed GB count as GiB.
    kind: MemoryKind  # What the words beside it call it.
    total: bool = False  # Whether it is said to be the sum over devices.
    added: bool = False  # Whether it follows a comma, a plus sign or an `and`.


def clean(text: str) -> str:
    """Return `text` on one line without control characters; raise InputError when too long."""
    if len(text) > LONGEST_TEXT:
        raise InputError(f"hardware: longer than {LONGEST_TEXT} characters")
    plain = unicodedata.normalize("NFKC", _ESCAPE.sub("", text))
    spaced = (" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in plain)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) != "Cf").split())


def fold(text: str) -> str:
    """Return cleaned text in lower case, `×` as `x`, without core counts, years and `5G`."""
    lowered = text.casefold().replace("×", "x").replace("✕", "x")
    return _CORES.sub(" ", _INSTANCE_SIZE.sub(" ", _NO_NAME.sub(" ", lowered)))


def tokens(text: str) -> tuple[str, ...]:
    """Cut folded text where letters meet digits, after the x of `8xh100`, and at other signs."""
    return tuple(_TOKEN.findall(text))


def name_tokens(name: str) -> tuple[str, ...]:
    """Return the tokens of a device's name, amounts of memory left out."""
    folded = name.casefold()
    return tokens(take_amounts(fold(folded))[0] if " gb" in folded else folded)


def take_amounts(text: str) -> tuple[str, tuple[Amount, ...]]:
    """Return folded text without its amounts of memory, and the amounts in order."""
    kept: list[str] = []
    amounts: list[Amount] = []
    end = 0
    for match in _MEMORY.finditer(text):
        before = text[end : match.start()]
        after = _AFTER.match(text, match.end())
        words = after.groupdict() if after else {}
        if not words.get("disk"):
            amounts.append(_amount(match, before, words))
        kept += [before, " gpu " if words.get("gpu") else " "]
        end = after.end() if after else match.end()
    return "".join(kept) + text[end:], tuple(amounts)


def _amount(match: re.Match[str], before: str, words: dict[str, str | None]) -> Amount:
    gib = float(match[1] or match[3]) * _GIB[(match[2] or match[4])[0]]
    if not 0 < gib < 10**6:
        raise InputError(f'hardware: "{match[0]}" is no amount of memory')
    total = bool(words.get("total") or words.get("sum") or _TOTAL_BEFORE.search(before))
    return Amount(
        gib,
        _kind(before, words),
        total=total and not words.get("each"),
        added=bool(_ADDED.search(before)),
    )


def _kind(before: str, words: dict[str, str | None]) -> MemoryKind:
    if words.get("gpu"):
        return "gpu"
    if words.get("ram"):
        return "ram"
    said = _BEFORE.search(before)
    return "plain" if not said else "gpu" if said["gpu"] else "ram"
