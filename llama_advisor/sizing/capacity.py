"""What a placed build serves: requests at work and waiting, the rate they are finished at, copies and machines for all.

In flight = rate x time (Little). Of requests in flight that are stated, those beyond what is worked on at a time wait;
for requests arriving there are as many places as keep a fifth of them free.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.figures import Capacity, Memory, Range, Speed
from llama_advisor.sizing.layouts import Layout
from llama_advisor.sizing.memory import Measured, memory, room


class Served(NamedTuple):
    """A layout under a load."""

    memory: Memory
    speed: Speed | None
    capacity: Capacity


def served(layout: Layout, load: Workload, measured: Measured, *, fleet: bool = False) -> Served:
    """Say what a machine comes to under the load, or as many machines as carry it where a `fleet` can be had."""
    terms, replicas, machines = layout.memory_terms, layout.replicas, 1
    arriving, output = load.requests_per_second or 0.0, max(1, load.output_tokens)
    space = room(terms, measured, load)
    fullest, at_once = _fullest(layout, load, measured, space.usual)
    rates = Range(*(figure / output for figure in fullest.total_tokens_per_s)) if fullest else None
    needed = max(1, ceil(arriving / (rates.mid * layout.most_busy_share))) if rates else None
    if fleet:
        in_room = 1 if load.in_flight_follows else ceil(load.concurrent_requests / (at_once * replicas))
        machines = max(in_room, needed or 1)
    mine = load.shared_by(machines).shared_by(replicas)
    at_work = min(mine.concurrent_requests, at_once)
    if mine.in_flight_follows:
        at_work = _enough(layout, mine, measured, at_work, at_once)
    speed = fullest if at_work == at_once else layout.speed_of(mine, at_work, measured)
    busy, keeps_up, waiting, in_flight = None, None, 0, at_work * replicas
    if speed and rates:
        done = [rate * machines for rate in rates]
        busy = arriving / done[1] if arriving else None
        keeps_up = True if done[0] >= arriving else None if done[1] >= arriving else False
        if mine.in_flight_follows:  # rate x time, whatever the places
            in_flight = ceil(min(1.0, arriving / machines / (speed.total_tokens_per_s.mid / output)) * in_flight)
        else:
            waiting = max(0, ceil(load.concurrent_requests / machines) - in_flight)
            ahead = (waiting / rate for rate in reversed(rates))
            wait = Range(*(own + others for own, others in zip(speed.first_token_s, ahead, strict=True)))
            speed = speed._replace(first_token_s=wait)
    return Served(
        memory(terms, measured, mine, at_work),
        speed,
        Capacity(
            requests_at_once=at_once * replicas,
            full_length_at_once=min(space.full, at_once) * replicas,
            in_flight=max(1, in_flight + waiting),
            limit=at_once if terms.paged and mine.in_flight_follows else at_work,
            requests_per_s=rates,
            tokens_per_s=fullest and fullest.total_tokens_per_s,
            busy_share=busy and round(busy, 4),
            machines_needed=needed,
            machines=machines,
            copies=replicas * machines,
            keeps_up=keeps_up,
        ),
    )


def _fullest(layout: Layout, load: Workload, measured: Measured, most: int) -> tuple[Speed | None, int]:
    """Return the speed with as many requests at work as find room and keep the pace, and their number."""
    speed, least = layout.speed_of(load, most, measured), load.least_tokens_per_s
    if speed is None or most == 1 or speed.decode_tokens_per_s.mid >= least:
        return speed, most

    def too_slow(at_work: int) -> bool:
        found = layout.speed_of(load, at_work, measured)
        return found is None or found.decode_tokens_per_s.mid < least

    at_once = max(1, first(too_slow, 1, most) - 1)  # the engine is set to no more
    return layout.speed_of(load, at_once, measured), at_once


def _enough(layout: Layout, load: Workload, measured: Measured, fewest: int, most: int) -> int:
    """Return the fewest places, up to `most`, that are free often enough for the requests that arrive at one copy."""
    wanted = (load.requests_per_second or 0.0) * load.output_tokens * layout.replicas / layout.most_busy_share

    def keeps_up(at_work: int) -> bool:
        speed = layout.speed_of(load, at_work, measured)
        return speed is None or speed.total_tokens_per_s.mid >= wanted

    return first(keeps_up, fewest, most)


def first(holds: Callable[[int], bool], fewest: int, most: int) -> int:
    """Return the first number for which something holds that goes on holding; `most` where it does for none."""
    low, high = fewest - 1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
