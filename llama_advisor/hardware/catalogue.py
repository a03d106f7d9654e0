"""How hardware is spelled: text cut into tokens, its amounts of memory taken out, and what is known by its tokens."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from llama_advisor.text.errors import InputError, nearest

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.device import Device, Instance

Tokens = tuple[str, ...]

MemoryKind = Literal["plain", "gpu", "ram"]
_NAMED: tuple[MemoryKind, ...] = ("gpu", "ram")

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


class Amount(NamedTuple):
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


def tokens(text: str) -> Tokens:
    """Cut folded text where letters meet digits, after the x of `8xh100`, and at other signs."""
    return tuple(_TOKEN.findall(text))


def name_tokens(name: str) -> Tokens:
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
            gib = float(match[1] or match[3]) * _GIB[(match[2] or match[4])[0]]
            if not 0 < gib < 10**6:
                raise InputError(f'hardware: "{match[0]}" is no amount of memory')
            kinds = (words, said.groupdict() if (said := _BEFORE.search(before)) else {})
            kind: MemoryKind = next((name for named in kinds for name in _NAMED if named.get(name)), "plain")
            total = bool(words.get("total") or words.get("sum") or _TOTAL_BEFORE.search(before))
            added = bool(_ADDED.search(before))
            amounts.append(Amount(gib, kind, total=total and not words.get("each"), added=added))
        kept += [before, " gpu " if words.get("gpu") else " "]
        end = after.end() if after else match.end()
    return "".join(kept) + text[end:], tuple(amounts)


class Catalogue:
    """Known devices and instances of a rule base, found by the tokens of each name and alias."""

    def __init__(self, base: RuleBase) -> None:
        self.by_id = base.devices
        self._instances = base.instances
        spellings = base.lasting(_spellings)
        self._devices_named: dict[str, list[str]] = spellings["devices"]
        self._instance_named: dict[str, str] = spellings["instances"]
        self.longest_name: int = spellings["longest"]

    def devices(self, spelling: Tokens) -> tuple[Device, ...]:
        """Devices of that name, amounts of memory left out."""
        return tuple(self.by_id[name] for name in self._devices_named.get(" ".join(spelling), ()))

    def instance(self, spelling: Tokens) -> Instance | None:
        """The instance of that name."""
        name = self._instance_named.get(" ".join(spelling))
        return None if name is None else self._instances[name]

    def knows(self, spelling: Tokens) -> bool:
        """Whether it is the name of a device or an instance."""
        name = " ".join(spelling)
        return name in self._devices_named or name in self._instance_named

    def suggestion(self, text: str) -> str:
        """Return `; nearest: x`, or where to look when nothing is near: devices by name, instances by id."""
        close = nearest(text, {*(device.name for device in self.by_id.values()), *self._instances})
        return close if "nearest" in close else "; see: llama-advisor hardware list"


def _spellings(base: RuleBase) -> dict[str, Any]:
    """Ids by the tokens of each spelling, joined by blanks, and the most tokens of one; whatever order entries have."""
    named: dict[str, list[str]] = {}
    for name, device in sorted(base.devices.items()):
        for spelling in {name_tokens(device.name), *(tokens(alias.casefold()) for alias in device.aliases)} - {()}:
            named.setdefault(" ".join(spelling), []).append(name)
    others = {
        " ".join(tokens(fold(text))): name
        for name, instance in sorted(base.instances.items())
        for text in (name, *instance.aliases)
    }
    longest = max((len(spelling.split()) for spelling in (*named, *others)), default=0)
    return {"devices": named, "instances": others, "longest": longest}


def catalogue_of(base: RuleBase) -> Catalogue:
    """Return the devices and instances of a rule base, made once."""
    return base.kept(Catalogue)
