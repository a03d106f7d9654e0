"""Grades answers with a second model so that no model grades itself."""

import ollama

SCALE = "1 to 5"


def grade(question: str, answer: str) -> str:
    reply = ollama.chat(
        model="qwen2.5:7b",
        messages=[{"role": "user", "content": f"{question}\n{answer}\nGrade {SCALE}."}],
        options={"temperature": 0, "num_ctx": 4096},
    )
    return reply["message"]["content"]
