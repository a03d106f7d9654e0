"""Names that the scenario states, checked and resolved: wishes, people, hard limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.scenario import names
from llama_advisor.text.errors import InputError, nearest
from llama_advisor.text.yaml_file import printable

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.scenario.scenario import Scenario

EMPTY: frozenset[str] = frozenset()
SIXTEEN = 16


def wishes(scenario: Scenario, base: RuleBase, model: str | None) -> dict[str, Any]:
    """Resolve the engine, quantization and model named."""
    named = base.models[model] if model else None
    wished = names.quantization_ids(scenario.quantization, base) if scenario.quantization else ()
    if scenario.model and named and not wished:
        wished = names.named_build(scenario.model, named)
    return {
        "engine": names.engine_id(scenario.engine, base) if scenario.engine else None,
        "quantizations_wished": frozenset(wished),
        "quantization": wished[0] if wished else None,
        "model": model,
        "model_family": named.family if named else None,
        "model_parameters_b": named.parameters / 1e9 if named else None,
        "model_reads_images": "image" in named.inputs if named else None,
    }


def people(scenario: Scenario, base: RuleBase) -> dict[str, Any]:
    """Check languages and countries; tell who is in the EU."""
    regions = base.regions
    for code in scenario.languages:
        if code not in regions.languages:
            hint = nearest(code, [*regions.languages, *regions.languages.values()])
            raise InputError(f"languages: unknown language {printable(code)!r}; use an ISO 639-1 code{hint}")
    for field in ("domicile", "end_user_region"):
        code = getattr(scenario, field)
        if code is not None and code not in {*regions.countries, "EU"}:
            raise InputError(
                f"{field}: unknown country {printable(code)!r}; use an ISO 3166-1 code or EU"
                f"{nearest(code, regions.countries)}"
            )
    return {
        "languages": frozenset(scenario.languages),
        "domicile": scenario.domicile,
        "domicile_in_eu": _in_eu(scenario.domicile, regions.eu),
        "end_users_in_eu": _in_eu(scenario.end_user_region, regions.eu),
    }


def _in_eu(code: str | None, members: tuple[str, ...]) -> bool | None:
    return None if code is None else code == "EU" or code in members


def limits(scenario: Scenario, base: RuleBase) -> dict[str, Any]:
    """Hard limits by id."""
    only = scenario.only
    providers = {offer.provider for offer in base.hosted.values()}
    provider = names.one_of(scenario.provider, providers, "provider", "provider") if scenario.provider else None
    if only is None:
        return (
            {"sixteen_bit_only": False}
            | dict.fromkeys(("only_models", "only_families", "only_engines", "only_quantizations"), EMPTY)
            | {
                "max_parameters_b": None,
                "provider": provider,
            }
        )
    families = {model.family for model in base.models.values()}
    found = (names.quantization_ids(name, base, "only.quantizations") for name in only.quantizations)
    allowed = frozenset(item for ids in found for item in ids)
    return {
        "sixteen_bit_only": bool(allowed) and all(base.quantizations[item].bits == SIXTEEN for item in allowed),
        "only_models": frozenset(names.model_id(name, base, "only.models") for name in only.models),
        "only_families": frozenset(names.one_of(name, families, "only.families", "family") for name in only.families),
        "only_engines": frozenset(names.engine_id(name, base, "only.engines") for name in only.engines),
        "only_quantizations": allowed,
        "max_parameters_b": only.max_parameters_b,
        "provider": provider,
    }
