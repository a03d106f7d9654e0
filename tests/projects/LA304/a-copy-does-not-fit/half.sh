vllm serve meta-llama/Llama-3.1-405B-Instruct --max-model-len 8192 -tp 4 -pp 2
