"""Hardware as people write it: amounts taken out, names found with how many of each, different cards joined."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.device import Device, Instance, Machine
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.tables import table

Tokens = tuple[str, ...]

MemoryKind = Literal["plain", "gpu", "ram"]
_NAMED: tuple[MemoryKind, ...] = ("gpu", "ram")

LONGEST_TEXT = 400
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
TOKEN = re.compile(r"[\d#]+(?:\.\d+)?|(?<=[\d#])x(?=[a-z0-9])(?!tx?\b|large)|[a-z]+")
_DIGITS = re.compile(r"[\d#.]+")
_INSTANCE_SIZE = re.compile(r"\.(?=\d*(?:xlarge|metal))")
CORES = re.compile(
    r"\b(?P<cores>\d{1,4})\s*-?\s*(?:(?P<virtual>vcpus?|vcores?)|o?cpus|ocpu|cores?|c(?=\s*/\s*\d+\s*t\b))(?![a-z0-9])"
    r"(?:\s*[/,]?\s*\d+\s*-?\s*t(?:hreads?)?\b)?(?:\s*(?P<gpu>gpu)\b|\s*cpu\b)?"
    r"|(?P<after>vcpus?|vcores?)\s*[:=]?\s*(?P<number>\d{1,4})\b(?!\s*(?:x|[gt]i?b))"
    r"|(?:(?<=max )|(?<=pro )|(?<=ultra )|(?<=\bm\d ))\d+\s*c\b(?:\s*/\s*\d+\s*c\b|\s*(?:gpu|cpu)\b)?"
)
MEMORY = re.compile(
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
AFTER = re.compile(
    rf"[\s(]*(?:of\s+)?(?P<total>{_TOTAL}\s+)?(?:shared\s+|unified\s+)?"
    r"(?:(?P<gpu>vram|gpu memory|gpu ram|gpus?|hbm\w*|gddr\w*|video memory"
    r"|graphics cards?|cards?)\b"
    r"|(?P<ram>(?:system|host|cpu|main|free)?\s*(?:ram|lpddr\w*|ddr\w*|dram|memory))\b"
    r"|(?P<disk>ssd|nvme|disk|storage|hdd)\b)?"
    rf"(?:\s*(?P<each>each|per gpu|per card))?(?:\s*(?P<sum>{_TOTAL})\b)?"
)
_BEFORE = re.compile(r"(?:(?P<gpu>vram|gpu memory)|(?P<ram>ram|memory))\s*(?:of|[:=])?\s*\(?$")
_TIMES = re.compile(r"(?<![\d.])(\d{1,2})\s*x\s*$")
_ADDED = re.compile(r"(?:[+&,]|\band|\bplus|\bwith)\s*$")
_TOTAL_BEFORE = re.compile(r"(?:=|\btotal(?:ling)?(?: of)?)\s*$")
GENERIC = "generic-"
MOST_DEVICES = 100_000
DEVICES_AND_NODES = 2
MOST_BETWEEN = 64
_WORDS = table(__file__)
NUMBERS = {word: int(value) for value, words in _WORDS["numbers"].items() for word in words.split()}
_NUMBER = rf"(?P<number>\d+|{'|'.join(NUMBERS)})"
_NODE = r"(?:nodes?|servers|hosts|machines|boxes)"
_SPREAD = re.compile(rf"\b(?:over|across|on|in|among)\s+{_NUMBER}\s*-?\s*{_NODE}\b")
_NODES = re.compile(rf"\b{_NUMBER}\s*[-x*]?\s*{_NODE}\b(?:\s*(?:of|with|having|at)\b)?")
_BUS = re.compile(  # memory channels, and the rate of the memory in MT/s
    rf"\b{_NUMBER}[\s-]*(?:channels?|ch)\b(?:\s+of\b)?|\bddr[2-5][\s@-]*(?P<rate>\d{{4}})\b(?:\s*(?:mhz|mt/?s))?"
)
NO_GPU = re.compile(
    r"\b(?:no|without(?: an?| any)?|w/o)\s+(?:dedicated |discrete |nvidia )?"
    r"(?:gpus?|graphics(?: card)?)\b"
    r"|\bcpu[\s-]?only\b"
)
_VARIANTS, _LAPTOP, _CARDS, FILLER, _SCREENS = (
    frozenset(" ".join(_WORDS[name]).split()) for name in ("variants", "laptop", "cards", "filler", "screens")
)
_PRODUCTS = frozenset({f"{GENERIC}laptop", f"{GENERIC}phone"})
_WITH_SCREEN = frozenset({"apple-silicon", "phone"})
_GPU_CARDS = frozenset({"consumer-gpu", "workstation-gpu", "datacentre-gpu"})
_BETWEEN = re.compile(r"\s*(?:[+&,]|\b(?:and|plus|with)\b)(?!\s*mig\b)\s*", re.IGNORECASE)


class Amount(NamedTuple):
    """An amount of memory in a text."""

    gib: float  # GiB; marketed GB count as GiB.
    kind: MemoryKind  # What the words beside it call it.
    total: bool = False  # Whether it is said to be the sum over devices.
    added: bool = False  # Whether it follows a comma, a plus sign or an `and`.
    modules: int = 1  # The number before an `x`: of cards, or of memory modules where no card is meant.


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
    return CORES.sub(lambda match: " vcpu " if match["virtual"] or match["after"] else " ", lowered)


def tokens(text: str) -> Tokens:
    """Cut folded text where letters meet digits, after the x of `8xh100`, and at other signs."""
    return tuple(TOKEN.findall(text))


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
    for match in MEMORY.finditer(text):
        before = text[end : match.start()]
        after = AFTER.match(text, match.end())
        words = after.groupdict() if after else {}
        if not words.get("disk"):
            gib = float(match[1] or match[3]) * _GIB[(match[2] or match[4])[0]]
            if not 0 < gib < 10**6:
                raise InputError(f'hardware: "{match[0]}" is no amount of memory')
            kinds = (words, said.groupdict() if (said := _BEFORE.search(before)) else {})
            kind: MemoryKind = next((name for named in kinds for name in _NAMED if named.get(name)), "plain")
            total = bool(words.get("total") or words.get("sum") or _TOTAL_BEFORE.search(before))
            modules = int(times[1]) if (times := _TIMES.search(before)) else 1
            if times and kind == "ram":
                before, gib, modules = before[: times.start()], gib * modules, 1
            added = bool(_ADDED.search(before))
            amounts.append(Amount(gib, kind, total=total and not words.get("each"), added=added, modules=modules))
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
        own = " ".join(tokens(fold(found[0].id)))
        fits = (re.search(_pattern(tokens(alias)), own) for alias in found[0].aliases)
        times = int(match[1]) / int(next((fit[1] for fit in fits if fit), 1))
        return tuple(i._replace(count=max(1, int(i.count * times)), ram_gib=(i.ram_gib or 0) * times) for i in found)

    def _named(self, kind: str, text: str) -> tuple[list[str], re.Match[str] | None]:
        """Ids of what is spelled so, and the match of an alias that leaves digits open."""
        known = self._spelled[kind]
        for spelled in () if text in known else self._spelled["open"].get(_DIGITS.sub("0", text), ()):
            if spelled in known and (match := re.fullmatch(_pattern(spelled.split()), text)):
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
        known = {*(device.name for device in self.by_id.values()), *self._instances}
        return nearest(text, known, see="hardware list") or "; see: llama-advisor hardware list"


def _pattern(spelling: Iterable[str]) -> str:
    """Return the regular expression of an alias that leaves digits open: `#` for any number, `##` for two digits."""
    return re.sub("(?<!#)#(?!#)", r"([1-9]\\d{0,3})", " ".join(spelling)).replace("#", r"\d")


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
    left_open: dict[str, list[str]] = {}
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


class Reading(NamedTuple):
    """All that a text says about hardware."""

    named: tuple[Named, ...]  # Names, in order.
    amounts: tuple[Amount, ...]  # Amounts of memory, in order.
    nodes: int | None  # Nodes, if said.
    spread: bool  # Whether the count is the sum over the nodes.
    apart: int | None  # Count said apart from any name.
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
    rest, denials = NO_GPU.subn(" ", rest)
    nodes, spread = None, False
    if match := _SPREAD.search(rest) or _NODES.search(rest):
        nodes, spread = _number(match["number"]), match.re is _SPREAD and " each" not in rest
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    named, free = _find(rest, catalogue, sized=bool(amounts))
    signs = itertools.pairwise(() if any(name.counts for name in named) else free)
    alone = next((_number(number) for number, sign in signs if sign == "x" and number.isdigit()), None)
    known = {str(alone)}
    if named and all(device.kind == "cpu" for name in named for device in name.devices):
        modules = {str(amount.modules) for amount in amounts if amount.modules > 1}
        known, alone = known | modules, None if modules else alone
        amounts = tuple(amount._replace(gib=amount.gib * amount.modules) for amount in amounts)
    unread = " ".join(word for word in free if word not in FILLER and word not in NUMBERS and word not in known)
    words, cores = tokens(rest), (match for match in CORES.finditer(text.casefold()) if not match["gpu"])
    laptop = any(word in _LAPTOP for word in words) or ("max", "q") in itertools.pairwise(words)
    laptop |= any(device.id == f"{GENERIC}laptop" for name in named for device in name.devices)
    said_cores = next((int(match["cores"] or match["number"] or 0) for match in cores), 0) or None
    return Reading(named, amounts, nodes, spread, alone, said_cores, said, laptop, bool(denials), unread)


def _find(text: str, catalogue: Catalogue, *, sized: bool) -> tuple[tuple[Named, ...], list[str]]:
    """Return the names in `text`, leftmost and longest first, and the words outside; `sized` where memory is said."""
    found = [*TOKEN.finditer(text)]
    words = tuple(match[0] for match in found)

    def names(start: int, end: int) -> bool:
        """Whether these words are a name; with letters written onto it, as in `6800M`, only that of a processor."""
        devices = catalogue.devices(words[start:end])
        onto = end < len(found) and found[end].start() == found[end - 1].end() and words[end].isalpha()
        other = onto and words[end] not in FILLER | _CARDS and devices and devices[0].kind not in {"cpu", "sbc"}
        times = words[end - 1] == "x" and text[found[end - 1].start() - 1] == " " and end < len(words)
        if times and words[end].isdigit():  # as in `MI250 x4`
            return False
        return bool((devices and not other) or catalogue.instances(words[start:end]))

    spans: list[tuple[int, int]] = []
    for start in range(len(words)):
        ends = range(min(start + catalogue.longest_name, len(words)), start, -1)
        if (not spans or start >= spans[-1][1]) and (end := next((end for end in ends if names(start, end)), 0)):
            spans.append((start, end))
    edges = [0, *itertools.chain.from_iterable(spans), len(words)]
    gaps = [_outside(text, found, *edge) for edge in zip(edges[::2], edges[1::2], strict=True)]
    named: list[Named] = []
    free: list[str] = []
    for index, (start, end) in enumerate(spans):
        spelling, more = words[start:end], index + 1 < len(spans)
        devices, instances = catalogue.devices(spelling), catalogue.instances(spelling)
        board = instances[0].count if instances and not (instances[0].rented or instances[0].ram_gib) else 1
        if board > 1:
            devices, instances = (catalogue.by_id[instances[0].device],), ()
        specific = bool(devices) and not devices[0].id.startswith(GENERIC)
        with_screen = specific and devices[0].kind in _WITH_SCREEN
        if with_screen and (sized or more) and _SCREENS.intersection(gaps[index + 1][:1]):
            del gaps[index + 1][0]
        before, after = tuple(gaps[index]), tuple(gaps[index + 1])
        # A number right behind a product belongs to it, as in `EPYC 7302 CPU` and `Surface Book 3 GTX 1660`.
        tied = index and specific and before and before[0].isdigit() and before[1:2] not in {("x",), ("of",)}
        if tied and named[-1].devices and named[-1].devices[0].id not in _PRODUCTS:
            tied = int(before[0]) > MOST_BETWEEN or not (named[-1].generic or named[-1].devices[0].kind == "cpu")
        ahead = () if tied else _counts_before(before)
        sign, number, *_ = [*(word for word in after if word not in _CARDS), "", ""]
        behind = sign == "x" and number.isdigit() and not _VARIANTS.intersection(after)  # `x 2`
        counts = ahead or ((int(number),) if behind else ())
        named.append(Named(spelling, devices, instances, counts, _suffix(after, spelling, devices, more=more), board))
    for gap, around in zip(gaps, itertools.pairwise([None, *named, None]), strict=True):
        read_as_count = {str(count) for name in around if name for count in name.counts}
        free += [word for word in gap if word not in read_as_count]
    return tuple(named), free


def _outside(text: str, found: list[re.Match[str]], start: int, end: int) -> list[str]:
    """Return words between names, `,` for signs that part them; a number stays with its letters, as in `T480`."""
    words: list[str] = []
    for index in range(start, end):
        match, last = found[index], found[index - 1].end() if index else 0
        words += [","] if set(text[last : match.start()]) & set(",;+&/") else []
        onto = index and match[0][0].isdigit() and text[: match.start()].removesuffix("-")[-1:].isalpha()
        if onto and found[index - 1][0] != "x":
            words[-1:] = [(words[-1] if words else found[index - 1][0]) + match[0]]
        elif not _YEAR.fullmatch(match[0]):
            words.append(match[0])
    return words


def _counts_before(before: Tokens) -> tuple[int, ...]:
    """Read `2 x`, `4 x 4`, `dual`, `pair of`, or a bare number that follows no other word."""
    counts: list[int] = []
    rest = list(before)
    while rest and rest[-1] in FILLER - {"a", "an", "one", "single"}:
        rest.pop()
    while rest and (number := _number(rest[-1])) is not None:
        rest.pop()
        counts.insert(0, number)
        while rest and rest[-1] in {"x", "of"}:
            rest.pop()
    crossed = "x" in before or "of" in before or any(word in NUMBERS for word in before)
    if len(counts) > DEVICES_AND_NODES or (not crossed and any(word not in FILLER for word in rest)):
        return ()
    return tuple(counts)


def _suffix(after: Tokens, spelling: Tokens, devices: tuple[Device, ...], *, more: bool) -> str:
    """Return the token that makes the name before it another device; a count is none, nor a letter at a processor."""
    if not after or after[:2] == ("max", "q") or after[1:2] == ("x",):
        return ""
    if after[0] in _VARIANTS:
        return "" if devices and devices[0].kind == "cpu" else after[0]
    numbered = any(map(str.isdigit, spelling)) and after[0] not in sizes(devices)
    return after[0] if after[0][0].isdigit() and not numbered and not (more and len(after) == 1) else ""


def sizes(devices: Iterable[Device]) -> set[str]:
    """Return the memory options of devices, GiB, as they are written behind a name."""
    return {f"{device.memory_gib or 0:g}" for device in devices}


def _number(word: str) -> int | None:
    if word in NUMBERS:
        return NUMBERS[word]
    if not word.isdigit():
        return None
    if not 0 < int(word) <= MOST_DEVICES:
        raise InputError(f"hardware: {word[:20]} devices are out of range (1 to {MOST_DEVICES})")
    return int(word)


def mixed(text: str, catalogue: Catalogue, build: Callable[[str], Machine]) -> Machine | None:
    """Return the machine of a text that joins different cards; None for any other. What names no card goes first."""

    def card(piece: str) -> str:
        named = (device for name in read(piece, catalogue).named for device in name.devices)
        return next((d.id for d in named if d.kind in _GPU_CARDS and not d.id.startswith(GENERIC)), "")

    pieces = [(card(piece), piece) for piece in _BETWEEN.split(text)]
    cards, rest = [piece for name, piece in pieces if name], [piece for name, piece in pieces if not name]
    if len({name for name, _ in pieces if name}) <= 1 or re.search(r"\bor\b", text, re.IGNORECASE):
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
