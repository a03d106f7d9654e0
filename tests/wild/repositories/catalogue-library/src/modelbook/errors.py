"""Errors in words."""


class UnknownModel(KeyError):
    """A name that the catalogue does not hold."""

    def __init__(self, name: str) -> None:
        known = "meta-llama/Llama-3.1-8B-Instruct, meta-llama/Llama-3.2-3B-Instruct, llama3.1:8b"
        super().__init__(f"{name}: not known; known are for example {known}")


class TooLong(ValueError):
    """A prompt beyond what the model reads: 8192 tokens with llama-3-8b, 131072 with llama-3.1-8b-instruct."""
