"""What a team measured of a build, as a correction of what is predicted of it at any load."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt

from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.verifying import Measurement
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.speed import Correction, SpeedTerms, speed

BuildKey = tuple[str, str, str, str, int]
MOST = 64.0  # factor beyond which a first token explains no speed of reading
HALVINGS = 40


def by_build(base: RuleBase) -> dict[BuildKey, list[Measurement]]:
    """The measurements of each exact build: model, quantization, engine, device, devices of a copy."""
    found: dict[BuildKey, list[Measurement]] = {}
    for item in base.measurements.values():
        key = item.model, item.quantization, item.engine, item.device, item.count
        found.setdefault(key, []).append(item)
    return found


def corrected(terms: SpeedTerms, kept: Sequence[Measurement], base: RuleBase) -> SpeedTerms:
    """Return the terms with what was measured of generation and of reading put right."""
    decode, prefill, waits = [], [], []
    for item in kept:
        context = max(item.context_tokens, item.prompt_tokens + item.output_tokens)
        load = Workload(context, item.prompt_tokens, item.output_tokens, item.concurrent_requests)
        found = speed(terms, load)
        read_s = max(1, item.prompt_tokens) / found.prefill_tokens_per_s.mid
        if item.decode_tokens_per_s:
            mid = found.decode_tokens_per_s.mid
            decode.append((item.decode_tokens_per_s / mid, terms.factor / mid))
        if item.prefill_tokens_per_s:
            prefill.append((item.prefill_tokens_per_s / found.prefill_tokens_per_s.mid, read_s))
        elif item.first_token_s:
            waits.append((_reading_factor(terms, load, item.first_token_s), read_s))
    one, other = (_correction(seen, base) for seen in (decode, prefill or waits))
    if not one and not other:
        return terms
    last = max(kept, key=lambda item: (item.measured, item.id))
    told = [f"{_times(way)} times the predicted {what}" for way, what in ((one, "rate"), (other, "reading")) if way]
    text = f"measured here on {last.measured}: {' and '.join(told)}"
    return terms._replace(decode_kept=one, prefill_kept=other, basis=(text, text))


def _correction(seen: list[tuple[float, float]], base: RuleBase) -> Correction | None:
    """Return what was measured by what was predicted, and how far it is trusted; `seen` holds ratios and predictions.

    Measurements of one load, and those by which more load were faster, are taken at their geometric mean.
    """
    if not seen:
        return None
    pools: list[list[tuple[float, float]]] = []
    for predicted, measured in sorted(((s, s / ratio) for ratio, s in seen), key=lambda pair: (pair[0], -pair[1])):
        pools.append([(predicted, measured)])
        while len(pools) > 1 and _middle(pools[-2]) > _middle(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    points = [(predicted, _middle(pool), measured) for pool in pools for predicted, measured in pool]
    scatter = max(max(middle / measured, measured / middle) for _, middle, measured in points)
    rules = base.verifying
    return Correction(tuple(point[:2] for point in points), max(rules.kept_spread, scatter), rules.kept_apart)


def _middle(pool: list[tuple[float, float]]) -> float:
    return exp(sum(log(measured) for _, measured in pool) / len(pool))


def _times(way: Correction) -> str:
    """Say by what the predictions are multiplied, over all that was measured."""
    ratios = [predicted / measured for predicted, measured in way.points]
    return " to ".join(dict.fromkeys(f"{ratio:.2f}" for ratio in (min(ratios), max(ratios))))


def _reading_factor(terms: SpeedTerms, load: Workload, first_token_s: float) -> float:
    """Return the factor on the speed of reading with which the first token would come when it did."""
    low, high = 1 / MOST, MOST
    for _ in range(HALVINGS):
        middle = sqrt(low * high)
        tried = terms._replace(prefill_kept=Correction(((1.0, 1 / middle),), 1.0, 0.0))
        late = speed(tried, load).first_token_s.mid > first_token_s
        low, high = (middle, high) if late else (low, middle)
    return sqrt(low * high)
