"""Findings of the check: the same ones in the same order in each format, and the table of formats."""

from __future__ import annotations

import re
from collections.abc import Callable
from os.path import normpath
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from llama_advisor.check.findings import CheckFinding, Findings
from llama_advisor.knowledge.upkeep_entries import FindingKind
from llama_advisor.render.formats import View, fence, json_answer
from llama_advisor.render.screen import Screen, cell_len
from llama_advisor.text.tables import made, table

STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
SHOWN_COLUMNS = 110
BEFORE = 60
GITHUB_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY = DATA | str.maketrans({":": "%3A", ",": "%2C"})  # What would end a workflow command, or a property of it.
GITLAB_LEVELS = {"error": "major", "warning": "minor", "note": "info"}
MALFORMED = "critical"
NOT_XML = str.maketrans("\ufffe\uffff", "??")  # The characters that XML 1.0 has no way to write.
ROOT = "%SRCROOT%"
KNOWN = "known: it stands in the baseline"
FORMS = table(__file__)  # What is written of a finding in which format.


class Shown(NamedTuple):
    """What a format is made of."""

    result: Findings
    kinds: dict[str, FindingKind]
    view: View
    root: Path | None = None  # The repository around the folder where the check runs.

    @property
    def in_repository(self) -> list[CheckFinding]:
        """All findings as build servers know their files: from the root of the repository."""
        told = []
        for item in self.result.findings:
            path = Path(normpath(Path.cwd() / item.file))
            name = path.relative_to(self.root).as_posix() if self.root and self.root in path.parents else item.file
            mark = item.fingerprint if name == item.file else f"{item.fingerprint}:{name}"
            told.append(item._replace(file=name, fingerprint=mark))
        return told

    @property
    def counts(self) -> str:
        """The numbers of findings, in words."""
        summary = self.result.summary._asdict()
        parts = ", ".join(_many(summary[level], level) for level in STYLES)
        apart = (f"; {_many(summary[kind], 'finding')} {kind}" for kind in ("waived", "known") if summary[kind])
        where = f"{_many(self.result.deployments, 'deployment')} in {_many(self.result.files, 'file')}"
        return f"{parts} in {where}{''.join(apart)}"

    @property
    def scanned(self) -> str:
        """How much was looked at, in words."""
        files, deployments, not_read = self.result.scanned._asdict().values()
        what = f"{_many(files, 'file')}, read {_many(deployments, 'deployment')}, {_many(not_read, 'file')} not read"
        return f"scanned {what}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _text(shown: Shown) -> str:
    """Write place, sentence, the line with a caret under it, what to do; at the end a line of counts."""
    out = Screen(colour=shown.view.colour, width=shown.view.width)
    for item in (item for item in shown.result.findings if item.counts):
        name = f"./{item.file}" if item.file.lstrip().startswith(":") else item.file
        style = STYLES[item.severity]
        out.unwrapped(
            (f"{name}:{item.line}:{item.column}: ", ""),
            (f"{item.code} {item.severity}", style),
            (f": {item.text}", ""),
        )
        pad = " " * len(str(item.line))
        if item.snippet.strip() and item.column <= len(item.snippet) + 1:
            line = item.snippet.replace("\t", " ")
            start = item.column - 1
            end = item.end_column - 1 if item.end_line == item.line else len(line)
            cut = max(0, start - BEFORE) if len(line) > SHOWN_COLUMNS else 0
            part = line[cut : cut + SHOWN_COLUMNS]  # the part of the line around the value, and carets under it
            before, value = part[: start - cut], part[start - cut : max(start - cut, end - cut)]
            out.unwrapped((f"  {item.line} | {part}", ""))
            out.unwrapped((f"  {pad} | {' ' * cell_len(before)}{'^' * max(1, cell_len(value))}", style))
        if item.fix:
            out.unwrapped((f"  {pad} = {item.fix}", "dim"))
    out.lines += [shown.counts, shown.scanned]
    return out.text()


def _markdown(shown: Shown) -> str:
    """Write a table for the summary of a job; what comes from files stands in code spans, where nothing links."""
    result = shown.result
    lines = [f"### llama-advisor check: {'failed' if result.exit_code else 'passed'}\n"]
    lines += [f"{shown.counts}, as of {result.as_of}.\n"]
    if result.findings:
        lines += ["| | code | where | what |\n|---|---|---|---|"]
        for item in result.findings:
            level = item.waived.words if item.waived else "known" if item.known else item.severity
            where = _code_span(f"{item.file}:{item.line}:{item.column}")
            what = f"{item.text} ({item.waived.reason})" if item.waived else item.text
            lines += [f"| {level} | {item.code} | {where} | {_code_span(what)} |"]
        kinds = [shown.kinds[code] for code in sorted({item.code for item in result.findings})]
        lines += ["", *(f"- **{kind.id}** {kind.title}. {kind.fix}" for kind in kinds)]
    return "\n".join(lines) + "\n"


def _code_span(text: str) -> str:
    """Return text as a code span that ends where it should, also in a table."""
    mark = fence(text)
    return re.sub(r"([\\|])", r"\\\1", f"{mark} {text} {mark}")


def _github(shown: Shown) -> str:
    """Write a workflow command for each finding, which becomes an annotation beside its line, then the counts."""
    lines = []
    for item in shown.in_repository:
        if not item.counts:
            continue
        place = {"file": item.file, "line": item.line, "endLine": item.end_line}
        if item.end_line == item.line:
            place |= {"col": item.column, "endColumn": max(item.column, item.end_column - 1)}
        place |= {"title": f"{item.code} {item.title}"}
        properties = ",".join(f"{name}={str(value).translate(PROPERTY)}" for name, value in place.items())
        lines.append(f"::{GITHUB_LEVELS[item.severity]} {properties}::{_with_fix(item).translate(DATA)}")
    return "".join(f"{line}\n" for line in (*lines, shown.counts))


def _with_fix(item: CheckFinding) -> str:
    return f"{item.text}. {item.fix}" if item.fix else item.text


def _gitlab(shown: Shown) -> str:
    """Write a code quality report; GitLab keeps no suppressed findings."""
    report = []
    for item in (item for item in shown.in_repository if item.counts):
        level = MALFORMED if shown.kinds[item.code].malformed else GITLAB_LEVELS[item.severity]
        report.append(made(FORMS["gitlab"], item._asdict() | {"description": _with_fix(item), "level": level}))
    return json_answer(report)


def _junit(shown: Shown) -> str:
    """Write one suite, a case for each finding: failed where the check fails, skipped where something accepts it.

    Only elements and attributes that Jenkins knows: its junit-10.xsd refuses all others.
    """
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    result = shown.result
    count = str(max(1, len(result.findings)))  # a check without findings is one case that passed
    counts = {"tests": count, "failures": str(sum(item.fails for item in result.findings)), "errors": "0"}
    root = Element("testsuites", {"name": "llama-advisor check"} | counts)
    suite = SubElement(root, "testsuite", root.attrib | {"skipped": str(result.summary.waived + result.summary.known)})
    for item in result.findings:
        where = f"{item.file}:{item.line}:{item.column}"
        about = f" {item.deployment}" if item.deployment else ""
        case = SubElement(suite, "testcase", {"classname": item.file, "name": f"{item.code}{about} {where}"})
        told = f"{where}: {item.code} {item.severity}: {item.text}. {item.fix}"
        if not item.counts:
            reason = f"{item.waived.words}: {item.waived.reason}" if item.waived else KNOWN
            SubElement(case, "skipped", {"message": reason}).text = told
        elif item.fails:
            SubElement(case, "failure", {"type": item.code, "message": item.text}).text = told
        else:
            SubElement(case, "system-out").text = told
    if not result.findings:
        SubElement(suite, "testcase", {"classname": "llama-advisor", "name": "no findings"})
    indent(root)
    text = tostring(root, encoding="unicode").translate(NOT_XML).replace("##", "#&#35;")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _sarif(shown: Shown) -> str:
    """Write one run of SARIF 2.1.0, in the part that code scanning reads; suppressed findings stay in it."""
    result, rules = shown.result, []
    codes = sorted({item.code for item in result.findings})
    for kind in (shown.kinds[code] for code in codes):
        says = kind.explanation.strip()
        told = {"text": f"{says} {kind.fix}".strip(), "markdown": f"{says}\n\n**What to do:** {kind.fix}"}
        problem = "recommendation" if kind.severity == "note" else kind.severity
        rules.append(made(FORMS["rule"], kind._asdict() | told | {"explanation": says, "problem": problem}))
    given = {"version": result.rulebase.version, "done": result.exit_code <= 1, "exit_code": result.exit_code}
    results = [_sarif_result(item, codes.index(item.code)) for item in shown.in_repository]
    return json_answer(made(FORMS["sarif"], given | {"rules": rules, "results": results}))


def _sarif_result(item: CheckFinding, index: int) -> Any:
    """Return a finding with its place, its waiver and its fix."""
    # A file is a URI: relative to the root of the sources, percent-encoded; no other scheme can come of it.
    path = PurePosixPath(item.file)
    file = {"uri": (PurePosixPath("/") / path).as_uri()}
    if not path.is_absolute():
        file = {"uri": file["uri"].removeprefix("file:///"), "uriBaseId": ROOT}
    start = {"startLine": item.line, "startColumn": item.column}
    region = start | {"endLine": item.end_line, "endColumn": item.end_column}
    given = item._asdict() | {"index": index, "text": item.text.replace("](", "] ("), "file": file, "region": region}
    reason, until = (item.waived.reason, item.waived.expires) if item.waived else (KNOWN, None)
    kind = "inSource" if item.waived and not until else "external"
    accepted = {"kind": kind, "told": f"{reason} (until {until})" if until else reason}
    given["suppressions"] = None if item.counts else [made(FORMS["suppression"], accepted)]
    fix = {"says": f"write {item.replacement}", "text": item.replacement, "file": file, "region": region}
    return made(FORMS["result"], given | {"fixes": None if item.replacement is None else [made(FORMS["fix"], fix)]})


FORMATS: dict[str, Callable[[Shown], str]] = {
    "text": _text,
    "json": lambda shown: json_answer(shown.result),
    "sarif": _sarif,
    "junit": _junit,
    "github": _github,
    "gitlab": _gitlab,
    "markdown": _markdown,
}
