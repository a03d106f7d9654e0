#!/usr/bin/env bash
# Source this before compose.
export HOST_IP=$(hostname -I | awk '{print $1}')
export LLM_SERVICE_PORT=9009
# export LLM_MODEL_ID="meta-llama/Llama-3.1-70B-Instruct"
export LLM_MODEL_ID="meta-llama/Meta-Llama-3.1-8B-Instruct"
export EMBEDDING_MODEL_ID="BAAI/bge-base-en-v1.5"
export MAX_INPUT_TOKENS=3072
export MAX_TOTAL_TOKENS=4096
export NUM_CARDS=4
export LOGFLAG=""
