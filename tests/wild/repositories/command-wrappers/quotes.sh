#!/bin/sh
docker run --rm --gpus all vllm/vllm-openai:v0.9.2 bash -c "
  pip install -q hf_transfer &&
  vllm serve meta-llama/Llama-3.1-8B-Instruct \
    --max-model-len 16384 \
    --tensor-parallel-size 2
"

ssh gpu7 'tmux new -d "
  # vllm serve meta-llama/Llama-3.1-405B-Instruct
  vllm serve meta-llama/Llama-3.2-3B-Instruct --max-model-len 8192
"'

curl -s http://localhost:8000/v1/chat/completions -d '{
  "model": "meta-llama/Llama-3.1-8B-Instruct",
  "messages": [{"role": "user", "content": "Are you
    meta-llama/Llama-3.1-70B-Instruct?"}]
}'

cat > Modelfile <<'END'
FROM llama3.2:1b
PARAMETER num_ctx 4096
END
