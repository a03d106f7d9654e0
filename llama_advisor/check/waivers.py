"""Waivers: which findings they accept, and what is wrong with the waivers themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llama_advisor.text.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from llama_advisor.check.finding import Found
    from llama_advisor.check.project import ProjectFile, Read
    from llama_advisor.knowledge.upkeep_entries import FindingKind
    from llama_advisor.scenario.project_file import Waiver

EXPIRED, UNUSED, NO_REASON, NOT_WAIVABLE = "LA501", "LA502", "LA503", "LA504"
OWN = "LA5"


def waived(file: ProjectFile, found: list[Found], kinds: dict[str, FindingKind], as_of: date) -> Iterator[Found]:
    """Yield the findings of a file, those accepted marked, and then those about its waivers."""
    waivers = [(read, index, waiver) for read in file.reads for index, waiver in enumerate(read.project.waivers)]
    alive = {
        (waiver.code, waiver.deployment): waiver
        for _, _, waiver in waivers
        if waiver.expires >= as_of and _waivable(waiver.code, kinds)
    }
    for item in found:
        waiver = alive.get((item.code, item.deployment or ""))
        yield item.waived(waiver) if waiver else item
    used = {(item.code, item.deployment or "") for item in found}
    names = {deployment.name for read in file.reads for _, deployment in read.deployments()}
    for read, index, waiver in waivers:
        yield from _about(read, index, waiver, used, names, kinds, as_of)


def _waivable(code: str, kinds: dict[str, FindingKind]) -> bool:
    return code in kinds and not kinds[code].malformed and not code.startswith(OWN)


def _about(
    read: Read,
    index: int,
    waiver: Waiver,
    used: set[tuple[str, str]],
    names: set[str],
    kinds: dict[str, FindingKind],
    as_of: date,
) -> Iterator[Found]:
    where = ("waivers", index)
    about = f"{waiver.code} {waiver.deployment}"
    if not waiver.reason.strip():
        place = (*where, "reason") if "reason" in read.document.data["waivers"][index] else where
        yield read.at(NO_REASON, place, f"the waiver of {waiver.code} for {waiver.deployment} says no why", about=about)
    if not _waivable(waiver.code, kinds):
        can = [code for code in kinds if _waivable(code, kinds)]
        what = "cannot be waived" if waiver.code in kinds else f"is no code{nearest(waiver.code, can)}"
        yield read.at(NOT_WAIVABLE, (*where, "code"), f"{waiver.code} {what}", about=about)
    elif waiver.deployment not in names:
        text = f"no deployment is named {waiver.deployment!r}{nearest(waiver.deployment, names)}"
        yield read.at(NOT_WAIVABLE, (*where, "deployment"), text, about=about)
    elif waiver.expires < as_of:
        yield read.at(
            EXPIRED, (*where, "expires"), f"the waiver of {waiver.code} ended on {waiver.expires}", about=about
        )
    elif (waiver.code, waiver.deployment) not in used:
        text = f"{waiver.deployment} has no finding {waiver.code}"
        yield read.at(UNUSED, (*where, "code"), text, about=about)
