ollama pull llama3.1:8b
