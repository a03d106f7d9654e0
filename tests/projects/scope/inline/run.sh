# llama-advisor: ignore LA301, LA303: a canary for the small model
vllm serve meta-llama/Llama-3.2-1B-Instruct \
  --max-model-len 8192
