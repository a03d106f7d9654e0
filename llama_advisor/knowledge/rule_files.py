"""Where each kind of entry stands in a folder of rules."""

from __future__ import annotations

RULE_FOLDERS = ("constraints", "preferences", "caveats", "routes")
ENTRY_FOLDERS = ("models", "engines", "use_cases", *RULE_FOLDERS)
LIST_KEYS = (
    "benchmarks",
    "block_types",
    "quantizations",
    "devices",
    "instances",
    "rentals",
    "hosted",
    "sources",
    "recipes",
    "findings",
    "misunderstandings",
    "statements",
    "questions",
)
SINGLE_FILES = (
    "criteria.yaml",
    "checking.yaml",
    "relaxations.yaml",
    "moves.yaml",
    "regions.yaml",
    "sampling.yaml",
    "hardware/reference.yaml",
    "engines/constants.yaml",
)
