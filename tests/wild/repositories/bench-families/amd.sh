#!/usr/bin/env bash
# MI300X: the builds of the vendor, and a two-bit one for curiosity.
set -euo pipefail
docker run --device /dev/kfd --device /dev/dri rocm/vllm:rocm6.3.1_vllm_0.8.5 \
  vllm serve amd/Llama-3.1-70B-Instruct-FP8-KV \
  --kv-cache-dtype fp8 --tensor-parallel-size 1 --max-model-len 32768
python -m aqlm_bench --model ISTA-DASLab/Meta-Llama-3.1-70B-Instruct-AQLM-PV-2Bit-1x16
mlc_llm chat HF://mlc-ai/Llama-3.1-8B-Instruct-q4f16_1-MLC
python -m tgi_bench --model-id meta-llama/Llama-3.1-8B-Instruct --quantize eetq
echo "70B AWQ next: hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4"
