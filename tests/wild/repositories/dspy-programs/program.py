"""Answers in two steps; compiled against the tickets of a month."""

import dspy

lm = dspy.LM("ollama_chat/llama3.1:8b", api_base="http://localhost:11434", num_ctx=8192)
teacher = dspy.LM("groq/llama-3.3-70b-versatile")
judge = dspy.LM("openai/gpt-4o-mini")
dspy.configure(lm=lm)


class Answer(dspy.Module):
    """Finds, then answers."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = dspy.ChainOfThought("context, question -> answer")
