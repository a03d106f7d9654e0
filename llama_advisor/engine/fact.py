"""When facts are known, and the table of all: modules that declare facts fill it when they are imported."""

from __future__ import annotations

from llama_advisor.knowledge.conditions import Fact

SCENARIO, MODEL, VARIANT, PLACEMENT, BUILD, HOPELESS, LOAD, OPEN = range(8)
"""When a fact is known; HOPELESS: when no load at all fits; LOAD: only with the numbers of the scenario.

OPEN: with what a plan leaves open, so that not even whether it is there is settled.
"""
LEVELS = ("scenario", "model", "quantization", "placement", "build")
FACTS: dict[str, Fact] = {}
