import boto3

client = boto3.client("bedrock-runtime")
MODELS = {
    "label": "us.meta.llama3-2-1b-instruct-v1:0",
    "summary": "us.anthropic.claude-3-5-haiku-20241022-v1:0",
}


def converse(task: str, text: str) -> str:
    """Ask the model of a task."""
    answer = client.converse(modelId=MODELS[task], messages=[{"role": "user", "content": [{"text": text}]}])
    return answer["output"]["message"]["content"][0]["text"]
