"""The largest context and concurrency that fit, by bisection on the memory function."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_advisor.scenario.workload import Workload
    from llama_advisor.sizing.figures import Memory

MOST_REQUESTS = 4096


def largest_context(size: Callable[[Workload], Memory], workload: Workload, most_tokens: int) -> int | None:
    """Return the largest context up to `most_tokens` for which `size` fits; None if not known."""

    def fits(tokens: int) -> bool | None:
        return size(workload._replace(context_tokens=tokens)).fits

    return largest(fits, most_tokens)


def largest_concurrency(
    size: Callable[[Workload], Memory], workload: Workload, most: int = MOST_REQUESTS
) -> int | None:
    """Return the most concurrent requests up to `most` for which `size` fits; None if not known."""

    def fits(requests: int) -> bool | None:
        return size(workload._replace(concurrent_requests=requests)).fits

    return largest(fits, most)


def largest(fits: Callable[[int], bool | None], most: int) -> int | None:
    """Return the largest number from 0 to `most` that fits, for a `fits` that only falls."""
    lowest = fits(1)
    if lowest is None:
        return None
    if not lowest:
        return 0
    low, high = 1, most + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
