"""Every option of a printed command is in the list of its program, in the release that the command is for."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "upstream"))
from options import unknown_options

from llama_advisor.engine.rules import load_rules

BASE = load_rules()


def command_lines() -> list[tuple[str, str, str]]:
    """Commands of all engines: engine, version where it is an older one, and line with all that may fill it in."""
    found = []
    for engine in BASE.engines.values():
        flags = {
            f"{item.flags} {more}" for item in engine.quantizations for more in ("", *item.architecture_flags.values())
        }
        filled = {"{quantization_flags}": flags, "{kv_cache_flags}": set(engine.kv_cache_flags.values())}
        places = [("", command) for command in engine.commands]
        for item in engine.architectures:
            version = re.sub(r"^\D*", "", item.pin or "")
            places += [(version, command) for command in item.commands or (engine.commands if item.pin else ())]
        for version, command in places:
            lines = {command}
            for place, values in filled.items():
                lines = {line.replace(place, value) for line in lines for value in values or {""}}
            found += [(engine.id, version, line) for line in sorted(lines)]
    return found


@pytest.mark.parametrize(("engine", "version", "line"), command_lines())
def test_a_printed_option_is_known(engine: str, version: str, line: str) -> None:
    assert unknown_options(line, BASE.programs, version) == [], f"{engine}: {line}"


def test_lists_are_sorted_and_say_nothing_twice() -> None:
    for program in BASE.programs.values():
        for text in (program.options, program.environment):
            assert text.split() == sorted(set(text.split())), program.id


def test_an_older_release_is_named_by_its_version() -> None:
    for name, program in BASE.programs.items():
        newest = BASE.programs.get(name.removesuffix(f" {program.version}"))
        assert newest is not None
        assert newest is program or newest.version != program.version
