import litellm

litellm.completion(model="groq/llama-3.1-70b-versatile", messages=[])
litellm.completion(model="cerebras/llama3.1-70b", messages=[])
