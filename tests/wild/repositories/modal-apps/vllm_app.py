import modal

MODEL_NAME = "neuralmagic/Meta-Llama-3.1-8B-Instruct"
MODEL_REVISION = "a7c09948d9a632c2c840722f519672cd94af885d"

image = modal.Image.debian_slim(python_version="3.12").pip_install("vllm==0.7.2", "huggingface_hub[hf_transfer]")
app = modal.App("llama-3.1-8b", image=image)


@app.function(gpu="H100:1", scaledown_window=900)
@modal.web_server(port=8000)
def serve():
    import subprocess

    command = ["vllm", "serve", MODEL_NAME, "--revision", MODEL_REVISION, "--max-model-len", "16384"]
    subprocess.Popen(command)
