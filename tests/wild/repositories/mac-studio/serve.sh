#!/bin/zsh
# Runs at login through launchd.
set -e
source ~/venvs/mlx/bin/activate
mlx_lm.server \
  --model mlx-community/Llama-3.3-70B-Instruct-4bit \
  --draft-model mlx-community/Llama-3.2-1B-Instruct-4bit \
  --host 127.0.0.1 \
  --port 8080
# 8bit needs 80 GB: mlx-community/Llama-3.3-70B-Instruct-8bit
