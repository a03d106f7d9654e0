"""Which options of a command its program does not have, by the lists in `rules/programs/`."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llama_advisor.knowledge.engine import Program

UNCHECKED = frozenset(
    [
        "apt",
        "aws",
        "brew",
        "cat",
        "cmake",
        "curl",
        "docker",
        "export",
        "for",
        "git",
        "llama-advisor",
        "mlx.launch",
        "mv",
        "nginx",
        "npm",
        "nvidia-smi",
        "pip",
        "podman",
        "printf",
        "ray",
        "sh",
        "sudo",
        "tar",
        "tee",
        "test",
        "uv",
    ]
)
"""Tools around the engines, whose options are theirs."""
_PLACE = re.compile(r"\{\w+\}")
_VARIABLE = re.compile(r"([A-Z][A-Z0-9_]*)=")
_SETTING = re.compile(r"(?:\+\+?)?([a-z]\w*(?:\.\w+)+)=")
_OPTION = re.compile(r"(--?[A-Za-z][\w.-]*)")


def unknown_options(command_line: str, programs: Mapping[str, Program], version: str = "") -> list[str]:
    """Return the options, settings and variables that the programs of a line do not have, in order.

    A name in braces is filled in elsewhere and passes. Of a program in an older release `version` is asked, where it
    is listed. The options of a program that is not listed are all unknown.
    """
    words = shlex.split(_PLACE.sub("X", command_line), comments=True)
    return [word for command in _commands(words) for word in _unknown(command, programs, version)]


def _commands(words: list[str]) -> Iterator[list[str]]:
    """Split words at `&&`, `;`, `|` and `&`."""
    command: list[str] = []
    for word in words:
        if word in {"&&", ";", "|", "||", "&"}:
            yield command
            command = []
        elif word not in {"{", "}"}:
            command.append(word)
    yield command


def _unknown(words: list[str], programs: Mapping[str, Program], version: str) -> Iterator[str]:
    variables = []
    while words and _VARIABLE.match(words[0]):
        variables.append(words[0].partition("=")[0])
        words = words[1:]
    line = _python(" ".join(words))
    if words[:2] == ["docker", "run"] and "--entrypoint" in words:  # what runs in the container is what counts
        place = words.index("--entrypoint")
        words = [words[place + 1].rpartition("/")[2], *words[place + 3 :]]
        line = _python(" ".join(words))
    if not words or words[0] in UNCHECKED or line.startswith(("python -c ", "python -m webbrowser ")):
        return
    spelled = {_python(name): item for key, item in programs.items() for name in (key, *item.also)}
    named = max((name for name in spelled if f"{line} ".startswith(f"{name} ")), key=len, default="")
    program = programs.get(f"{named} {version}", spelled.get(named))
    known = set(program.options.split()) if program else set()
    settable = set(program.environment.split()) if program else set()
    families = {name.partition("_")[0] for name in settable}
    yield from (name for name in variables if name.partition("_")[0] in families and name not in settable)
    for word in words[len(named.split()) :]:
        if found := _OPTION.match(word) or _SETTING.match(word):
            name = found[1]
            if name not in known:
                yield name


def _python(line: str) -> str:
    return re.sub(r"^python3\b", "python", line)
