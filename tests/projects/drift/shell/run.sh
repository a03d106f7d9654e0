#!/bin/sh
exec vllm serve meta-llama/Llama-3.2-3B-Instruct \
  --max-model-len 8192 -tp 2 --quantization awq
