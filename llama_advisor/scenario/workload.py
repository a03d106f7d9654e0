"""What one deployment has to hold and do at a time."""

from __future__ import annotations

from typing import Annotated

from llama_advisor.text.strict import Strict


class Workload(Strict):
    """What one deployment has to hold and do at a time."""

    context_tokens: Annotated[int, "Tokens allocated per sequence."]
    prompt_tokens: Annotated[int, "Tokens of a typical prompt."]
    output_tokens: Annotated[int, "Tokens of a typical answer."]
    concurrent_requests: Annotated[int, "Sequences at a time."] = 1
    images_per_prompt: Annotated[int, "Images in a prompt."] = 0
