#!/usr/bin/env bash
set -euo pipefail
# Llama-3.1-8B-Instruct takes 24 GB with these settings
tune download meta-llama/Llama-3.2-3B-Instruct \
  --output-dir /tmp/weights \
  --ignore-patterns "original/consolidated.00.pth"
tune run lora_finetune_single_device --config 3b_lora.yaml epochs=2
python to_gguf.py /tmp/torchtune/3b/epoch_1
echo "evaluate with: tune run eleuther_eval"
echo done
