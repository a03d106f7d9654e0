vllm serve meta-llama/Llama-3.2-3B-Instruct --max-model-len 16384 --quantization fp8 --tensor-parallel-size 1
