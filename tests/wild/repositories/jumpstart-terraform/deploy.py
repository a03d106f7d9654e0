"""Deploys the endpoint that the notebook team asks."""

from sagemaker.jumpstart.model import JumpStartModel


def deploy(role: str, instance: str = "ml.g5.12xlarge"):
    model = JumpStartModel(
        model_id="meta-vlm-llama-3-2-11b-vision-instruct",
        model_version="1.*",
        role=role,
        instance_type=instance,
    )
    return model.deploy(accept_eula=True, endpoint_name="vision-bot")
