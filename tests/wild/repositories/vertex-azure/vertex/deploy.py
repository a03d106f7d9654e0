from google.cloud import aiplatform

aiplatform.init(project="acme-ml", location="europe-west4")
model = aiplatform.Model.upload(
    display_name="llama-3.1-8b-instruct",
    serving_container_image_uri="us-docker.pkg.dev/vertex-ai/vertex-vision-model-garden-dockers/pytorch-vllm-serve:20250601",
    serving_container_args=[
        "--model=gs://vertex-model-garden-public-eu/llama3.1/Meta-Llama-3.1-8B-Instruct",
        "--tensor-parallel-size=1",
        "--max-model-len=8192",
    ],
)
model.deploy(machine_type="g2-standard-12", accelerator_type="NVIDIA_L4", accelerator_count=1)
