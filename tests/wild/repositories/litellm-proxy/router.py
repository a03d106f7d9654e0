"""Calls without the proxy, for the nightly batch."""

import litellm

CHEAP = "fireworks_ai/accounts/fireworks/models/llama-v3p1-8b-instruct"


def summarise(text: str, *, long: bool = False) -> str:
    """Return three sentences."""
    model = "cerebras/llama3.1-70b" if long else CHEAP
    answer = litellm.completion(model=model, messages=[{"role": "user", "content": f"Summarise: {text}"}])
    return answer.choices[0].message.content
