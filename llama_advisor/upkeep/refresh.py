"""Refresh hosted offers from well-kept packages: who lists them, at which price, until when."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from importlib.metadata import distribution, version
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, get_args

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.offer import List
from llama_advisor.scenario.names import model_id
from llama_advisor.text.errors import InputError

FILE = "prices/hosted.yaml"
SOURCES = "sources/hardware.yaml"
REGISTRY = Path("node_modules/@mastra/core")
CLOSE = 1.02  # Two prices within this factor are the same, rounded.
ADDING = ("models.dev", "litellm")  # Lists that may add rows; genai-prices keeps what has ended for years.
RATES = ("usd_per_million_input_tokens", "usd_per_million_output_tokens")
_FEATURES = {"supports_function_calling": "tools", "supports_vision": "images", "supports_response_schema": "schema"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OWN = re.compile(r"^(databricks-|snowflake-|meta[.-])+(?=llama|meta)")
_SERVED = re.compile(r"-(turbo|fp8|fast|maas|versatile|instant|v1:0)(?=-|$)")


class Listed(NamedTuple):
    """A model as a list has it."""

    provider: str  # as the list calls it
    sent: str  # model id to send
    prices: list[dict[str, Any]]
    context_tokens: int | None = None
    until: date | None = None
    replaced_by: str = ""
    ended: bool = False  # called ended, without a day
    features: dict[str, str] = {}  # noqa: RUF012 - never changed


def refreshed(name: str, place: Path | None, base: RuleBase, day: date) -> tuple[str, dict[Path, tuple[str, str]]]:
    """Return the version of a list, and the files of the topmost layer with offers: as they are, and as it has them."""
    if name not in get_args(List):
        raise InputError(f"refresh {name}: no such list; known: {', '.join(get_args(List))}")
    package, listed = read_list(name, place)
    root = next(layer.root for layer in reversed(base.layers) if FILE in layer.files)
    if (root.parent / "__init__.py").is_file():
        raise InputError(f"refresh: no folder of --rules has {FILE}, and an installed package is not written")
    offers, sources = (path.read_text("utf-8") if path.is_file() else "" for path in (root / FILE, root / SOURCES))
    made = {root / FILE: (offers, refresh_offers(offers, name, listed, base, day))}
    made[root / SOURCES] = (sources, refresh_source(sources, name, package, day))
    return package, {path: (old, new) for path, (old, new) in made.items() if old != new}


def read_list(name: str, place: Path | None) -> tuple[str, list[Listed]]:
    """Return the version of a list and its models; `place` is where its package was unpacked."""
    try:
        import ruamel.yaml  # noqa: F401 - what is read is of no use without it

        if name == "models.dev":
            package = json.loads(((place or REGISTRY) / "package.json").read_text("utf-8"))
            registry = json.loads(((place or REGISTRY) / "dist/provider-registry.json").read_text("utf-8"))
            return package["version"], list(_models_dev(registry))
        if place is not None:
            next(place.glob(f"{name.replace('-', '_')}-*.dist-info"))
            sys.path.insert(0, str(place))
        return version(name), list(_litellm() if name == "litellm" else _genai_prices())
    except (ImportError, OSError, ValueError, KeyError, AttributeError, StopIteration) as error:
        hint = f"pip install {name} ruamel.yaml" if name != "models.dev" else "npm install @mastra/core"
        why = f"its package cannot be read{f' in {place}' if place else ''} ({type(error).__name__})"
        raise InputError(f"refresh {name}: {why}; {hint}, or --from its folder") from error


def _litellm() -> Iterator[Listed]:
    file = distribution("litellm").locate_file("litellm/model_prices_and_context_window_backup.json")
    for key, entry in json.loads(Path(str(file)).read_text("utf-8")).items():
        provider, _, sent = key.rpartition("/") if "/" not in key else key.partition("/")
        rates = (entry.get("input_cost_per_token"), entry.get("output_cost_per_token"))
        ends = _DAY.match(entry.get("deprecation_date") or "")
        yield Listed(
            provider or entry.get("litellm_provider", "").removesuffix("_converse"),
            sent,
            [dict(zip(RATES, (_rate(rate and rate * 1e6) for rate in rates), strict=True))] if any(rates) else [],
            entry.get("max_input_tokens"),
            date.fromisoformat(ends[0]) if ends else None,
            entry.get("successor_model", "").rpartition("/")[2],
            features={to: "yes" if entry[key] else "no" for key, to in _FEATURES.items() if key in entry},
        )


def _genai_prices() -> Iterator[Listed]:
    for provider in import_module("genai_prices.data").providers:
        for model in provider.models:
            priced = []
            steps: list[Any] = model.prices if isinstance(model.prices, list) else [model]
            for step in steps:
                since = getattr(getattr(step, "constraint", None), "start_date", None)
                rates = (_rate(step.prices.input_mtok), _rate(step.prices.output_mtok))
                if None not in rates:
                    priced.append(({"since": since} if since else {}) | dict(zip(RATES, rates, strict=True)))
            yield Listed(provider.id, model.id, priced, model.context_window, ended=bool(model.deprecated))


def _models_dev(registry: dict[str, Any]) -> Iterator[Listed]:
    for provider, entry in registry["providers"].items():
        ended = {*entry.get("deprecatedModels", ())}
        yield from (Listed(provider, model, [], ended=model in ended) for model in entry["models"])


def _rate(usd: Any) -> float | None:
    """Round to what lists agree on: four places."""
    return None if not isinstance(usd, (int, float)) and not hasattr(usd, "as_tuple") else round(float(usd), 4)


def refresh_source(text: str, name: str, package: str, day: date) -> str:
    """Return the file of sources with the version of a list and the day it was read, where it is another version."""
    found = re.search(rf".*\bid: {re.escape(name)},.*", text)
    if found is None or f" {package}," in found[0]:
        return text
    line = re.sub(r"(?<= )\d+(\.\d+)+[^\s,]*(?=,)", package, found[0], count=1)
    return text.replace(found[0], re.sub(r"(?<=read: )[\d-]+", str(day), line))


def refresh_offers(text: str, name: str, listed: list[Listed], base: RuleBase, day: date) -> str:
    """Return the file of offers as a list has them now; what a person wrote stays."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 400  # a field a line, so that a diff reads well
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda *_: True
    data = yaml.load(text)
    rows = data["hosted"]
    for provider in base.providers.values():
        if name not in provider.listed_as:
            continue
        theirs = [item for item in listed if item.provider == provider.listed_as[name]]
        mine = [row for row in rows if row["id"].partition("/")[0] == provider.id]
        known = {_folded(sent) for row in mine for sent in (_sent(row), *(p["id"] for p in row.get("profiles", ())))}
        known |= {_folded(offer.sent) for offer in base.hosted.values() if offer.provider == provider.id}
        for row in (row for row in mine if "source" in row):  # else a layer changes an offer below it, or takes it away
            found = next((item for item in theirs if _folded(item.sent) == _folded(_sent(row))), None)
            if found:
                _update(row, name, found, base)
            _witness(row, name, found, has_provider=bool(theirs), day=day)
        for item in theirs:
            model = _model_of(item.sent, base)
            new = name in ADDING and not item.ended and not any(_folded(item.sent).endswith(sent) for sent in known)
            if model and new:
                added: Any = {"id": f"{provider.id}/{item.sent}", "provider": provider.id, "model": model}
                added |= {"as_of": day, "source": name}
                _update(added, name, item, base)
                _witness(added, name, item, has_provider=True, day=day)
                rows.append(added)
    rows.sort(key=lambda row: (row.get("model", ""), row["id"]))
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _witness(row: dict[str, Any], name: str, found: Listed | None, *, has_provider: bool, day: date) -> None:
    """Note whether the list has it, until the end that is known; what has ended keeps its day."""
    until = row.get("until")
    has = found is not None and not found.ended and (found.until in {None, until} or found.until > day)
    for key, holds in (("witnesses", has), ("missing_in", found is None and has_provider)):
        lists = [item for item in row.get(key, ()) if item != name] + [name] * holds
        if sorted(lists) != sorted(row.get(key, ())):
            row[key] = _flow(sorted(lists))
        if not row.get(key, True):
            del row[key]
    if has and (until is None or until > day):
        row["as_of"] = max(row["as_of"], day)


def _update(row: dict[str, Any], name: str, found: Listed, base: RuleBase) -> None:
    """Take price, end and features over: of two undated prices the dearer, and nothing that a person has written."""
    known = row.get("prices")
    if found.prices and (not known or row["source"] == name or len(found.prices) > 1 or _dearer(found, row)):
        if not known or [dict(price) for price in known] != found.prices:
            row["prices"] = _flow(found.prices)
        row["source"] = name
    if found.until and "until" not in row:
        row["until"], row["end_source"] = found.until, name
    for key in ("context_tokens", "replaced_by"):
        if key not in row and (told := getattr(found, key)):
            row[key] = told
    features = row.get("features", {})
    no_images = "image" not in base.models[row["model"]].inputs
    known = {*features, "images"} if no_images else features
    if new := {key: value for key, value in found.features.items() if key not in known}:
        row["features"] = _flow({**features, **new})


def _dearer(found: Listed, row: dict[str, Any]) -> bool:
    pairs = [(found.prices[-1][rate], row["prices"][-1][rate]) for rate in RATES]
    return len(row["prices"]) == 1 and any((new or 0) > (old or 0) * CLOSE for new, old in pairs)


def _flow(value: Any) -> Any:
    """Return plain data as YAML writes them on one line."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if not isinstance(value, (dict, list)):
        return value
    items = {key: _flow(item) for key, item in value.items()} if isinstance(value, dict) else map(_flow, value)
    made = CommentedMap(items) if isinstance(value, dict) else CommentedSeq(items)
    made.fa.set_flow_style()
    return made


def _sent(row: dict[str, Any]) -> str:
    return str(row["id"]).partition("/")[2]


def _folded(sent: str) -> str:
    plain = _OWN.sub("", sent.lower().rpartition("/")[2].removesuffix(":0").removesuffix("-v1"))
    return re.sub(r"[^a-z0-9]", "", plain)


def _model_of(sent: str, base: RuleBase) -> str | None:
    """The model that an id stands for where it names nothing but its family, size and kind, and how it is served."""
    plain = _SERVED.sub("", _OWN.sub("", sent.lower().rpartition("/")[2]))
    try:
        return model_id(re.sub(r"v?3[p_-](?=[123])", "3.", plain), base)
    except InputError:
        return None
