ollama pull llama3.2:3b-instruct-fp16
