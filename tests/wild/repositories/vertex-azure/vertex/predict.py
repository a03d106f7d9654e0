"""Model as a service on Vertex AI."""

import openai
from google.auth import default
from google.auth.transport.requests import Request

credentials, project = default()
credentials.refresh(Request())
BASE = f"https://us-central1-aiplatform.googleapis.com/v1/projects/{project}/locations/us-central1/endpoints/openapi"
client = openai.OpenAI(base_url=BASE, api_key=credentials.token)
answer = client.chat.completions.create(
    model="meta/llama-3.1-405b-instruct-maas",
    messages=[{"role": "user", "content": "Name three rivers."}],
)
