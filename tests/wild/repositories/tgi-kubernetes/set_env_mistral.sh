#!/usr/bin/env bash
# The same with a model that needs no licence click.
export HOST_IP=$(hostname -I | awk '{print $1}')
export LLM_SERVICE_PORT=9009
export LLM_MODEL_ID=mistralai/Mistral-7B-Instruct-v0.3
export EMBEDDING_MODEL_ID="BAAI/bge-base-en-v1.5"
export MAX_INPUT_TOKENS=3072
export MAX_TOTAL_TOKENS=4096
export NUM_CARDS=1
export no_proxy="$no_proxy,llm,guard,embedding"
