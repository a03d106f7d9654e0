"""Files that change what a source says and are no sources: values of an environment, compose overrides, overlays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from llama_advisor.check.files import covers, file_text, files_below, leads_out
from llama_advisor.check.findings import CheckFinding
from llama_advisor.check.sources import Sources
from llama_advisor.knowledge.upkeep_entries import Overriding
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import parse

SHOWN = 3


class Overrides:
    """What changes the files of a project below a folder; overlays are looked for where a source is part of one."""

    def __init__(self, folder: Path, known: Overriding) -> None:
        self.folder, self.known = folder, known

    def findings(
        self, sources: Sources, listed: frozenset[Path], deploys: Callable[[Path, str], bool]
    ) -> Iterator[CheckFinding]:
        """Yield the sources of a deployment that files which are not `listed` change."""
        for source in sources.files:
            names = []
            for path in self.changing(source):
                apart = path in listed or not path.is_relative_to(self.folder) or leads_out(self.folder, path)
                if apart or not path.is_file():
                    continue
                name = path.relative_to(self.folder)
                if not covers(sources.exclude, name) and deploys(path, name.as_posix()):
                    names.append(name.as_posix())
            if names:
                changed = source.relative_to(self.folder).as_posix()
                shown = ", ".join(names[:SHOWN]) + ", …" * (len(names) > SHOWN)
                text = f"{sources.item.name}: {changed} may be changed by {shown}, no source of any deployment"
                yield sources.item.finding("LA312", sources.place(source), text, changed)

    def changing(self, source: Path) -> dict[Path, None]:
        """Return the files that change what a source says, by their names or as overlays."""
        return dict.fromkeys((*self._beside(source), *self._overlays(source)))

    def _beside(self, source: Path) -> Iterator[Path]:
        """Yield the files that change one of their folder by what they are called."""
        patterns = [by for row in self.known.beside if _called(source.name, row.of) for by in row.by]
        if patterns:
            names = next(os.walk(source.parent), ("", [], []))[2]
            yield from (source.parent / name for name in sorted(names) if _called(name, patterns))

    def _overlays(self, source: Path) -> Iterator[Path]:
        """Yield the overlays that build on a source, over any number of steps, and their patches."""
        folders = [path for path in source.parents if path.is_relative_to(self.folder)]
        if not any((path / name).exists() for path in folders for name in self.known.overlays):
            return
        reached = {source}
        layers = dict.fromkeys(path for path in self._layers if path == source)
        while True:
            reached |= {path.parent for path in layers}
            bases = {path: {*self._named(path, self.known.bases)} for path in self._layers if path not in layers}
            above = [path for path, held in bases.items() if reached & held]
            if not above:
                break
            layers |= dict.fromkeys(above)
        for path in layers:
            yield from (path, *self._named(path, self.known.patches))

    @cached_property
    def _layers(self) -> dict[Path, dict[str, Any]]:
        found: dict[Path, dict[str, Any]] = {}
        for path in files_below(self.folder):
            if path.name in self.known.overlays:
                try:
                    data = parse(file_text(path), path.name).data
                except InputError:
                    continue
                found[path] = data if isinstance(data, dict) else {}
        return found

    def _named(self, path: Path, keys: Iterable[str]) -> Iterator[Path]:
        """Yield the files and folders that an overlay names under some keys."""
        for held in map(self._layers[path].get, keys):
            for item in held if isinstance(held, list) else ():
                name = item.get("path") if isinstance(item, dict) else item
                if isinstance(name, str) and "\n" not in name:
                    yield Path(os.path.normpath(path.parent / name))


def _called(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns)
