#!/bin/zsh
# Own conversion, where the community has none.
set -e
mlx_lm.convert \
  --hf-path meta-llama/Llama-3.2-11B-Vision-Instruct \
  --mlx-path ./out/vision-4bit \
  -q --q-bits 4
du -sh ./out/vision-4bit
rm -rf ~/.cache/huggingface/hub/tmp
echo "converted; upload with: huggingface-cli upload acme/Llama-3.2-11B-Vision-Instruct-mlx"
