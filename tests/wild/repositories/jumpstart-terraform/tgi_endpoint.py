import json

from sagemaker.huggingface import HuggingFaceModel, get_huggingface_llm_image_uri

config = {
    "HF_MODEL_ID": "meta-llama/Meta-Llama-3.1-70B-Instruct",
    "SM_NUM_GPUS": json.dumps(8),
    "MAX_INPUT_LENGTH": "4096",
    "MAX_TOTAL_TOKENS": "8192",
    "HF_MODEL_QUANTIZE": "bitsandbytes-nf4",
    "HF_TOKEN": "<REPLACE WITH YOUR TOKEN FOR LLAMA3.1>",
}
image = get_huggingface_llm_image_uri("huggingface", version="2.2.0")
model = HuggingFaceModel(role="assistant-endpoint", image_uri=image, env=config)
predictor = model.deploy(initial_instance_count=1, instance_type="ml.p4d.24xlarge")
