"""Rule-base folders as plain data: read, cached by content, and laid one over the other."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llama_advisor.text.errors import InputError, RuleBaseError
from llama_advisor.text.yaml_file import Document, parse

_FORMAT = "2"


@dataclass(frozen=True)
class Layer:
    """One folder of rules."""

    root: Path
    label: str
    digest: str
    files: dict[str, Any]

    def document(self, relative: str) -> Document:
        """Read one file again, with the positions of its values."""
        path = self.root / relative
        return parse(path.read_text(encoding="utf-8"), f"{self.label}/{relative}")


def read_layer(root: Path, label: str) -> Layer:
    """Read every YAML file below `root`; raise RuleBaseError with the position of what is wrong."""
    if not root.is_dir():
        raise InputError(f"--rules {root}: not a directory")
    texts = {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.yaml"))}
    digest = _digest(texts)
    files = _cached(digest)
    if files is None:
        files = {name: _parsed(content, f"{label}/{name}") for name, content in texts.items()}
        _keep(digest, files)
    return Layer(root, label, digest, files)


def merged(lower: Any, upper: Any) -> Any:
    """Lay `upper` over `lower`: mappings by key, lists of entries by id, all else replaced."""
    if isinstance(lower, dict) and isinstance(upper, dict):
        return lower | {key: merged(lower[key], value) if key in lower else value for key, value in upper.items()}
    if _entries(lower) and _entries(upper):
        by_id = {entry["id"]: entry for entry in lower}
        for entry in upper:
            by_id[entry["id"]] = merged(by_id.get(entry["id"], {}), entry)
        return list(by_id.values())
    return upper


def _entries(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "id" in item for item in value)


def _parsed(content: bytes, name: str) -> Any:
    try:
        return parse(content.decode("utf-8"), name).data
    except UnicodeDecodeError as error:
        raise RuleBaseError(f"{name}: not UTF-8 text (byte {error.start})") from error
    except InputError as error:
        raise RuleBaseError(str(error)) from error


def _digest(texts: dict[str, bytes]) -> str:
    total = hashlib.sha256(_FORMAT.encode())
    for name, content in texts.items():
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "llama-advisor"


def _cached(digest: str) -> dict[str, Any] | None:
    """Return the parsed files of an unchanged folder; a cache that cannot be read is no cache."""
    try:
        found = json.loads((_cache_folder() / f"{digest}.json").read_bytes())
    except (OSError, ValueError, RuntimeError):
        return None
    return found if isinstance(found, dict) else None


def _keep(digest: str, files: dict[str, Any]) -> None:
    try:
        folder = _cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-8]:
            old.unlink()
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as part:
            json.dump(files, part)
        Path(part.name).replace(folder / f"{digest}.json")
    except (OSError, RuntimeError):
        return
