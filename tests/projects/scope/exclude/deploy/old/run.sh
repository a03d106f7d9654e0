vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 4096 --quantization fp8
