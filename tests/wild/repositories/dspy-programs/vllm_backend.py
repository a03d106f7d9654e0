"""Offline batch of the evaluation set."""

import os

from vllm import LLM, SamplingParams

os.environ.setdefault("VLLM_USE_V1", "1")
MODEL = os.getenv("STUDENT", "hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4")
llm = LLM(
    model=MODEL,
    tokenizer="meta-llama/Llama-3.1-8B-Instruct",
    quantization="awq",
    max_model_len=16 * 1024,
)
print(llm.generate(["Which model are you?"], SamplingParams(max_tokens=32)))
