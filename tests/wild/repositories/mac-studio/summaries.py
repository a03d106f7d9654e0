from mlx_lm import generate, load

# model, tokenizer = load("mlx-community/Meta-Llama-3.1-8B-Instruct-8bit")
model, tokenizer = load("mlx-community/Llama-3.2-3B-Instruct-8bit")


def summarise(text: str) -> str:
    """Return a summary of at most two sentences."""
    messages = [{"role": "user", "content": f"Two sentences on:\n{text}"}]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True)
    return generate(model, tokenizer, prompt=prompt, max_tokens=120)
