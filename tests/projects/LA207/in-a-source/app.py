import litellm

litellm.completion(model="groq/llama-3.1-70b-versatile", messages=[])
