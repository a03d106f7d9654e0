#!/usr/bin/env bash
# Prepares an image for the boards.
set -euo pipefail
hub=https://huggingface.co
curl -L -o /opt/models/model.gguf \
  "$hub/bartowski/Llama-3.2-1B-Instruct-GGUF/resolve/main/Llama-3.2-1B-Instruct-Q4_0.gguf"
curl -L -o /opt/models/tokenizer.json "$hub/unsloth/Llama-3.2-1B-Instruct/resolve/main/tokenizer.json"
systemctl enable kiosk
echo "Llama 3.2 1B is in place; for Llama-3.2-3B-Instruct-Q4_K_M.gguf take the larger board"
sync
