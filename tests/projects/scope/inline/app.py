from vllm import LLM

big = LLM(
    "meta-llama/Llama-3.1-8B-Instruct",
    # llama-advisor: ignore LA303 short prompts
    max_model_len=8192,
)
