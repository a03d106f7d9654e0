"""Load on the service; asks under the name that the router knows."""

from locust import HttpUser, between, task

NAME = "assistant"
LABELS = {"assistant": "meta-llama/Llama-3.1-8B-Instruct"}


class Client(HttpUser):
    """Somebody who chats."""

    wait_time = between(1, 5)

    @task
    def chat(self) -> None:
        """Ask once."""
        body = {"model": NAME, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 64}
        self.client.post("/v1/chat/completions", json=body, name=LABELS[NAME])
