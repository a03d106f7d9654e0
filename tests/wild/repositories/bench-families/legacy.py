"""Older generations, kept for the comparison of a year ago."""

from vllm import LLM, SamplingParams

PROMPTS = ["The capital of France is", "2 + 2 ="]


def run() -> None:
    """Load one after the other."""
    chat = LLM("meta-llama/Llama-2-7b-chat-hf", max_model_len=4096)
    print(chat.generate(PROMPTS, SamplingParams(max_tokens=16)))
    del chat
    guard = LLM(model="meta-llama/LlamaGuard-7b", max_model_len=2048)
    print(guard.generate(PROMPTS, SamplingParams(max_tokens=16)))
