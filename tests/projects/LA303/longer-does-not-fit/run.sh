llama-server -hf bartowski/Llama-3.2-3B-Instruct-GGUF:Q8_0 -c 131072
