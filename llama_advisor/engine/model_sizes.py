"""What every model takes, whatever runs it: said where too little was said to choose one, or the context alone."""

from __future__ import annotations

from llama_advisor.engine.advice import ModelSize
from llama_advisor.scenario.need import Need
from llama_advisor.sizing.layouts import Sizes
from llama_advisor.sizing.memory import kv_bytes_per_token


def model_sizes(need: Need, sizes: Sizes) -> tuple[ModelSize, ...]:
    """Size the weights of the ranked models, and the 16-bit cache of one sequence, GiB; smallest first."""
    base = sizes.base
    models = [model for model in base.models.values() if model.role == "ranked" and model.kind == "instruct"]
    return tuple(
        ModelSize(
            model=model.id,
            weights_gib={name: round(sizes.weights(model, name) / 2**30, 1) for name in base.criteria.sizes_shown},
            kv_kib_per_token=(cache := kv_bytes_per_token(model.architecture)) / 2**10,
            kv_cache_gib=round(cache * need.context_tokens / 2**30, 1),
        )
        for model in sorted(models, key=lambda model: (model.parameters, model.id))
    )
