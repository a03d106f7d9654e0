"""Upkeep of the rule base: lints, examples, coverage and ablation; findings with codes that rules/findings/ defines."""

from __future__ import annotations

from typing import Any, NamedTuple

from llama_advisor.knowledge.base import RuleBase


class Finding(NamedTuple):
    """Something about an entry that a maintainer should look at."""

    code: str
    kind: str
    entry: str
    text: str
    loc: tuple[Any, ...] = ()

    def where(self, base: RuleBase) -> str:
        """Return `file:line:column`; a finding about no file stands at the rule base itself."""
        if not self.kind and not self.entry:
            return base.layers[0].label
        origin = base.origin(self.kind, self.entry)
        return origin.layer.document(origin.file).where((*origin.loc, *self.loc))
