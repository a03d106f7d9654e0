@app.function(gpu="H100:2")
def serve():
    return LLM(model="meta-llama/Llama-3.1-8B-Instruct", max_model_len=8192, tensor_parallel_size=2)
