"""What is asked of the made-up knowledge in several tests, and how builds are named in what is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llama_advisor.engine.advice import Advice
    from llama_advisor.engine.candidate import Candidate
    from llama_advisor.engine.decide import Answer

CARD: dict[str, Any] = {"hardware": "card"}
CLOUD: dict[str, Any] = {"target": "cloud", "offline": True}
MIDDLE: dict[str, Any] = CARD | {"model": "middle"}
PAGED: dict[str, Any] = MIDDLE | {"quantization": "w4", "engine": "paged"}
ONLY_LARGE: dict[str, Any] = {"only": {"models": ["large"]}}
ONLY_W2: dict[str, Any] = {"only": {"models": ["large"], "quantizations": ["w2"]}}
COARSE: dict[str, Any] = CARD | {"model": "large", "quantization": "w2"}
SHORT: dict[str, Any] = {"prompt_tokens": 1, "output_tokens": 1, "concurrency": 1, "context_tokens": 8192}


def named(build: Any) -> str:
    return f"{build.model} {build.quantization} {build.engine}"


def ranking(advice: Advice) -> list[str]:
    return [named(build) for build in advice.ranking]


def picked(answer: Answer) -> Candidate:
    assert answer.build is not None
    return answer.build
