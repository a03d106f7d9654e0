vllm serve RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8 --max-model-len 8192
