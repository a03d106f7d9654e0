#!/bin/bash
# One container on a workstation with a DGX Spark.
export CONTAINER_NAME=llama-3.1-8b-instruct
export IMG_NAME="nvcr.io/nim/meta/llama-3.1-8b-instruct-dgx-spark:1.0.0"
export LOCAL_NIM_CACHE=~/.cache/nim
mkdir -p "$LOCAL_NIM_CACHE"
docker run -it --rm --name="$CONTAINER_NAME" \
  --gpus all --shm-size=16GB \
  -e NGC_API_KEY \
  -v "$LOCAL_NIM_CACHE:/opt/nim/.cache" \
  -u "$(id -u)" -p 8000:8000 \
  "$IMG_NAME"
