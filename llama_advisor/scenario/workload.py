"""What one deployment has to hold and do at a time."""

from __future__ import annotations

from typing import Annotated, NamedTuple


class Workload(NamedTuple):
    """What one deployment has to hold and do at a time."""

    context_tokens: Annotated[int, "Tokens allocated per sequence."]
    prompt_tokens: Annotated[int, "Tokens of a typical prompt."]
    output_tokens: Annotated[int, "Tokens of a typical answer."]
    concurrent_requests: Annotated[int, "Sequences at a time."] = 1
    images_per_prompt: Annotated[int, "Images in a prompt."] = 0

    def shared_by(self, replicas: int) -> Workload:
        """The share of the load that one of several copies carries."""
        if replicas == 1 or self.concurrent_requests == 1:
            return self
        return self._replace(concurrent_requests=-(-self.concurrent_requests // replicas))
