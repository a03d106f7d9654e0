"""Fakes the server; nothing is loaded."""

import json
from pathlib import Path

EXPECTED = "hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4"
CONFIG = Path(__file__).parent / "model_repository/vllm/1/model.json"


def test_model_is_the_approved_one():
    assert json.loads(CONFIG.read_text())["model"] == EXPECTED


def test_draft_is_small():
    assert json.loads(CONFIG.read_text())["speculative_model"] in {
        "meta-llama/Llama-3.2-1B-Instruct",
        "meta-llama/Llama-3.2-3B-Instruct",
    }
