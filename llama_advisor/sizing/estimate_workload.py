"""What a request holds and does at a time, with what was not said filled in and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_advisor.scenario.scenario import Assumption
from llama_advisor.scenario.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_advisor.knowledge.constants import AssumedLoad
    from llama_advisor.knowledge.model import Model
    from llama_advisor.knowledge.quantization import Quantization
    from llama_advisor.sizing.request import EstimateRequest


def assume(field: str, value: Any, why: str) -> Assumption:
    """Return one assumption."""
    return Assumption(field=field, value=value, why=why)


def workload_of(request: EstimateRequest, usual: AssumedLoad, model: Model) -> tuple[Workload, list[Assumption]]:
    """Fill in lengths; prompt and answer share a stated context, and a context too short for both grows."""
    found: list[Assumption] = []
    prompt, output = _lengths(request, usual, found)
    context = request.context_tokens
    if context is None:
        context = max(min(usual.context_tokens, model.context_tokens), prompt + output)
        why = "usual for a chat" if context > prompt + output else "prompt and answer"
        found.append(assume("context_tokens", context, why))
    elif context < prompt + output:
        found.append(assume("context_tokens", prompt + output, f"prompt and answer do not fit into {context:,}"))
        context = prompt + output
    if request.concurrency is None:
        found.append(assume("concurrency", 1, "one request at a time"))
    workload = Workload(
        context_tokens=context,
        prompt_tokens=prompt,
        output_tokens=output,
        concurrent_requests=request.concurrency or 1,
        images_per_prompt=_images(request, model, found),
    )
    return workload, found


def _lengths(request: EstimateRequest, usual: AssumedLoad, found: list[Assumption]) -> tuple[int, int]:
    """Return prompt and answer; what was not said leaves room for what was."""
    context, prompt, output = request.context_tokens, request.prompt_tokens, request.output_tokens
    room = 10**15 if context is None else context
    if prompt is None:
        prompt = max(0, min(usual.prompt_tokens, room - (1 if output is None else output)))
        found.append(assume("prompt_tokens", prompt, "a short prompt"))
    if output is None:
        output = max(0, min(usual.output_tokens, room - prompt))
        found.append(assume("output_tokens", output, "a short answer"))
    return prompt, output


def _images(request: EstimateRequest, model: Model, found: list[Assumption]) -> int:
    images = request.images_per_prompt
    if model.architecture.vision is None:
        if images:
            found.append(assume("images_per_prompt", 0, f"{model.name} reads no images"))
        return 0
    if images is None:
        found.append(assume("images_per_prompt", 0, "a prompt of text alone"))
    return images or 0


def context_objections(model: Model, quantization: Quantization, context_tokens: int) -> Iterator[Assumption]:
    """Yield what stands against the context: the model's limit, or an official build's shorter one."""
    build = next((item for item in model.official_builds if item.quantization == quantization.id), None)
    limit = build.context_tokens if build and build.context_tokens else model.context_tokens
    if context_tokens > limit:
        what = f"{quantization.id} builds are" if limit < model.context_tokens else f"{model.name} is"
        yield assume("context_tokens", context_tokens, f"{what} made for {limit:,} at most; sized all the same")
