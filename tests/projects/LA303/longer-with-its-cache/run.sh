vllm serve meta-llama/Llama-3.1-8B-Instruct --quantization fp8 --max-model-len 131072
