"""A sentence: what it says of each field in which words, what it is for, and the words that say nothing known."""

from __future__ import annotations

import re
from itertools import product
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError

from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.hardware.mentions import mentions
from llama_advisor.hardware.words import GENERIC
from llama_advisor.interview.uses import TOKEN, Uses, Vocabulary
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.scenario.names import key, known_names
from llama_advisor.scenario.scenario import Scenario
from llama_advisor.text.errors import InputError
from llama_advisor.text.strict import Target
from llama_advisor.text.tables import table
from llama_advisor.text.wording import problem

NUMBERS = frozenset(
    name for name, field in Scenario.model_fields.items() if re.search(r"\b(int|float)\b", str(field.annotation))
)
"""Scenario fields that are numbers."""
LEAST_CONTEXT = 256  # A shorter context is taken for thousands whose `k` was forgotten.
_SHORT = re.compile(r"\d+[km]?")
_WORDS = table(__file__)


def _pattern(text: str) -> re.Pattern[str]:
    """Return a pattern of the table, with its numbers and words for people and requests filled in."""
    for name in ("n", "people", "requests"):
        text = text.replace(f"{{{name}}}", _WORDS[name])
    return re.compile(text)


_NUMBERS = {field: [*map(_pattern, patterns)] for field, patterns in _WORDS["numbers"].items()}
_SCALED = [(field, _pattern(pattern), factor) for field, pattern, factor in _WORDS["scaled"]]
"""Numbers in other units, with the factor to the field's own; of people those at work count, of a day eight hours."""
_PHRASES = [(re.compile(pattern), sets) for pattern, sets in _WORDS["phrases"]]
_PLACE, _ORGANISATION, _BY = (re.compile(_WORDS[name]) for name in ("place", "organisation", "by"))
_NOT, _DENIED, _AMOUNT_OF, _WORD = (re.compile(_WORDS[name]) for name in ("not", "denied", "amount_of", "word"))
_PLACES = [{place} for place in get_args(Target)]
_BEFORE = {field: re.compile(_WORDS[field]) for field in ("end_user_region", "domicile")}
_USES = frozenset(_WORDS["also_use"])  # Fields whose words may also say what it is for.
_EVERYDAY, _STOP = frozenset(_WORDS["everyday"]), frozenset(_WORDS["stop"].split())
_LONGEST_NAME = 5
_READ = "|"


def amount(text: str, field: str) -> str:
    """Return the number as the field reads it; raise InputError for what could mean two things."""
    text = text.strip().casefold()
    match = re.fullmatch(r"(\d+)( tokens)?", text)
    if field == "context_tokens" and match and 0 < int(match[1]) < LEAST_CONTEXT:
        plain = match[1]
        raise InputError(f"{plain} tokens are too short for anything; {plain}k, or --context {plain} if it is meant so")
    try:
        value = getattr(Scenario.model_validate({field: text}), field)
    except ValidationError as error:
        raise InputError(problem(error, Scenario)[1]) from error
    return text if _SHORT.fullmatch(text) else f"{value:.15g}"


class Part(NamedTuple):
    """What some words of a sentence say."""

    start: int
    words: str
    sets: dict[str, Any]
    why: str = ""


class Sentence(NamedTuple):
    """What a sentence says."""

    parts: tuple[Part, ...]  # In the order of their words.
    uses: Uses
    use: str  # The words that say it.
    unread: tuple[str, ...]  # Words that were not read, those left out that carry no meaning alone.


def _codes(names: dict[str, str]) -> dict[str, str]:
    """Return codes by their names in lower case."""
    return {re.sub(r" \(.*|^modern ", "", name.casefold()): code for code, name in names.items()}


class _Reader:
    """A text in lower case, and the same with what was read struck out."""

    def __init__(self, text: str, base: RuleBase) -> None:
        self.text, self.base = text, base
        self.lower = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
        self.left = self.lower
        self.parts: list[Part] = []

    def take(self, start: int, end: int, sets: dict[str, Any], why: str = "") -> None:
        """Note what words say, and strike them out; what is denied says nothing."""
        if not _NOT.search(self.left[:start]):
            self.parts.append(Part(start, self.text[start:end].strip(), sets, why))
            self.left = self.left[:start] + _READ * (end - start) + self.left[end:]

    def patterns(self) -> None:
        """Read numbers by their units, then turns of phrase."""
        share = self.base.criteria.active_share
        for field, pattern, factor in _SCALED:
            for match in pattern.finditer(self.left):
                many = Scenario(tokens_per_month=amount(match["n"], "tokens_per_month")).tokens_per_month or 0
                scaled = float(f"{many * factor:.3g}") if factor else max(1, round(many * share))
                said = "" if factor else f" (taken: {share:.0%} of them at a time)"
                self.take(*match.span(), {field: f"{scaled:.15g}"}, said)
        for field, patterns in _NUMBERS.items():
            for pattern in patterns:
                for match in pattern.finditer(self.left):
                    self.take(*match.span(), {field: amount(match["n"], field)})
        for pattern, sets in _PHRASES:
            for match in pattern.finditer(self.left):
                self.take(*match.span(), sets)

    def named(self, *fields: str) -> None:
        """Read names of models, builds, engines and providers, the longest first."""
        known = self.base.kept(known_names)
        words = [*_WORD.finditer(self.left)]
        index = 0
        while index < len(words):
            for last in range(min(index + _LONGEST_NAME, len(words)) - 1, index - 1, -1):
                start, end = words[index].start(), words[last].end()
                folded = "" if _READ in self.left[start:end] else key(self.left[start:end])
                field = next((field for field in fields if folded in known[field]), None)
                if field and (folded not in _EVERYDAY or (_BY.search(self.left[:start]) and field == fields[-1])):
                    self.take(start, end, {field: self.text[start:end]})
                    index = last
                    break
            index += 1

    def hardware(self, *, alone: bool) -> None:
        """Read machines, and kinds of place; `alone` where a place was asked for."""
        catalogue = catalogue_of(self.base)
        for start, end, devices in [*mentions(self.left, catalogue)]:
            words = self.text[start:end]
            places = self.base.criteria.target_of_kind
            kinds = {_WORDS["places"].get(device.id, places.get(device.kind)) for device in devices}
            only_kind = all(device.id.startswith(GENERIC) or device.kind == "browser" for device in devices)
            if any(map(str.isdigit, words)) or not only_kind:
                try:
                    machine = read_hardware(words, catalogue)
                except InputError:
                    continue
                alike = devices or (self._ends(end) and not _AMOUNT_OF.match(self.left, end))
                if machine.device.memory_gib and alike:
                    self.take(start, end, {"hardware": words})
            elif kinds in _PLACES and self._ends(end) and (alone or _PLACE.search(self.left[:start])):
                self.take(start, end, {"target": kinds.pop()})

    def _ends(self, end: int) -> bool:
        """Tell whether no noun follows, for which these words would only be an adjective."""
        after = re.match(r"[\s-]*([a-z]+)", self.left[end:])
        return after is None or after[1] in _STOP

    def regions(self) -> None:
        """Read languages, and countries by what stands before them."""
        known = self.base.regions
        languages = _codes(known.languages)
        languages |= {name.casefold(): code for name, code in known.languages_also.items()}
        countries = _codes(known.countries | {"EU": "European Union"})
        countries |= {name.casefold(): code for name, code in known.also.items()}
        words = [*TOKEN.finditer(self.left)]
        for index, more in product(range(len(words)), range(_LONGEST_NAME - 1, -1, -1)):
            if index + more >= len(words):
                continue
            start, end = words[index].start(), words[index + more].end()
            name, before = self.left[start:end], self.left[:start]
            if name in _EVERYDAY and self.text[start].islower():
                continue
            if name in languages and not _ORGANISATION.search(self.left[end:]):
                self.take(start, end, {"languages": [languages[name]]})
            elif name in countries and (field := next((f for f in _BEFORE if _BEFORE[f].search(before)), None)):
                self.take(start, end, {field: countries[name]})

    def uses(self, *hidden: str) -> Uses:
        """Return what it is for; of the words that were read, those that may say it count, but for `hidden` fields."""
        text = _DENIED.sub(lambda match: _READ * len(match[0]), self.lower)
        for part in self.parts:
            if (_USES - {*hidden}).isdisjoint(part.sets):
                text = text[: part.start] + _READ * len(part.words) + text[part.start + len(part.words) :]
        return self.base.kept(Vocabulary).read(text)


def read_sentence(text: str, base: RuleBase, asked: str = "", *, for_use: bool = True) -> Sentence:
    """Read all that a text says, also its use, or not; `asked` is the field asked for, if any.

    Raises InputError for a number that is none.
    """
    reader = _Reader(text, base)
    reader.patterns()
    reader.named("model", "quantization")
    reader.hardware(alone=asked == "target")
    reader.named("engine", "provider")
    reader.regions()
    uses = Uses((), (), frozenset())
    if for_use and not (uses := reader.uses("target")).taken:
        uses = reader.uses()
    said = [match for match in TOKEN.finditer(reader.lower) if match.start() in uses.read]
    free = [match for match in TOKEN.finditer(reader.left) if match[0] not in _STOP]
    return Sentence(
        tuple(sorted(reader.parts, key=lambda part: part.start)),
        uses,
        " ".join(text[match.start() : match.end()] for match in said),
        tuple(text[match.start() : match.end()] for match in free if match.start() not in uses.read),
    )
