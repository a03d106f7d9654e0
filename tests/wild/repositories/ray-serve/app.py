"""Serves one model with Ray Serve and vLLM."""

from ray import serve
from vllm import AsyncEngineArgs, AsyncLLMEngine

MODEL = "RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8"


@serve.deployment(ray_actor_options={"num_gpus": 1})
class Assistant:
    """Holds the engine; the draft of speculative decoding is meta-llama/Llama-3.2-1B-Instruct."""

    def __init__(self) -> None:
        args = AsyncEngineArgs(
            model=MODEL,
            tokenizer="meta-llama/Llama-3.1-8B-Instruct",
            max_model_len=32 * 1024,
            tensor_parallel_size=1,
            speculative_model="meta-llama/Llama-3.2-1B-Instruct",
        )
        self.engine = AsyncLLMEngine.from_engine_args(args)


app = Assistant.bind()
