@echo off
REM vllm serve meta-llama/Llama-3.1-70B-Instruct
set MODEL=D:\models\Llama-3.2-1B-Instruct-Q8_0.gguf
start "" llama-server.exe ^
  -m %MODEL% ^
  --ctx-size 4096 ^
  --port 8080
:: ollama pull llama3.1:405b
ollama pull llama3.2:3b && ^
ollama run llama3.2:3b
docker run ghcr.io/huggingface/text-generation-inference:3.0.1 ^
  --model-id meta-llama/Llama-3.1-8B-Instruct ^
  --max-total-tokens 8192
