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
PART = re.compile(r"\[\[(.*?)\]\]")


def command_lines() -> list[tuple[str, str, str]]:
    """Commands of all engines and trainers: owner, version where it is an older one, line with its flags filled in."""
    found = [(name, "", step.run) for name, trainer in BASE.trainers.items() for step in trainer.steps]
    for engine in BASE.engines.values():
        items = engine.quantizations
        filled = {
            "{quantization_flags}": {
                f"{x.flags} {more}" for x in items for more in ("", *x.architecture_flags.values())
            },
            "{kv_cache_flags}": set(engine.kv_cache_flags.values()),
            "{tool_flags}": set(engine.tool_flags.values()),
            "{node_flags}": set(engine.node_flags.values()),
        }
        pinned = [item for item in engine.architectures if item.pin]
        for step in engine.steps:
            lines = {step.run} if step.language == "sh" else set()
            for place, values in filled.items():
                lines = {line.replace(place, value) for line in lines for value in values or {""}}
            own = {name for other in engine.steps if other.step == step.step for name in other.models}
            versions = {
                re.sub(r"^\D*", "", x.pin or "")
                for x in pinned
                if x.architecture in step.models or (not step.models and x.architecture not in own)
            }
            found += [(engine.id, version, line) for line in sorted(lines) for version in sorted({"", *versions})]
        starts = [step.run for step in engine.steps if step.step == "start" and step.language == "sh"]
        found += [(engine.id, "", f"{start} {engine.adapter_flags}") for start in starts if engine.adapter_flags]
    return [(owner, version, PART.sub(kept, line)) for owner, version, line in found for kept in ("", r"\1")]


@pytest.mark.parametrize(("owner", "version", "line"), command_lines())
def test_a_printed_option_is_known(owner: str, version: str, line: str) -> None:
    assert unknown_options(line, BASE.programs, version) == [], f"{owner}: {line}"


def test_lists_are_sorted_and_say_nothing_twice() -> None:
    for program in BASE.programs.values():
        for text in (program.options, program.environment):
            assert text.split() == sorted(set(text.split())), program.id


def test_an_older_release_is_named_by_its_version() -> None:
    for name, program in BASE.programs.items():
        newest = BASE.programs.get(name.removesuffix(f" {program.version}"))
        assert newest is not None
        assert newest is program or newest.version != program.version
