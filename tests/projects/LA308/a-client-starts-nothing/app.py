from openai import OpenAI

OpenAI().chat.completions.create(model="meta-llama/Llama-3.1-8B-Instruct", messages=[])
