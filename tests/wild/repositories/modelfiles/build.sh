#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")"
for name in support mistral tuned adapter; do
  ollama create "acme-$name" -f "$name/Modelfile"
done
ollama create acme-tagger -f tagger.Modelfile
huggingface-cli download bartowski/Llama-3.2-1B-Instruct-GGUF \
  Llama-3.2-1B-Instruct-Q4_K_M.gguf --local-dir .
ollama list
