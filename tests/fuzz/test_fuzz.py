"""What strangers put in breaks nothing: the inputs kept of each target, and as many made of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent))
from targets import HOSTILE, TARGETS, corpus, holds, kept, once_loaded, spliced

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = 10
FEWER = {"answers": 2, "layer": 5, "flags": 6, "sentence": 5}
"""Of inputs that take longest: an interview is answered many times over, a layer is linked anew."""
KEPT = [(name, key) for name in TARGETS for key in kept()[name]]
STEPS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 5), st.integers(0, len(HOSTILE) - 1)), max_size=4)


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> Iterator[None]:
    with once_loaded():
        yield


@pytest.mark.parametrize(("name", "key"), KEPT, ids=map("-".join, KEPT))
def test_what_was_kept_breaks_nothing(name: str, key: str) -> None:
    done = holds(name, kept()[name][key].encode("utf-8", "surrogateescape"))
    assert "Traceback" not in done.err


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_made_of_it_breaks_nothing(name: str) -> None:
    made = st.one_of(st.builds(spliced, st.sampled_from(corpus(name)), STEPS), st.binary(max_size=200))

    @settings(max_examples=FEWER.get(name, EXAMPLES))
    @given(made)
    def tried(data: bytes) -> None:
        assert "Traceback" not in holds(name, data).err

    tried()
