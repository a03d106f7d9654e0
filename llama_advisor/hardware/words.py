"""What a text says: which names it holds, how many of each, over how many nodes."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

from llama_advisor.hardware.catalogue import Amount, fold, take_amounts, tokens
from llama_advisor.text.errors import InputError
from llama_advisor.text.record import Record

if TYPE_CHECKING:
    from llama_advisor.hardware.catalogue import Catalogue, Tokens
    from llama_advisor.knowledge.device import Device, Instance

GENERIC = "generic-"
MOST_DEVICES = 100_000
DEVICES_AND_NODES = 2
MOST_BETWEEN = 64
_NUMBERS = {
    word: value
    for value, words in {
        1: "one single",
        2: "two dual double twin pair",
        3: "three triple",
        4: "four quad",
        5: "five",
        6: "six",
        8: "eight",
        10: "ten",
        12: "twelve",
        16: "sixteen",
    }.items()
    for word in words.split()
}
_NUMBER = rf"(?P<number>\d+|{'|'.join(_NUMBERS)})"
_NODE = r"(?:nodes?|servers|hosts|machines|boxes)"
_SPREAD = re.compile(rf"\b(?:over|across|on|in|among)\s+{_NUMBER}\s*-?\s*{_NODE}\b")
_NODES = re.compile(rf"\b{_NUMBER}\s*[-x*]?\s*{_NODE}\b(?:\s*(?:of|with|having|at)\b)?")
_NO_GPU = re.compile(
    r"\b(?:no|without(?: an?| any)?|w/o)\s+(?:dedicated |discrete |nvidia )?"
    r"(?:gpus?|graphics(?: card)?)\b"
    r"|\bcpu[\s-]?only\b"
)
_VARIANT_WORDS = "ti super xt xtx gre max ultra pro plus mini lite se nano nx d h u k p t f g"
_VARIANTS = frozenset(_VARIANT_WORDS.split())
_LAPTOP = frozenset({"laptop", "laptops", "mobile", "notebook"})
_FILLER_WORDS = """
    nvidia geforce amd radeon intel apple samsung google tesla qualcomm raspberry gpu gpus igpu cpu
    card cards graphics sxm pcie hbm nvlink memory ram vram unified ddr gddr x of with and or a an
    the my our some each per s pcs on in have has we i got using use total only no node nodes at is
    are class edition founders fe oc build standard server rig machine system pc desktop laptop
    mobile notebook workstation home gaming old new ml cloud aws azure gcp one single
"""
_FILLER = frozenset(_FILLER_WORDS.split())


class Named(NamedTuple):
    """A name found in a text."""

    spelling: Tokens  # Its tokens.
    devices: tuple[Device, ...]  # Devices it may stand for.
    instance: Instance | None  # The instance it stands for.
    counts: tuple[int, ...]  # Numbers before or after it: one is a count, two are nodes and count.
    suffix: str  # The token behind it when that makes it another device, e.g. `ti`.

    @property
    def generic(self) -> bool:
        """Whether it only says what kind of device there is."""
        return all(device.id.startswith(GENERIC) for device in self.devices) and not self.instance


class Reading(Record):
    """All that a text says about hardware."""

    named: tuple[Named, ...]  # Names, in order.
    amounts: tuple[Amount, ...]  # Amounts of memory, in order.
    nodes: int | None  # Nodes, if said.
    spread: bool  # Whether the count is the sum over the nodes.
    count: int | None  # Count said apart from any name.
    laptop: bool  # Whether a laptop is meant.
    no_gpu: bool  # Whether a GPU is denied.
    either: bool  # Whether names stand for alternatives.
    unread: str  # Words and numbers that no name covers, filler left out.


def read(text: str, catalogue: Catalogue) -> Reading:
    """Read cleaned `text`."""
    rest, amounts = take_amounts(fold(text))
    rest, denials = _NO_GPU.subn(" ", rest)
    nodes, spread = None, False
    if match := _SPREAD.search(rest) or _NODES.search(rest):
        nodes, spread = _number(match["number"]), match.re is _SPREAD and " each" not in rest
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    words = tokens(rest)
    named, free = _find(words, catalogue)
    alone = None
    if not any(name.counts for name in named):
        alone = next((_number(n) for n, sign in itertools.pairwise(free) if sign == "x" and n.isdigit()), None)
    unread = [word for word in free if word not in _FILLER and word not in _NUMBERS]
    return Reading(
        named=named,
        amounts=amounts,
        nodes=nodes,
        spread=spread,
        count=alone,
        laptop=any(word in _LAPTOP for word in words) or ("max", "q") in itertools.pairwise(words),
        no_gpu=bool(denials),
        either="or" in words,
        unread=" ".join(word for word in unread if word != str(alone)),
    )


def _find(words: Tokens, catalogue: Catalogue) -> tuple[tuple[Named, ...], list[str]]:
    """Return the names in `words`, leftmost and longest first, and the words outside them."""
    spans: list[tuple[int, int]] = []
    for start in range(len(words)):
        sizes = range(min(catalogue.longest_name, len(words) - start), 0, -1)
        ends = (start + size for size in sizes if catalogue.knows(words[start : start + size]))
        if (not spans or start >= spans[-1][1]) and (end := next(ends, 0)):
            spans.append((start, end))
    named: list[Named] = []
    free: list[str] = []
    for index, (start, end) in enumerate(spans):
        before = words[(spans[index - 1][1] if index else 0) : start]
        after = words[end : (spans[index + 1][0] if index + 1 < len(spans) else len(words))]
        spelling = words[start:end]
        # One large number between two names is that of a model, as in `EPYC 7302 CPU`.
        model_number = index and len(before) == 1 and before[0].isdigit() and int(before[0]) > MOST_BETWEEN
        ahead = () if model_number else _counts_before(before)
        counts = ahead or _count_after(after)
        suffix = _suffix(after, more=index + 1 < len(spans))
        named.append(Named(spelling, catalogue.devices(spelling), catalogue.instance(spelling), counts, suffix))
        used = ahead or (named[-2].counts if index else ())
        free += [word for word in before if not (used and word.isdigit())]
    rest = words[spans[-1][1] :] if spans else words
    free += [word for word in rest if not (named and named[-1].counts and word.isdigit())]
    return tuple(named), free


def _counts_before(before: Tokens) -> tuple[int, ...]:
    """Read `2 x`, `4 x 4`, `dual`, `pair of`, or a bare number that follows no other word."""
    counts: list[int] = []
    rest = list(before)
    while rest and rest[-1] in _FILLER - {"a", "an", "one", "single"}:
        rest.pop()
    while rest and (number := _number(rest[-1])) is not None:
        rest.pop()
        counts.insert(0, number)
        while rest and rest[-1] in {"x", "of"}:
            rest.pop()
    crossed = "x" in before or "of" in before or any(word in _NUMBERS for word in before)
    if len(counts) > DEVICES_AND_NODES or (not crossed and any(word not in _FILLER for word in rest)):
        return ()
    return tuple(counts)


def _count_after(after: Tokens) -> tuple[int, ...]:
    """Read `x 2` behind a name."""
    sign, number, *_ = [*(word for word in after if word not in {"s", "gpu", "gpus", "card", "cards"}), "", ""]
    return (int(number),) if sign == "x" and number.isdigit() else ()


def _suffix(after: Tokens, *, more: bool) -> str:
    """Return the token that makes the name before it another device; a count is none."""
    if not after or after[:2] == ("max", "q") or after[1:2] == ("x",):
        return ""
    number = after[0][0].isdigit()
    return after[0] if after[0] in _VARIANTS or (number and not (more and len(after) == 1)) else ""


def _number(word: str) -> int | None:
    if word in _NUMBERS:
        return _NUMBERS[word]
    if not word.isdigit():
        return None
    if not 0 < int(word) <= MOST_DEVICES:
        raise InputError(f"hardware: {word[:20]} devices are out of range (1 to {MOST_DEVICES})")
    return int(word)
