SUPPORTED_MODELS = [
    "meta-llama/Llama-3.1-8B-Instruct",
    "meta-llama/Llama-3.1-70B-Instruct",
    "meta-llama/Llama-3.2-1B-Instruct",
    "meta-llama/Llama-3.2-3B-Instruct",
    "google/gemma-2-9b-it",
]
ALIASES = {"llama3.1": "meta-llama/Llama-3.1-8B-Instruct", "llama3.2": "meta-llama/Llama-3.2-3B-Instruct"}


def is_supported(name: str) -> bool:
    """Whether a template is known; raises nothing."""
    return ALIASES.get(name, name) in SUPPORTED_MODELS
