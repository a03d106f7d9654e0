#!/usr/bin/env bash
set -euo pipefail

serve_env() { env CUDA_VISIBLE_DEVICES=0 VLLM_USE_V1=1 vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 8192; }

serve_nohup() {
  nohup vllm serve meta-llama/Llama-3.2-1B-Instruct --max-model-len 4096 > one.log 2>&1 &
}

time ollama run llama3.2:3b "hello"
sudo -E ollama pull llama3.1:8b
numactl --cpunodebind=0 --membind=0 llama-server -m models/Llama-3.2-3B-Instruct-Q4_K_M.gguf -c 8192
taskset -c 0-7 nice -n 5 vllm serve Qwen/Qwen2.5-7B-Instruct --tensor-parallel-size 2
exec sudo -u llm env HF_HOME=/srv/hf vllm serve meta-llama/Llama-3.1-70B-Instruct -tp 8
