import json
import os

import boto3

runtime = boto3.client("bedrock-runtime")
MODEL_ID = os.environ.get("MODEL_ID", "meta.llama3-1-70b-instruct-v1:0")


def handler(event, context):
    body = {"prompt": event["prompt"], "max_gen_len": 512, "temperature": 0.2}
    response = runtime.invoke_model(modelId=MODEL_ID, body=json.dumps(body))
    return json.loads(response["body"].read())["generation"]
