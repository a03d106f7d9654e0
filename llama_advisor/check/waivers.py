"""Waivers: which findings they accept, and what is wrong with the waivers themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.check.findings import Waived, clean
from llama_advisor.text.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from llama_advisor.check.findings import CheckFinding
    from llama_advisor.check.project import ProjectFile
    from llama_advisor.knowledge.upkeep_entries import FindingKind

EXPIRED, UNUSED, NO_REASON, NOT_WAIVABLE = "LA501", "LA502", "LA503", "LA504"
OWN = "LA5"


def with_waivers(
    file: ProjectFile, found: list[CheckFinding], kinds: Mapping[str, FindingKind], as_of: date
) -> Iterator[CheckFinding]:
    """Yield the findings of a file, those accepted marked, and then those about its waivers."""
    waivers = [(inside, *place) for inside in file.documents for place in enumerate(inside.project.waivers)]
    waivable = {code for code, kind in kinds.items() if not kind.malformed and not code.startswith(OWN)}
    valid = {
        (waiver.code, clean(waiver.deployment)): Waived(reason=clean(waiver.reason), expires=waiver.expires)
        for _, _, waiver in waivers
        if waiver.expires >= as_of and waiver.code in waivable
    }
    for item in found:
        waived = valid.get((item.code, item.deployment or ""))
        yield item._replace(waived=waived) if waived else item
    used = {(item.code, item.deployment or "") for item in found}
    names = {item.name for item in file.deployments}
    for inside, index, waiver in waivers:
        where = ("waivers", index)
        about = f"{waiver.code} {waiver.deployment}"
        if not waiver.reason.strip():
            place = (*where, "reason") if "reason" in inside.document.data["waivers"][index] else where
            text = f"the waiver of {waiver.code} for {waiver.deployment} says no why"
            yield inside.finding(NO_REASON, place, text, about)
        if waiver.code not in waivable:
            what = "cannot be waived" if waiver.code in kinds else f"is no code{nearest(waiver.code, waivable)}"
            yield inside.finding(NOT_WAIVABLE, (*where, "code"), f"{waiver.code} {what}", about)
        elif waiver.deployment not in names:
            text = f"no deployment is named {waiver.deployment!r}{nearest(waiver.deployment, names)}"
            yield inside.finding(NOT_WAIVABLE, (*where, "deployment"), text, about)
        elif waiver.expires < as_of:
            text = f"the waiver of {waiver.code} ended on {waiver.expires}"
            yield inside.finding(EXPIRED, (*where, "expires"), text, about)
        elif (waiver.code, clean(waiver.deployment)) not in used:
            text = f"{waiver.deployment} has no finding {waiver.code}"
            yield inside.finding(UNUSED, (*where, "code"), text, about)
