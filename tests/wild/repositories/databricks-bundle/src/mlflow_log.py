import mlflow
from transformers import pipeline

# Llama Guard before the endpoint
guard = pipeline("text-generation", model="meta-llama/Llama-Guard-3-1B", device_map="auto")

with mlflow.start_run(run_name="llama-guard-3-1b"):
    mlflow.set_tag("model", "Llama Guard 3")
    mlflow.transformers.log_model(
        transformers_model=guard,
        artifact_path="guard",
        registered_model_name="main.safety.guard",
    )
