"""Entries for build servers: what they install, and the check that they run in the root of the repository."""

from __future__ import annotations

import json
import shlex
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from llama_advisor import __version__
from llama_advisor.check.files import file_text
from llama_advisor.scenario.project_file import scalar
from llama_advisor.text.errors import InputError

WORKFLOW_FILE = ".github/workflows/llama-advisor-check.yml"
WHEEL = f"tools/llama_advisor-{__version__}-py3-none-any.whl"
TEMPLATES = Path(__file__).parent / "templates"
PUBLIC = ("https://", "ssh://")


def requirement() -> str:
    """Return what installs this program elsewhere: the commit it was installed from, else a wheel in the repository.

    Never its bare name: whoever registers that on a package index would run in every build.
    """
    try:
        told = json.loads(distribution("llama-advisor").read_text("direct_url.json") or "{}")  # PEP 610
    except PackageNotFoundError:
        told = {}
    url, version_control = str(told.get("url")), told.get("vcs_info", {})
    if version_control.get("vcs") == "git" and url.startswith(PUBLIC):
        return f"llama-advisor @ git+{url}@{version_control['commit_id']}"
    return WHEEL


def default_branch(root: Path) -> str:
    """Return the branch that a clone began with; `main` where that is not known."""
    try:
        head = file_text(root / ".git/refs/remotes/origin/HEAD")
    except InputError:
        return "main"
    return head.strip().removeprefix("ref: refs/remotes/origin/")


def server_entry(server: str, install: str, path: str, branch: str = "main") -> str:
    """Return the entry for a build server, `github`, `gitlab` or `pre-commit`, that checks `path`."""
    environment = "language: system  # llama-advisor as it is installed"
    if "git+" in install:
        environment = f"language: python\n        additional_dependencies: [{scalar(install)}]"
    values = {"branch": scalar(branch), "install": shlex.quote(install), "environment": environment}
    values |= {"path": shlex.quote(path), "entry": scalar(f"llama-advisor check {shlex.quote(path)}")}
    text = file_text(TEMPLATES / f"{server}.yaml")
    for name, value in values.items():
        text = text.replace(f"<{name}>", value)
    return text
