"""What the command line prints is what it printed when hashes.json was captured."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from cases import HERE, ROOT, reduced
from pin import Runner, Target, digests, results

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS = 6
HOW = """\
{count} outputs differ from hashes.json: {names}
To see how, capture the commit before the change (in another checkout) and this one, then compare:
  python tests/pin/pin.py capture before --full --repo OTHER_CHECKOUT --group {groups}
  python tests/pin/pin.py capture now --full --group {groups}
  python tests/pin/pin.py diff before now
If every difference is wanted: python tests/pin/pin.py capture now && python tests/pin/pin.py reduce now"""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """This checkout, run by a process that forks for every command."""
    started = Runner(Target(ROOT, sys.executable, tmp_path_factory.mktemp("cache")), forking=True)
    yield started
    started.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_outputs_are_as_captured(part: int, runner: Runner) -> None:
    expected = json.loads((HERE / "hashes.json").read_text("utf-8"))
    found = {name: digests(result) for case in reduced()[part::PARTS] for _, name, result in results(case, runner)}
    assert found
    wrong = sorted(name for name, hashes in found.items() if expected.get(name) != hashes)
    groups = ",".join(sorted({name.partition("/")[0] for name in wrong}))
    assert not wrong, HOW.format(count=len(wrong), names="; ".join(wrong[:5]), groups=groups)


def test_every_hash_is_run() -> None:
    names = {name for case in reduced() for name in case.lines or (case.name,)}
    assert names == json.loads((HERE / "hashes.json").read_text("utf-8")).keys()
