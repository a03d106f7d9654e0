"""Hardware as people write it: amounts taken out, names found with how many of each, different cards joined."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Device, Instance, Machine
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.record import Record
from llama_advisor.text.tables import table

Tokens = tuple[str, ...]

MemoryKind = Literal["plain", "gpu", "ram"]
_NAMED: tuple[MemoryKind, ...] = ("gpu", "ram")

LONGEST_TEXT = 400
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TOKEN = re.compile(r"[\d#]+(?:\.\d+)?|(?<=\d)x(?=[a-z0-9])(?!tx?\b|large)|[a-z]+")
_DIGITS = re.compile(r"[\d#.]+")
_INSTANCE_SIZE = re.compile(r"\.(?=\d*(?:xlarge|metal))")
_CORES = re.compile(
    r"\b\d+\s*-?\s*(?:(?P<virtual>vcpus?|vcores?)|o?cpus|ocpu|cores?)\b(?:\s*(?:gpu|cpu)\b)?"
    r"|(?:(?<=max )|(?<=pro )|(?<=ultra )|(?<=\bm\d ))\d+\s*c\b(?:\s*(?:gpu|cpu)\b)?"
)
_CORES_SAID = re.compile(r"\b(\d{1,3})\s*-?\s*(?:[vo]?cpus?|v?cores?)\b(?!\s*gpu)")
_MEMORY = re.compile(
    r"(?<![\d.])(\d+(?:\.\d+)?)\s*-?\s*(tib|tb|gib|gb|gigs?|gbytes|mib|mb)(?![a-z0-9])"
    r"|(?<![\d.a-z-])(\d\d?|1\d\d|256|512)\s?(g)(?![a-z0-9]|\.\d)"
)
_NO_NAME = re.compile(r"\b[345]g\b(?!\.\d)|\b\d\d(?:\.\d)?[\s-]?(?:inch(?:es)?\b|[\"”″])")  # of radio and screens
_YEAR = re.compile(r"20[012]\d")
_SLICED = re.compile(  # memory of the whole beside its slice
    r"\b\d+\s?gb\b(?!\s*(?:of )?ram)(?=[^+]*\b\dg\.\d+gb)"
    r"|(?P<slice>\b\dg\.\d+gb[^+,]*?[a-z]\d+)[\s-]*\d+\s?gb\b(?!\s*(?:of )?ram)"
)
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
GENERIC = "generic-"
MOST_DEVICES = 100_000
DEVICES_AND_NODES = 2
MOST_BETWEEN = 64
_WORDS = table(__file__)
_NUMBERS = {word: int(value) for value, words in _WORDS["numbers"].items() for word in words.split()}
_NUMBER = rf"(?P<number>\d+|{'|'.join(_NUMBERS)})"
_NODE = r"(?:nodes?|servers|hosts|machines|boxes)"
_SPREAD = re.compile(rf"\b(?:over|across|on|in|among)\s+{_NUMBER}\s*-?\s*{_NODE}\b")
_NODES = re.compile(rf"\b{_NUMBER}\s*[-x*]?\s*{_NODE}\b(?:\s*(?:of|with|having|at)\b)?")
_BUS = re.compile(  # memory channels, and the rate of the memory in MT/s
    rf"\b{_NUMBER}[\s-]*channels?\b(?:\s+of\b)?|\bddr[2-5][\s@-]*(?P<rate>\d{{4}})\b(?:\s*(?:mhz|mt/?s))?"
)
_NO_GPU = re.compile(
    r"\b(?:no|without(?: an?| any)?|w/o)\s+(?:dedicated |discrete |nvidia )?"
    r"(?:gpus?|graphics(?: card)?)\b"
    r"|\bcpu[\s-]?only\b"
)
_VARIANTS, _LAPTOP, _CARDS, _FILLER, _SCREENS = (
    frozenset(" ".join(_WORDS[name]).split()) for name in ("variants", "laptop", "cards", "filler", "screens")
)
_WITH_SCREEN = frozenset({"apple-silicon", "phone"})
_GPU_CARDS = frozenset({"consumer-gpu", "workstation-gpu", "datacentre-gpu"})
_BETWEEN = re.compile(r"\s*(?:[+&,]|\b(?:and|plus|with)\b)(?!\s*mig\b)\s*", re.IGNORECASE)


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
    """Return cleaned text in lower case, `×` as `x`, without core counts, sizes of screens and `5G`."""
    lowered = text.casefold().replace("×", "x").replace("✕", "x")
    lowered = _SLICED.sub(lambda match: match["slice"] or " ", lowered)
    lowered = _INSTANCE_SIZE.sub(" ", _NO_NAME.sub(" ", lowered))
    return _CORES.sub(lambda match: " vcpu " if match["virtual"] else " ", lowered)


def tokens(text: str) -> Tokens:
    """Cut folded text where letters meet digits, after the x of `8xh100`, and at other signs."""
    return tuple(_TOKEN.findall(text))


def name_tokens(name: str) -> Tokens:
    """Return the tokens of a device's name, amounts of memory left out."""
    folded = name.casefold()
    return tokens(take_amounts(fold(folded))[0] if " gb" in folded else folded)


def bus(text: str) -> tuple[int | None, int | None]:
    """Return the memory channels and the transfer rate in MT/s that folded text states."""
    said = {key: word for match in _BUS.finditer(text) for key, word in match.groupdict().items() if word}
    channels, rate = said.get("number"), said.get("rate")
    return _number(channels) if channels else None, int(rate) if rate else None


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
        self._spelled = base.lasting(_spellings)
        self.longest_name: int = self._spelled["longest"]
        self.readings: dict[tuple[str, str | None], Machine] = {}  # what was read lately, by text and target

    def devices(self, spelling: Tokens) -> tuple[Device, ...]:
        """Devices of that name, amounts of memory left out."""
        return tuple(self.by_id[name] for name in self._named("devices", " ".join(spelling))[0])

    def instances(self, spelling: Tokens) -> tuple[Instance, ...]:
        """Instances of that name; a number that an alias leaves open multiplies them."""
        names, match = self._named("instances", " ".join(spelling))
        found = tuple(self._instances[name] for name in names)
        if match is None:
            return found
        own = match.re.search(" ".join(tokens(fold(found[0].id))))
        times = int(match[1]) / (int(own[1]) if own else 1)
        return tuple(i._replace(count=max(1, int(i.count * times)), ram_gib=(i.ram_gib or 0) * times) for i in found)

    def _named(self, kind: str, text: str) -> tuple[list[str], re.Match[str] | None]:
        """Ids of what is spelled so, and the match of an alias that leaves digits open."""
        known = self._spelled[kind]
        for spelled in () if text in known else self._spelled["open"].get(_DIGITS.sub("0", text), ()):
            pattern = re.sub("(?<!#)#(?!#)", r"(\\d+)", spelled).replace("#", r"\d")
            if spelled in known and (match := re.fullmatch(pattern, text)):
                return known[spelled], match
        return known.get(text, []), None

    def part(self, machine: Machine, accelerator: str) -> Machine | None:
        """Return the `cpu` or `npu` of the machine's own chip, which has its memory; None where none is listed."""
        whole, chip = machine.device, self.by_id.get(machine.device.parts.get(accelerator, ""))
        if chip is None:
            return None
        share, speed = min(chip.usable_share, whole.usable_share), chip.bandwidth_gb_s or whole.bandwidth_gb_s
        device = chip._replace(memory_gib=whole.memory_gib, usable_share=share, bandwidth_gb_s=speed)
        return machine._replace(device=device, label=f"{accelerator.upper()} of {machine.label}")

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
    others: dict[str, list[str]] = {}
    for name, instance in sorted(base.instances.items()):
        for text in (name, *instance.aliases):
            others.setdefault(" ".join(tokens(fold(text))), []).append(name)
    left_open: dict[str, list[str]] = {}  # aliases with `##` for two digits, `#` for any number
    for spelled in filter(lambda spelled: "#" in spelled, (*named, *others)):
        left_open.setdefault(_DIGITS.sub("0", spelled), []).append(spelled)
    longest = max((len(spelling.split()) for spelling in (*named, *others)), default=0)
    return {"devices": named, "instances": others, "open": left_open, "longest": longest}


def catalogue_of(base: RuleBase) -> Catalogue:
    """Return the devices and instances of a rule base, made once."""
    return base.kept(Catalogue)


class Named(NamedTuple):
    """A name found in a text."""

    spelling: Tokens  # Its tokens.
    devices: tuple[Device, ...]  # Devices it may stand for.
    instances: tuple[Instance, ...]  # Instances it may stand for.
    counts: tuple[int, ...]  # Numbers before or after it: one is a count, two are nodes and count.
    suffix: str  # The token behind it when that makes it another device, e.g. `ti`.
    board: int  # Devices on one board of that name.

    @property
    def generic(self) -> bool:
        """Whether it only says what kind of device there is."""
        return any(device.id.startswith(GENERIC) for device in self.devices) and not self.instances


class Reading(Record):
    """All that a text says about hardware."""

    named: tuple[Named, ...]  # Names, in order.
    amounts: tuple[Amount, ...]  # Amounts of memory, in order.
    nodes: int | None  # Nodes, if said.
    spread: bool  # Whether the count is the sum over the nodes.
    count: int | None  # Count said apart from any name.
    cores: int | None  # Processor cores, if said.
    bus: tuple[int | None, int | None]  # Memory channels and rate in MT/s, if said.
    laptop: bool  # Whether a laptop is meant.
    no_gpu: bool  # Whether a GPU is denied.
    unread: str  # Words and numbers that no name covers, filler left out.


def read(text: str, catalogue: Catalogue) -> Reading:
    """Read cleaned `text`."""
    rest = fold(text.replace("#", " "))
    said = bus(rest)
    if not catalogue.devices(tokens(rest)):
        rest = _BUS.sub(lambda match: " ddr " if match["rate"] else " ", rest)
    rest, amounts = take_amounts(rest)
    rest, denials = _NO_GPU.subn(" ", rest)
    nodes, spread = None, False
    if match := _SPREAD.search(rest) or _NODES.search(rest):
        nodes, spread = _number(match["number"]), match.re is _SPREAD and " each" not in rest
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    named, free = _find(rest, catalogue, sized=bool(amounts))
    alone = None
    if not any(name.counts for name in named):
        alone = next((_number(n) for n, sign in itertools.pairwise(free) if sign == "x" and n.isdigit()), None)
    unread = [word for word in free if word not in _FILLER and word not in _NUMBERS]
    words = tokens(rest)
    laptop = any(word in _LAPTOP for word in words) or ("max", "q") in itertools.pairwise(words)
    return Reading(
        named=named,
        amounts=amounts,
        nodes=nodes,
        spread=spread,
        count=alone,
        cores=int(cores[1]) if (cores := _CORES_SAID.search(text.casefold())) else None,
        bus=said,
        laptop=laptop or any(device.id == f"{GENERIC}laptop" for name in named for device in name.devices),
        no_gpu=bool(denials),
        unread=" ".join(word for word in unread if word != str(alone)),
    )


def _find(text: str, catalogue: Catalogue, *, sized: bool) -> tuple[tuple[Named, ...], list[str]]:
    """Return the names in `text`, leftmost and longest first, and the words outside; `sized` where memory is said."""
    found = [*_TOKEN.finditer(text)]
    words = tuple(match[0] for match in found)
    spans: list[tuple[int, int]] = []
    for start in range(len(words)):
        ends = range(min(start + catalogue.longest_name, len(words)), start, -1)
        names = (end for end in ends if catalogue.devices(words[start:end]) or catalogue.instances(words[start:end]))
        if (not spans or start >= spans[-1][1]) and (end := next(names, 0)):
            spans.append((start, end))
    edges = [0, *itertools.chain.from_iterable(spans), len(words)]
    gaps = [_outside(text, found[start:end]) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    named: list[Named] = []
    free: list[str] = []
    for index, (start, end) in enumerate(spans):
        spelling, more = words[start:end], index + 1 < len(spans)
        devices, instances = catalogue.devices(spelling), catalogue.instances(spelling)
        board = instances[0].count if instances and not (instances[0].rented or instances[0].ram_gib) else 1
        if board > 1:
            devices, instances = (catalogue.by_id[instances[0].device],), ()
        with_screen = devices and devices[0].kind in _WITH_SCREEN and not devices[0].id.startswith(GENERIC)
        if with_screen and (sized or more) and gaps[index + 1][:1] and gaps[index + 1][0] in _SCREENS:
            del gaps[index + 1][0]
        before, after = tuple(gaps[index]), tuple(gaps[index + 1])
        # One large number between two names is that of a model, as in `EPYC 7302 CPU`.
        model_number = index and len(before) == 1 and before[0].isdigit() and int(before[0]) > MOST_BETWEEN
        ahead = () if model_number else _counts_before(before)
        sign, number, *_ = [*(word for word in after if word not in _CARDS), "", ""]
        counts = ahead or ((int(number),) if sign == "x" and number.isdigit() else ())  # `x 2` behind the name
        named.append(Named(spelling, devices, instances, counts, _suffix(after, more=more), board))
        used = ahead or (named[-2].counts if index else ())
        free += [word for word in before if not (used and word.isdigit())]
    free += [word for word in gaps[-1] if not (named and named[-1].counts and word.isdigit())]
    return tuple(named), free


def _outside(text: str, found: list[re.Match[str]]) -> list[str]:
    """Return words between two names: years left out, a number written onto letters, as in `T480`, left with them."""
    words: list[str] = []
    for match in found:
        onto = words and match[0][0].isdigit() and text[: match.start()].removesuffix("-")[-1:].isalpha()
        if onto and words[-1] != "x":
            words[-1] += match[0]
        elif not _YEAR.fullmatch(match[0]):
            words.append(match[0])
    return words


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


def _card(text: str, catalogue: Catalogue) -> str:
    """Return the id of the first card that is named."""
    devices = (device for name in read(text, catalogue).named for device in name.devices if device.kind in _GPU_CARDS)
    return next((device.id for device in devices if not device.id.startswith(GENERIC)), "")


def mixed(text: str, catalogue: Catalogue, build: Callable[[str], Machine]) -> Machine | None:
    """Return the machine of a text that joins different cards; None for any other. What names no card goes first."""
    pieces = [(_card(piece, catalogue), piece) for piece in _BETWEEN.split(text)]
    cards, rest = [piece for card, piece in pieces if card], [piece for card, piece in pieces if not card]
    if len({card for card, _ in pieces if card}) <= 1 or re.search(r"\bor\b", text, re.IGNORECASE):
        return None
    machines = [build(", ".join((cards[0], *rest))), *map(build, cards[1:])]
    first = max(
        machines, key=lambda item: ((item.device.memory_gib or 0) * item.count, item.device.bandwidth_gb_s or 0)
    )
    alone = first.device.name if first.count == 1 else f"{first.count}x {first.device.name}"
    note = f"different cards: engines that split by layers take them all, others the {alone} alone"
    return first._replace(
        others=tuple((item.device, item.count) for item in machines if item is not first),
        ram_gib=machines[0].ram_gib,
        assumptions=(note, *(text for item in machines for text in item.assumptions)),
    )
