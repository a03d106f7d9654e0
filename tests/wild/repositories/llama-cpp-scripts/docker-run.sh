#!/bin/sh
# CPU only.
docker run --rm -p 8080:8080 -v /models:/models \
  -e LLAMA_ARG_CTX_SIZE=8192 \
  -e LLAMA_ARG_N_PARALLEL=2 \
  ghcr.io/ggml-org/llama.cpp:server-b4719 \
  -m /models/Llama-3.2-3B-Instruct-Q5_K_M.gguf \
  --threads 8 \
  --metrics
# before: Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf, 4 tokens/s
