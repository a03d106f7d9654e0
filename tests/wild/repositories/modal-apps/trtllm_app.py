"""Latency first: an engine built in FP8."""

import modal

MODEL_ID = "NousResearch/Meta-Llama-3.1-8B-Instruct"
image = modal.Image.from_registry("nvidia/cuda:12.8.1-devel-ubuntu22.04").pip_install("tensorrt-llm==0.18.0")
app = modal.App("trtllm", image=image)


@app.cls(gpu="H100")
class Model:
    @modal.enter()
    def load(self):
        from tensorrt_llm import LLM
        from tensorrt_llm.llmapi import QuantAlgo, QuantConfig

        self.llm = LLM(model=MODEL_ID, quant_config=QuantConfig(quant_algo=QuantAlgo.FP8), max_seq_len=8192)
