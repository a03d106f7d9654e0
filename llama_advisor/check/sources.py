"""The sources of a deployment: the files that its patterns name, and what is selected in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from llama_advisor.check.files import NAMES, covers, leads_out, leaves_folder, matching, own_files, with_selector
from llama_advisor.check.findings import CheckFinding
from llama_advisor.check.project import Deployed
from llama_advisor.check.reading.deployments import Deployment, selected
from llama_advisor.text.errors import nearest


class Sources:
    """The files of a deployment, each with its name as the reader is told it, and what is wrong with the patterns."""

    def __init__(self, item: Deployed) -> None:
        self.item = item
        self.files: dict[Path, str] = {}
        self.left_out: list[Path] = []
        self.findings: list[CheckFinding] = []
        self._selectors: dict[Path, dict[int, str | None]] = {}
        """The patterns that name a file, each with its selector."""
        self._known: dict[int, set[str]] = {}
        """What a selector that has selected nothing yet could have been, by its pattern."""
        project, folder = item.inside.path, item.inside.path.parent
        own = own_files(project)
        self.exclude = exclude = (*item.inside.project.exclude, *item.deployment.exclude)
        for index, written in enumerate(item.deployment.sources):
            pattern, selector = with_selector(folder, written)
            if leaves_folder(folder, pattern):
                continue
            matched = [path for path in matching(folder, pattern) if path not in own and path.name not in NAMES]
            kept = [path for path in matched if not covers(exclude, path.relative_to(folder))]
            if not kept:
                text = f"{item.name}: {pattern!r} matches no file{' that is not excluded' if matched else ''}"
                self.findings.append(item.finding("LA306", item.pattern_place(index), text, written))
            elif selector is not None:
                self._known[index] = set()
            for path in kept:
                name = path.relative_to(folder).as_posix()
                if path.is_symlink() and leads_out(folder, path):
                    self.left_out.append(path)
                    text = f"{item.name}: {name} is a link out of the folder of the project file"
                    self.findings.append(item.finding("LA307", item.pattern_place(index), text, name))
                    continue
                # What is named is read though it lies among tests.
                self.files[path] = name if set(pattern) & set("*?") else path.name
                self._selectors.setdefault(path, {})[index] = selector

        if not self.files and not self.left_out:
            self.findings = [found._replace(severity="error") for found in self.findings]

    def place(self, path: Path) -> tuple[Any, ...]:
        """Return the place of the first pattern that names a file."""
        return self.item.pattern_place(min(self._selectors[path]))

    def whole(self, path: Path) -> bool:
        """Whether all of a file is compared."""
        return None in self._selectors.get(path, {}).values()

    def selected(self, path: Path, deployments: tuple[Deployment, ...]) -> tuple[Deployment, ...]:
        """Return those of a file's deployments that the patterns select."""
        found: list[tuple[Deployment, ...]] = []
        for index, selector in self._selectors[path].items():
            held = deployments if selector is None else selected(deployments, selector)
            found.append(held)
            if index in self._known and held:
                del self._known[index]
            elif index in self._known:
                self._known[index].update(_told_apart(deployments))
        return found[0] if len(found) == 1 else tuple(dict.fromkeys(chain.from_iterable(found)))

    def missed(self) -> Iterator[CheckFinding]:
        """Yield the selectors that selected nothing in any file read."""
        for index, known in self._known.items():
            written = self.item.deployment.sources[index]
            selector = written.rpartition("#")[2]
            text = f"{self.item.name}: {selector!r} is no name or key around a model{nearest(selector, known)}"
            yield self.item.finding("LA306", self.item.pattern_place(index), text, written)._replace(severity="error")


def _told_apart(deployments: tuple[Deployment, ...]) -> set[str]:
    """Return the names that select some of a file's models, of one model all."""
    names = [set(item.names) for item in deployments if item.model]
    told = Counter(chain.from_iterable(names))
    return {name for name, count in told.items() if count < len(names) or len(names) == 1}
