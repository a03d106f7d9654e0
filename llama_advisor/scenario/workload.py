"""What one deployment has to hold and do at a time."""

from __future__ import annotations

from llama_advisor.text.strict import Strict


class Workload(Strict):
    """What one deployment has to hold and do at a time."""

    context_tokens: int
    """Tokens allocated per sequence."""
    prompt_tokens: int
    """Tokens of a typical prompt."""
    output_tokens: int
    """Tokens of a typical answer."""
    concurrent_requests: int = 1
    """Sequences at a time."""
    images_per_prompt: int = 0
    """Images in a prompt."""
