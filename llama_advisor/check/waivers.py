"""Findings that are accepted: by a waiver of the project file, or by a comment beside what they are about."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from os.path import relpath
from pathlib import PurePath
from typing import NamedTuple

from llama_advisor.check.files import covers
from llama_advisor.check.findings import LONGEST_TEXT, CheckFinding, SourceText, Waived, clean
from llama_advisor.check.project import ProjectDocument, ProjectFile
from llama_advisor.check.reading.lines import QUOTED
from llama_advisor.scenario.project_file import Waiver
from llama_advisor.text.errors import nearest

EXPIRED, UNUSED, NO_REASON, WRONG = "LA501", "LA502", "LA503", "LA504"
_COMMENT = (
    r"(?:#|//|--(?:\[\[)?|;|/\*|::|\b(?i:rem)\b)[ \t]*llama-advisor:[ \t]*ignore\b[ \t]*"
    r"(?P<codes>\w+(?:[ \t]*,[ \t]*[A-Za-z]+\d+\b)*)?[ \t:,\-]*(?P<reason>[^\r\n]*)"
)
_IN_CODE = re.compile(rf"(?P<quotes>\"\"\"|''')[\s\S]*?(?P=quotes)|{QUOTED}|(?P<comment>{_COMMENT})")
_IN_CELLS = re.compile(f"(?P<comment>{_COMMENT})")
"""In a notebook a line is a string."""
_END = re.compile(r"(?:-->|\*/|#\}|#>|\]\]|\\n)[\s\"',]*$")
_BREAK = r"(?:\r\n|\n|\r)"
_GOES_ON = re.compile(rf"{_BREAK}((?:[^\r\n]*\\[ \t]*{_BREAK}){{0,20}})")
"""The lines below one that go on in the next."""
_ALONE = re.compile(r"[\s\"']*(?:<!?|\{|@)?")
"""What may stand before a comment that is about the next line."""


class Placed(NamedTuple):
    """A waiver and where it stands."""

    inside: ProjectDocument
    position: int
    waiver: Waiver

    @property
    def place(self) -> tuple[int, int]:
        """What tells it from all others of the file."""
        return id(self.inside), self.position


class Ignored(NamedTuple):
    """A code that a comment ignores, and in which lines."""

    source: SourceText
    code: str
    reason: str
    start: int
    end: int
    lines: range


def ignored(source: SourceText) -> Iterator[Ignored]:
    """Yield what comments ignore: in their line; where one stands alone, in the next line and those that go on."""
    text = source.text
    pattern = _IN_CELLS if source.name.endswith(".ipynb") else _IN_CODE
    for match in pattern.finditer(text) if "llama-advisor:" in text else ():
        if not match["comment"]:
            continue
        begin = max(text.rfind("\n", 0, match.start()), text.rfind("\r", 0, match.start())) + 1
        first = last = source.span(match.start(), match.start())[0]
        if _ALONE.fullmatch(text, begin, match.start()):
            below = _GOES_ON.match(text, match.end())
            last += 1 + len(re.findall(_BREAK, below[1])) if below else 0
        reason = clean(_END.sub("", match["reason"])[:LONGEST_TEXT]).strip()
        if not match["codes"]:
            yield Ignored(source, "", reason, *match.span(), range(first, last + 1))
        else:
            for code in re.compile(r"\w+").finditer(text, *match.span("codes")):
                yield Ignored(source, code[0], reason, *code.span(), range(first, last + 1))


def with_waivers(
    file: ProjectFile, found: list[CheckFinding], sources: Iterable[SourceText], waivable: set[str], as_of: date
) -> Iterator[CheckFinding]:
    """Yield the findings of a project file, those accepted marked, and then those about what accepts them.

    A comment in one of the `sources` accepts what stands beside it, whichever deployment it is about.
    """
    waivers = [Placed(inside, *place) for inside in file.documents for place in enumerate(inside.project.waivers)]
    of_code: dict[tuple[str, str], list[Placed]] = defaultdict(list)
    for placed in waivers:
        of_code[placed.waiver.code, clean(placed.waiver.deployment)].append(placed)
    comments = [item for source in (file.source, *sources) for item in ignored(source)]
    named = [(clean(item.source.name), item) for item in comments]
    beside = {(name, line, item.code): item for name, item in named for line in item.lines}
    used: set[tuple[int, int] | Ignored] = set()
    for item in found:
        path = PurePath(relpath(item.file, file.path.parent))
        held = of_code.get((item.code, item.deployment or ""), ())
        about = {name.casefold() for name in item.about}
        held = [placed for placed in held if placed.waiver.path is None or covers([placed.waiver.path], path)]
        held = [placed for placed in held if about.issuperset(name.casefold() for name in placed.waiver.about)]
        used.update(placed.place for placed in held)
        valid = [placed.waiver for placed in held if placed.waiver.expires >= as_of]
        accepted = [Waived(reason=clean(waiver.reason), expires=waiver.expires) for waiver in valid]
        if comment := beside.get((item.file, item.line, item.code)):
            used.add(comment)
            accepted.append(Waived(reason=comment.reason))
        yield item._replace(waived=accepted[0]) if accepted and item.code in waivable else item
    names = {item.name for item in file.deployments}
    for placed in waivers:
        yield from _about_waiver(placed, names, waivable, as_of, used=placed.place in used)
    for comment in comments:
        if wrong := _about_comment(comment, waivable, used=comment in used):
            yield comment.source.finding(*wrong, comment.start, comment.end, about=comment.code)


def _about_waiver(
    placed: Placed, names: set[str], waivable: set[str], as_of: date, *, used: bool
) -> Iterator[CheckFinding]:
    """Yield what is wrong with a waiver."""
    inside, index, waiver = placed
    where, about = ("waivers", index), f"{waiver.code} {waiver.deployment}"
    if not waiver.reason.strip():
        place = (*where, "reason") if "reason" in inside.document.data["waivers"][index] else where
        text = f"the waiver of {waiver.code} for {waiver.deployment} says no why"
        yield inside.finding(NO_REASON, place, text, about)
    within = f" in {waiver.path}" if waiver.path else ""
    within += f" about {' and '.join(waiver.about)}" if waiver.about else ""
    code, key, text = UNUSED, "code", f"{waiver.deployment} has no finding {waiver.code}{within}"
    if waiver.code not in waivable:
        code, text = WRONG, _unwaivable(waiver.code, waivable, inside.source)
    elif waiver.deployment not in names:
        text = f"no deployment is named {waiver.deployment!r}{nearest(waiver.deployment, names)}"
        code, key = WRONG, "deployment"
    elif waiver.expires < as_of:
        code, key, text = EXPIRED, "expires", f"the waiver of {waiver.code} ended on {waiver.expires}"
    elif used:
        return
    yield inside.finding(code, (*where, key), text, about)


def _about_comment(comment: Ignored, waivable: set[str], *, used: bool) -> tuple[str, str] | None:
    """Return the code and sentence for what is wrong with a comment."""
    if comment.code not in waivable:
        return WRONG, _unwaivable(comment.code, waivable, comment.source)
    if not comment.reason:
        return NO_REASON, f"the comment that ignores {comment.code} says no why"
    return None if used else (UNUSED, f"there is no finding {comment.code} here")


def _unwaivable(code: str, waivable: set[str], source: SourceText) -> str:
    if code in source.kinds:
        return f"{code} cannot be waived"
    return f"{code} is no code{nearest(code, waivable)}" if code else "no code is named"
