#!/bin/sh
# Straight from the hub; the second is the classifier before it.
llama-server -hf bartowski/Meta-Llama-3.1-8B-Instruct-GGUF:Q5_K_M --ctx-size 8192 --port 8080 &
llama-server -hf unsloth/Llama-3.2-1B-Instruct-GGUF:Q8_0 --ctx-size 0 --port 8081 &
llama-server -hf ggml-org/gemma-3-4b-it-GGUF -c 4096 --port 8082 &
wait
