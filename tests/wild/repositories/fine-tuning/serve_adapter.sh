#!/bin/sh
# The base with its adapters; clients ask for "support" or "sales".
vllm serve meta-llama/Llama-3.1-8B-Instruct \
  --enable-lora \
  --lora-modules support=acme/Llama-3.1-8B-support-lora \
    sales=acme/Llama-3.1-8B-sales-lora \
  --served-model-name llama-3.1-8b-instruct \
  --max-lora-rank 64 \
  --max-model-len 8192 \
  --gpu-memory-utilization 0.9 \
  --port 8000
