"""Where a sentence speaks of hardware."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, pairwise

from llama_advisor.hardware.words import AFTER, CORES, FILLER, MEMORY, NO_GPU, NUMBERS, TOKEN, Catalogue
from llama_advisor.knowledge.device import Device

_BREAK = re.compile(r"[.;:?!()|](?!\d)")


def mentions(text: str, catalogue: Catalogue) -> Iterator[tuple[int, int, tuple[Device, ...]]]:
    """Yield where a text in lower case speaks of hardware, with counts, and the devices named there, if any.

    What was read otherwise is struck out with `|`, which parts as the end of a statement does.
    """
    found = [*TOKEN.finditer(text)]
    words = tuple(_singular(match[0], catalogue) for match in found)
    named: dict[int, tuple[Device, ...]] = {}
    for start in range(len(words)):
        ends = range(min(start + catalogue.longest_name, len(words)), start, -1)
        for end in ends if start not in named else ():
            devices = catalogue.devices(words[start:end])
            if devices or catalogue.instances(words[start:end]):
                named |= dict.fromkeys(range(start, end), devices)
                break
    for match in chain.from_iterable(pattern.finditer(text) for pattern in (MEMORY, NO_GPU, CORES)):
        after = AFTER.match(text, match.end()) if match.re is MEMORY else None
        stop = after.end() if after else match.end()
        inside = (index for index, token in enumerate(found) if match.start() <= token.start() < stop)
        named |= {index: named.get(index, ()) for index in inside}
    number = [word.isdigit() or NUMBERS.get(word, 0) > 1 for word in words]
    joined = [index in named or number[index] or word in FILLER for index, word in enumerate(words)]
    apart = [True, *(_BREAK.search(text, one.end(), two.start()) is not None for one, two in pairwise(found))]
    last = -1  # token that was told
    for first in sorted(named):
        if first <= last:
            continue
        start, last = first, first
        while not apart[start] and joined[start - 1]:
            start -= 1
        start = next((index for index in range(start, first) if number[index]), first)
        for index in range(first + 1, len(words)):
            if apart[index] or not joined[index]:
                break
            last = index if index in named else last
        devices = tuple(device for index in range(first, last + 1) for device in named.get(index, ()))
        yield found[start].start(), found[last].end(), devices


def _singular(word: str, catalogue: Catalogue) -> str:
    """Return a word, of several devices the name of one."""
    return word[:-1] if word[-1] == "s" and word[1:] and catalogue.devices((word[:-1],)) else word
