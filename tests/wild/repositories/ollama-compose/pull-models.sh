#!/bin/sh
# Run once after `docker compose up`.
set -eu
run() { docker compose exec ollama "$@"; }
run ollama pull llama3.1:8b-instruct-q8_0
run ollama pull llama-guard3:1b
run ollama pull mistral:7b
run ollama pull hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q6_K
run ollama pull nomic-embed-text
run ollama list
echo "done: llama3.1, llama-guard3 and mistral are there"
