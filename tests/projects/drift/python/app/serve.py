"""It once ran meta-llama/Llama-3.2-1B-Instruct."""
from vllm import LLM

llm = LLM(
    model="meta-llama/Llama-3.2-3B-Instruct",  # was Llama-3.2-1B-Instruct
    max_model_len=8192,
    tensor_parallel_size=2,
    quantization="awq",
)
