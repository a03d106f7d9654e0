vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 32768 --quantization fp8
