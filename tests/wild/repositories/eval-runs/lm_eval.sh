#!/bin/bash
MODELS=(
  meta-llama/Llama-3.1-8B-Instruct
  meta-llama/Llama-3.2-3B-Instruct
)
for m in "${MODELS[@]}"; do
  lm_eval --model vllm --model_args "pretrained=$m,tensor_parallel_size=2,max_model_len=8192" --tasks mmlu
done
lm_eval --model hf --model_args pretrained=meta-llama/Llama-3.2-1B,dtype=bfloat16 --tasks hellaswag
