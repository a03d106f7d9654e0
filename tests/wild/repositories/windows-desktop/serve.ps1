# Starts the two servers of the desk machines.
$Model = "meta-llama/Llama-3.1-8B-Instruct"

docker run --gpus all `
  -p 8000:8000 `
  vllm/vllm-openai:v0.9.2 `
  --model $Model `
  --max-model-len 16384

<#
ollama pull llama3.1:70b
#>
& "C:\Tools\llama.cpp\llama-server.exe" `
    -m "D:\models\Llama-3.2-3B-Instruct-Q4_K_M.gguf" `
    -c 8192 `
    --port 8081
Start-Process ollama -ArgumentList "run", "llama3.2:1b"
