llama-server -m Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf -c 65536 -np 2
