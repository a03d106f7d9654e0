#!/usr/bin/env bash
# Runs the chat engine on a workstation as the chart would.
set -euo pipefail
export HF_HOME=/data/hf
docker run --rm --gpus all -p 8000:8000 \
  -v "$HF_HOME:/root/.cache/huggingface" \
  vllm/vllm-openai:v0.9.2 \
  --model meta-llama/Llama-3.1-8B-Instruct \
  --tokenizer meta-llama/Llama-3.1-8B-Instruct \
  --max-model-len \
    16384 \
  --tensor-parallel-size 1 \
  --speculative-config '{"model": "meta-llama/Llama-3.2-1B-Instruct", "num_speculative_tokens": 4}'
