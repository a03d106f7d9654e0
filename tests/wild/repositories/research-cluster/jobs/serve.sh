#!/bin/bash
# srun -p gpu --gres=gpu:2 jobs/serve.sh
module load apptainer
export APPTAINERENV_MODEL_ID=hugging-quants/Meta-Llama-3.1-70B-Instruct-GPTQ-INT4
export APPTAINERENV_NUM_SHARD=2
export APPTAINERENV_MAX_TOTAL_TOKENS=${LENGTH:-16384}
apptainer run --nv docker://ghcr.io/huggingface/text-generation-inference:3.0.1 \
  --quantize gptq \
  --port "${PORT:-8080}"
echo "stopped $(date)"
