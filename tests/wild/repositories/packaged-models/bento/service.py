import bentoml
from pydantic import Field

MODEL_ID = "meta-llama/Llama-3.2-3B-Instruct"


@bentoml.service(
    name="bentovllm-llama3-2-3b-instruct-service",
    traffic={"timeout": 300},
    resources={"gpu": 1, "gpu_type": "nvidia-l4"},
)
class VLLM:
    model_id = MODEL_ID

    def __init__(self) -> None:
        from vllm import AsyncEngineArgs, AsyncLLMEngine

        self.engine = AsyncLLMEngine.from_engine_args(AsyncEngineArgs(model=MODEL_ID, max_model_len=8192))
