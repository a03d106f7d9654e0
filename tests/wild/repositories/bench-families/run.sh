#!/usr/bin/env bash
# One server at a time, then lm-eval against it.
set -euo pipefail
serve() { vllm serve "$@" & }
serve meta-llama/Llama-3.1-8B-Instruct
serve google/gemma-2-9b-it --max-model-len 4096
serve meta-llama/Meta-Llama-3-8B-Instruct
serve meta-llama/Llama-4-Scout-17B-16E-Instruct --max-model-len 16384
lm_eval --model local-completions \
  --model_args model=$NAME,base_url=http://localhost:8000/v1/completions,tokenizer=meta-llama/Llama-3.1-8B-Instruct \
  --tasks mmlu_llama,gsm8k_llama
