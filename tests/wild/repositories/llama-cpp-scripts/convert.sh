#!/usr/bin/env bash
set -euo pipefail
src=meta-llama/Llama-3.1-8B-Instruct
name=llama-3.1-8b-instruct
huggingface-cli download "$src" --local-dir hf/
python convert_hf_to_gguf.py hf/ --outtype f16 --outfile out/f16.gguf
for type in Q4_K_M Q5_K_M Q8_0; do
  llama-quantize out/f16.gguf "out/$name-$type.gguf" "$type"
done
ls -lh out/
