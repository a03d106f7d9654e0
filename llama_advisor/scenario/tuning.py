"""How it is tuned: names read, and the sample that is assumed where none was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.scenario import names
from llama_advisor.scenario.scenario import Assumption, Tuning

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase


def tuning_of(said: Tuning | None, context_tokens: int | None, base: RuleBase) -> tuple[Tuning, tuple[Assumption, ...]]:
    """Complete what was said: a sample is as long as the context stated, else as usual; raise InputError for names."""
    tuning = said or Tuning()
    found: dict[str, object] = {}
    for field, entries in (("trainer", base.trainers), ("optimizer", base.optimizers)):
        if name := getattr(tuning, field):
            ids = {text: entry.id for entry in entries.values() for text in (entry.id, *entry.aliases)}
            found[field] = ids[names.one_of(name, ids, f"tuning.{field}", field)]
    if tuning.sample_tokens is None:
        found["sample_tokens"] = context_tokens or base.constants.assumed_load.sample_tokens
    tuning = tuning.model_copy(update=found)
    if "sample_tokens" not in found:
        return tuning, ()
    why = (
        "as long as the context; state tuning.sample_tokens"
        if context_tokens
        else "usual; longer ones take more memory"
    )
    stated = said.model_dump(mode="json", exclude_defaults=True) if said else {}
    return tuning, (Assumption("tuning", stated | {"sample_tokens": tuning.sample_tokens}, why),)
