"""Prompts as the models were trained on them."""

from transformers import AutoTokenizer

# The template of meta-llama/Llama-3.1-8B-Instruct serves all of 3.1 and 3.2.
TOKENIZER = "meta-llama/Llama-3.1-8B-Instruct"


def count(text: str) -> int:
    """Return how many tokens a text has."""
    return len(AutoTokenizer.from_pretrained(TOKENIZER)(text)["input_ids"])


def describe(name: str) -> str:
    """Return a line for people."""
    if name == "llama3.1:8b":
        return "Llama 3.1 8B, the usual choice"
    return f"{name}, see meta-llama/Llama-3.1-8B-Instruct for the format"
