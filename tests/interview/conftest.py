"""What the tests of the questionnaire share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llama_advisor.interview.answers_cache import Outlook

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Advisor


@pytest.fixture(scope="session")
def outlook(advisor: Advisor) -> Outlook:
    """One outlook, so that what recurs is kept."""
    return Outlook(advisor)
