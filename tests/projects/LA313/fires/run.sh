vllm serve meta-llama/Llama-3.1-8B-Instruct --quantization fp8 --max-model-len 16384 --max-num-seqs 2
