"""What is new: since a git ref by the lines that changed, and against a baseline of known findings."""

from __future__ import annotations

import json
import os
import re
import subprocess
from bisect import bisect_left
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import ValidationError

from llama_advisor.check.files import file_text, lock_path, repository_root
from llama_advisor.check.findings import CheckFinding, Findings
from llama_advisor.text.errors import InputError
from llama_advisor.text.strict import Strict
from llama_advisor.text.wording import problem
from llama_advisor.text.yaml_file import printable

ABOUT_SOURCES = "LA3"
LONGEST_GIT_SECONDS = 60
LARGEST_BASELINE = 20_000_000
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_UNUSUAL = re.compile(rb'"(.*)"')


class KnownFinding(Strict):
    """A finding that was there when the baseline was written."""

    fingerprint: Annotated[str, "What it is known by."]
    code: Annotated[str, "Its code."]
    file: Annotated[str, "Its file."]
    deployment: Annotated[str | None, "Its deployment."]


class Baseline(Strict):
    """The findings that do not count, by file and code."""

    version: Annotated[Literal[1], "Version of this format."]
    findings: Annotated[tuple[KnownFinding, ...], "What is known."]


def read_baseline(path: Path) -> frozenset[str]:
    """Return the fingerprints of a baseline."""
    try:
        baseline = Baseline.model_validate_json(file_text(path, LARGEST_BASELINE))
    except InputError as error:
        raise InputError(f"--baseline: {printable(path)}: {error}; --write-baseline makes one") from error
    except ValidationError as error:
        raise InputError(f"--baseline: {printable(path)}: {printable(problem(error, Baseline)[1])}") from error
    return frozenset(item.fingerprint for item in baseline.findings)


def baseline_text(found: Findings, malformed: set[str]) -> str:
    """Return the baseline of what was found: all that no waiver accepts, but no malformed input."""
    order = ("file", "code", "deployment", "fingerprint")
    rows = [
        {name: getattr(item, name) for name in order}
        for item in found.findings
        if not (item.waived or item.code in malformed)
    ]
    rows.sort(key=lambda row: [row[name] or "" for name in order])
    return json.dumps({"version": 1, "findings": rows}, indent=2, ensure_ascii=False) + "\n"


class Changes(NamedTuple):
    """The lines that changed in each file of a repository since a ref."""

    root: Path
    lines: dict[Path, list[tuple[int, int]]]
    """First and last line of each change, in order; none for a file that is wholly new."""

    def keep(self, item: CheckFinding, project: Path) -> bool:
        """Whether a finding of a project is new: it or its project changed, or one about sources and any of these."""
        own, file = _real(project), _real(Path(item.file))
        if self.root not in file.parents or {own, _real(lock_path(project))} & self.lines.keys():
            return True
        if file == own:
            return item.code.startswith(ABOUT_SOURCES) and any(own.parent in path.parents for path in self.lines)
        changed = self.lines.get(file)
        of_the_file = (item.line, item.column) == (item.end_line, item.end_column)
        if not changed or of_the_file:
            return changed is not None
        place = bisect_left(changed, item.line, key=lambda lines: lines[1])
        return place < len(changed) and changed[place][0] <= item.end_line


def _real(path: Path) -> Path:
    return path.parent.resolve() / path.name


def changes_since(ref: str) -> Changes:
    """Return what changed in the repository around the current folder since it and a ref had a commit in common."""
    root = repository_root(Path())
    if root is None:
        raise InputError("--base: the current folder is in no git repository")
    commit = b"" if ref.startswith("-") else _git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if not commit:
        raise InputError(f"--base: {printable(ref)!r} is no commit, branch or tag of this repository")
    own = commit.decode().strip()
    shared = _git(root, "merge-base", own, "HEAD").decode().strip() or own  # a shallow clone has none
    plain = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/")
    patch = _git(root, "diff", "--unified=0", "--inter-hunk-context=0", *plain, shared, "--")
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    new = [root / os.fsdecode(name) for name in untracked.split(b"\0") if name]
    return Changes(root, changed_lines(patch, root) | {path: [] for path in new})


def _git(root: Path, *arguments: str) -> bytes:
    """Return what git writes; nothing where it refuses."""
    command = ["git", "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=False, timeout=LONGEST_GIT_SECONDS)  # noqa: S603  # fixed words and a commit
    except OSError as error:
        raise InputError("--base: git cannot be run") from error
    except subprocess.TimeoutExpired as error:
        raise InputError(f"--base: git took more than {LONGEST_GIT_SECONDS} seconds") from error
    return done.stdout if done.returncode == 0 else b""


def changed_lines(patch: bytes, root: Path) -> dict[Path, list[tuple[int, int]]]:
    """Return the lines that a patch without context changes, by file; what is removed changes the lines around it."""
    found: dict[Path, list[tuple[int, int]]] = {}
    at: list[tuple[int, int]] = []
    left = 0
    for line in patch.split(b"\n"):
        if left:
            left -= not line.startswith(b"\\")
        elif line.startswith(b"+++ "):
            name = line[4:].rstrip(b"\t")
            if unusual := _UNUSUAL.fullmatch(name):  # as C writes it
                name = unusual[1].decode("unicode_escape").encode("latin-1")
            at = found.setdefault(root / os.fsdecode(name.removeprefix(b"b/")), [])
        elif hunk := _HUNK.match(line):
            removed, start, added = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
            left = removed + added
            at.append((start, start + (added - 1 if added else 1)))
    return found
