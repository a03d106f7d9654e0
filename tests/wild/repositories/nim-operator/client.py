"""Asks the hosted endpoint; the local one answers to the same name."""

import os

from openai import OpenAI

client = OpenAI(base_url="https://integrate.api.nvidia.com/v1", api_key=os.environ["NVIDIA_API_KEY"])


def answer(question: str) -> str:
    """Return the model's answer, as text."""
    done = client.chat.completions.create(
        model="meta/llama-3.1-8b-instruct",
        messages=[{"role": "user", "content": question}],
        max_tokens=512,
    )
    return done.choices[0].message.content
