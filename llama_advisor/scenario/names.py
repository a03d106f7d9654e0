"""Loose names to ids: repositories, tags and spellings of models, engines, quantizations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TypeVar

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.engine import App
from llama_advisor.knowledge.model import Model
from llama_advisor.knowledge.offer import HOSTED
from llama_advisor.scenario.scenario import Assumption, Tuning
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.yaml_file import printable

Found = TypeVar("Found")
_NOISE = re.compile(r"[^a-z0-9]+")
_HUB = re.compile(r"^(https?://)?(huggingface\.co|hf\.co)/")
_PREFIX = re.compile(r"^(meta-llama/)?(meta-)?")
_ARTICLES = re.compile(r"^(in )?(the )?")
PLAIN_TAG = re.compile(r"[^/:]+:[^-/]+")  # of a library: a size, without quantization
ALIKE, STEM = 3, 7
SLIP = 0.84  # Likeness from which on a name that is not known is one known, misspelt.
SHORT, CLOSE = 4, 0.75  # A longer name that is off by this little may be meant.
_ORDER = {"instruct": 0, "base": 1, "guard": 2}


@lru_cache(4096)
def key(name: str) -> str:
    """Fold case, separators and the publisher's prefixes."""
    return _NOISE.sub("", _PREFIX.sub("", name.strip().lower()))


def _known(found: Found | None, name: str, names: Iterable[str], what: str, see: str = "") -> Found:
    """Return what was found by a name; raise InputError where it is nothing."""
    if found is None:
        raise InputError(f"{what} {printable(name)!r}{nearest(name, names, see=see)}")
    return found


def model_id(name: str, base: RuleBase, field: str = "model") -> str:
    """The id of a model by any of its names; loose names mean the instruct model."""
    plain = _HUB.sub("", name.strip().lower())
    exact, loose = base.kept(_models)
    return _known(exact.get(plain) or loose.get(key(plain)), name, base.models, f"{field}: unknown model")


def _models(base: RuleBase) -> tuple[dict[str, str], dict[str, str]]:
    """Ids by exact and by loose, folded name; of several with one name the instruct model."""
    exact: dict[str, str] = {}
    loose: dict[str, str] = {}
    for model in sorted(base.models.values(), key=lambda model: (_ORDER[model.kind], model.id), reverse=True):
        names = [model.id, *model.aliases]
        for repository in (model.artifacts.hf_repo, *(build.hf_repo for build in model.official_builds)):
            names += (repository, repository.rsplit("/", 1)[-1])
        names += filter(PLAIN_TAG.fullmatch, published := [item.name for item in model.artifacts.published])
        exact |= dict.fromkeys((text.lower() for text in (*names, *published)), model.id)
        short = model.name.lower().removeprefix("llama ")
        short = short.removesuffix(" instruct")
        for text in (model.name, short, model.id.removesuffix("-instruct"), f"{model.family}-{model.size}"):
            names += (text, f"{text} instruct")
        loose |= dict.fromkeys(map(key, names), model.id)
    for table in (exact, loose):
        table.pop("", None)
    return exact, loose


def named_build(name: str, model: Model, *, plain_tags: bool = False) -> tuple[str, ...]:
    """The quantization of the build whose repository or tag was named, if that tells; a plain tag means a model."""
    plain = _HUB.sub("", name.strip().lower())
    for build in model.official_builds:
        if key(plain) in {key(build.hf_repo), key(build.hf_repo.rsplit("/", 1)[-1])}:
            return (build.quantization,)
    named = (item for item in model.artifacts.published if item.name.lower() == plain and not item.file)
    return tuple(item.quantization for item in named if plain_tags or not PLAIN_TAG.fullmatch(item.name))[:1]


def app_named(name: str, base: RuleBase) -> App | None:
    """The app or front end of a name; None where it is none."""
    found = base.kept(_ids("apps")).get(key(name))
    return base.apps[found] if found else None


def engine_ids(name: str, base: RuleBase, field: str = "engine") -> tuple[str, ...]:
    """The ids of an engine by any of its names, then of its back ends; or of those inside an app, if it runs any."""
    if app := app_named(name, base):
        return app.engines
    found = engine_id(name, base, field)
    return (found, *(engine.id for engine in base.engines.values() if engine.part_of == found))


def engine_id(name: str, base: RuleBase, field: str = "engine") -> str:
    """The id of an engine by any of its names, of an app the usual one inside."""
    if app := app_named(name, base):
        if not app.engines:
            why = "runs no model itself" if app.known else "is not known here"
            raise InputError(f"{field}: {app.name} {why}; name an engine: {', '.join(base.engines)}")
        return app.engines[0]
    found = base.kept(_ids("engines")).get(key(name)) or (HOSTED if provider_id(name, base) else None)
    if found == HOSTED and field.startswith("only") and provider_id(name, base):
        raise InputError(f"{field}: {printable(name)} is a provider; say provider: {printable(name)}")
    return _known(found, name, base.engines, f"{field}: unknown engine")


def provider_id(name: str, base: RuleBase) -> str | None:
    """The id of a provider of hosted models by any of its names; None for one that is not listed."""
    return base.kept(_ids("providers")).get(key(name))


@cache
def _ids(kind: str) -> Callable[[RuleBase], dict[str, str]]:
    """Return what reads ids of a kind of entry by folded name, of two with one name the first."""

    def read(base: RuleBase) -> dict[str, str]:
        entries = reversed(tuple(getattr(base, kind).values()))
        return {key(text): entry.id for entry in entries for text in (entry.id, entry.name, *entry.aliases)}

    return read


def quantization_ids(name: str, base: RuleBase, field: str = "quantization") -> tuple[str, ...]:
    """The ids that a name stands for: one id, or all that share the name (`int4`)."""
    found = base.kept(_quantizations).get(key(name))
    return tuple(_known(found, name, base.quantizations, f"{field}: unknown quantization"))


def _quantizations(base: RuleBase) -> dict[str, dict[str, None]]:
    """Ids by folded name, those whose id it is first, none twice."""
    found: dict[str, dict[str, None]] = {}
    for q in base.quantizations.values():
        found.setdefault(key(q.id), {})[q.id] = None
    for q in base.quantizations.values():
        for text in (q.name, *q.aliases):
            found.setdefault(key(text), {})[q.id] = None
    return found


def use_case_id(name: str, base: RuleBase) -> str:
    """The id of a use case by any of its names."""
    if found := base.kept(_ids("use_cases")).get(key(name)):
        return found
    # up to three that are described with words of the name, rare words first, else the one spelled so
    described = {
        case.id: _stems(" ".join((case.id, case.name, case.says, *case.aliases))) for case in base.use_cases.values()
    }
    common = Counter(stem for stems in described.values() for stem in stems)
    told = {case: sum(1 / common[stem] for stem in stems & _stems(name)) for case, stems in described.items()}
    best = sorted((case for case in told if told[case]), key=lambda case: (-told[case], case))[:ALIKE]
    alike = f"; nearest: {', '.join(best)}" if best else nearest(name, base.use_cases).partition("; known")[0]
    raise InputError(f"use_cases: unknown use case {printable(name)!r}{alike}; all: llama-advisor use-cases list")


def _stems(text: str) -> frozenset[str]:
    """The beginnings of words, by which `products` and `production` are one."""
    return frozenset(word.rstrip("s")[:STEM] for word in re.findall(r"[a-z]{3,}", text.casefold()))


def code_of(name: str, names: Mapping[str, str], also: Mapping[str, str]) -> str:
    """The code of a language or country by its name or code, `de` of `de-AT`; InputError where nothing is called so."""
    if name in names:
        return name
    folded = _ARTICLES.sub("", name.strip().casefold())
    known = {text.casefold(): code for code, text in names.items()} | {code.casefold(): code for code in names}
    known |= {text.casefold(): code for text, code in also.items()}
    found = known.get(folded) or known.get(folded[:2] if folded[2:3] in {"-", "_"} else "")
    if found is None:
        hint = nearest(folded, (*names.values(), *also), CLOSE) if len(folded) > SHORT else ""
        hint = hint if "nearest" in hint else ""
        raise InputError(f"{printable(name)!r} is not known by this name; say its two-letter code{hint}")
    return found


def language_code(name: str, base: RuleBase) -> str:
    """The code of a language by its name or code."""
    return code_of(name, base.regions.languages, base.regions.languages_also)


def country_code(name: str, base: RuleBase) -> str:
    """The code of a country, or EU, by its name or code."""
    return code_of(name, base.regions.countries | {"EU": "European Union"}, base.regions.also)


def regions_meant(text: str | None, base: RuleBase) -> frozenset[str]:
    """Regions of clouds that a text names: by name, else all of a country or an area; else the text as it is.

    InputError where another name of the same number is so close that the text is a slip.
    """
    if not text:
        return frozenset()
    wanted = _words(text)
    names_of = {item.id: [_words(name) for name in (item.id, *item.aliases)] for item in base.cloud_regions.values()}
    meant = {region for region, known in names_of.items() if any(name in wanted for name in known)}
    if not meant:
        areas = {**base.regions.areas, "EU": base.regions.eu}
        countries = {code for name, codes in areas.items() if _words(name) == wanted for code in codes}
        countries |= {code for name, code in base.regions.also.items() if _words(name) == wanted}
        countries |= {c for c, name in base.regions.countries.items() if wanted in {_words(c), _words(name)}}
        meant = {item.id for item in base.cloud_regions.values() if item.country in countries}
    meant = meant or {region for region, known in names_of.items() if wanted.strip() and known[0].startswith(wanted)}
    if not meant and text.strip() not in base.kept(known_regions):
        numbers = re.findall(r"\d+", text)
        named = (name for item in base.cloud_regions.values() for name in (item.id, *item.aliases))
        alike = [name for name in named if re.findall(r"\d+", name) == numbers]
        if close := get_close_matches(text.strip().casefold(), alike, 1, cutoff=SLIP):
            raise InputError(f"service_region: unknown region {printable(text)!r}; nearest: {close[0]}")
    return frozenset(meant or {text.strip()})


def known_regions(base: RuleBase) -> frozenset[str]:
    """All regions that are known by name."""
    found = {*base.cloud_regions}
    for offer in base.hosted.values():
        found.update(offer.regions, base.providers[offer.provider].regions, *(p.called_from for p in offer.profiles))
    return frozenset(found)


def _words(text: str) -> str:
    """Words in blanks, small, cut where letters follow digits: ` us east 1 a ` for `US-East-1a`."""
    return f" {' '.join(re.findall(r'[a-z]+[0-9]*|[0-9]+', text.casefold()))} "


def one_of(name: str, known: Mapping[str, object] | Iterable[str], field: str, what: str, see: str = "") -> str:
    """`name` when it is known, folded to the known spelling."""
    names = {key(item): item for item in known}
    begun = [item for folded, item in names.items() if key(name) and folded.startswith(key(name))]
    found = names.get(key(name)) or (begun[0] if len(begun) == 1 else None)
    return _known(found, name, names.values(), f"{field}: unknown {what}", see)


def tuning_of(said: Tuning | None, context: int | None, base: RuleBase, assumed: list[Assumption]) -> Tuning:
    """Complete what was said, and note it: a sample is as long as the context stated, else as usual."""
    tuning, found = said or Tuning(), dict[str, object]()
    for field, entries in (("trainer", base.trainers), ("optimizer", base.optimizers)):
        if name := getattr(tuning, field):
            ids = {text: entry.id for entry in entries.values() for text in (entry.id, *entry.aliases)}
            found[field] = ids[one_of(name, ids, f"tuning.{field}", field)]
    if tuning.sample_tokens is None:
        found["sample_tokens"] = sample = context or base.constants.assumed_load.sample_tokens
        why = "as long as the context" if context else "a usual sample; longer ones take more memory"
        assumed.append(Assumption("tuning", tuning.model_dump(exclude_defaults=True) | {"sample_tokens": sample}, why))
    return tuning.model_copy(update=found)


def known_names(base: RuleBase) -> dict[str, frozenset[str]]:
    """The folded names of each field whose values have names."""
    exact, loose = base.kept(_models)
    return {
        "model": frozenset({*map(key, exact), *loose}),
        "quantization": frozenset(base.kept(_quantizations)),
        "engine": frozenset(base.kept(_ids("engines"))),
        "provider": frozenset(base.kept(_ids("providers"))),
    }
