from sagemaker.jumpstart.model import JumpStartModel

TITLES = JumpStartModel(model_id="huggingface-llm-mistral-7b-instruct")
ANSWERS = JumpStartModel(model_id="meta-textgeneration-llama-3-8b-instruct", instance_type="ml.g5.2xlarge")
REASONING = JumpStartModel(model_id="deepseek-llm-r1-distill-llama-8b")
DRAFTS = JumpStartModel(model_id="meta-textgeneration-llama-3-1-8b")
VECTORS = JumpStartModel(model_id="huggingface-sentencesimilarity-bge-m3")
PICTURES = JumpStartModel(model_id="model-txt2img-stabilityai-stable-diffusion-v2-1-base")
