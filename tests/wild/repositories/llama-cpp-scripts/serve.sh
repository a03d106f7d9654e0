#!/usr/bin/env bash
# The server on the office machine with two 3090.
set -euo pipefail
MODEL=${MODEL:-/models/Meta-Llama-3.1-70B-Instruct-Q4_K_M.gguf}
exec llama-server \
  -m "$MODEL" \
  -c 16384 \
  -ngl 99 \
  --parallel 4 \
  -md /models/Llama-3.2-1B-Instruct-Q8_0.gguf \
  --host 0.0.0.0 --port 8080
