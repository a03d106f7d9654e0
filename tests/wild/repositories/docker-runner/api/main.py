import os

from fastapi import FastAPI
from openai import OpenAI

app = FastAPI(title="Llama 3.2 demo")
client = OpenAI(base_url=os.environ["LLM_URL"], api_key="none")


@app.get("/ask")
def ask(question: str) -> dict[str, str]:
    """Ask the model of compose.yaml, ai/llama3.2:3B-Q4_K_M unless overridden."""
    done = client.chat.completions.create(
        model=os.environ["LLM_NAME"], messages=[{"role": "user", "content": question}]
    )
    return {"answer": done.choices[0].message.content}
