"""One process, no server."""

from llama_cpp import Llama

PATH = "/models/Meta-Llama-3.1-8B-Instruct-IQ4_XS.gguf"


def load() -> Llama:
    """Load the model; `n_ctx` was 2048 with Llama-3.2-3B-Instruct-Q4_K_M.gguf."""
    return Llama(model_path=PATH, n_ctx=8192, n_gpu_layers=-1, verbose=False)


if __name__ == "__main__":
    print(load()("2+2=", max_tokens=3)["choices"][0]["text"])
