#!/bin/bash
# Checkpoint to engine; once per driver version.
set -euxo pipefail
HF=/models/Meta-Llama-3.1-70B-Instruct
CKPT=/tmp/ckpt
python quantization/quantize.py --model_dir "$HF" --dtype bfloat16 \
  --qformat fp8 --kv_cache_dtype fp8 --output_dir "$CKPT" --tp_size 4 --pp_size 1
trtllm-build --checkpoint_dir "$CKPT" \
  --gemm_plugin auto --max_batch_size 64 \
  --max_input_len 8000 --max_seq_len 8192 \
  --output_dir /engines/large/tp4
