llama-server -m /models/Llama-3.2-3B-Instruct-Q5_K_M.gguf -np 4
