import ray
from ray.data.llm import build_llm_processor, vLLMEngineProcessorConfig

config = vLLMEngineProcessorConfig(
    model_source="unsloth/Llama-3.2-3B-Instruct",
    engine_kwargs={
        "max_model_len": 8_192,
        "enable_chunked_prefill": True,
    },
    concurrency=2,
    batch_size=64,
)
processor = build_llm_processor(
    config,
    preprocess=lambda row: {"messages": [{"role": "user", "content": row["text"]}]},
    postprocess=lambda row: {"label": row["generated_text"]},
)
processor(ray.data.read_parquet("s3://tickets/")).write_parquet("s3://labels/")
