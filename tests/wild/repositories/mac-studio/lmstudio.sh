#!/bin/zsh
# LM Studio without its window.
lms server start --port 1234
lms get mlx-community/Meta-Llama-3.1-8B-Instruct-4bit --yes
lms load meta-llama-3.1-8b-instruct --context-length 16384 --gpu max --identifier assistant
lms load nomic-embed-text-v1.5 --identifier embed
lms ps
curl -s localhost:1234/v1/models | jq -r '.data[].id'
echo "ready: assistant is Llama 3.1 8B"
lms log stream
