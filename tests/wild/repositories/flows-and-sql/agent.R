library(ellmer)

# chat_ollama(model = "llama3.1:70b")
chat <- chat_ollama(model = "llama3.2:3b", params = params(num_ctx = 8192))
fast <- chat_groq(model = "llama-3.1-8b-instant")
other <- chat_aws_bedrock(model = 'us.meta.llama3-1-70b-instruct-v1:0')
cat("llama3.1:405b would be nicer\n")
