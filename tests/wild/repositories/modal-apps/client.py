import argparse

from openai import OpenAI


def main() -> None:
    """Chat from a terminal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", help="for example neuralmagic/Meta-Llama-3.1-8B-Instruct; first served if absent")
    parser.add_argument("--url", default="http://localhost:8000/v1")
    args = parser.parse_args()
    client = OpenAI(base_url=args.url, api_key="none")
    name = args.model or client.models.list().data[0].id
    print(f"asking {name}, not meta-llama/Llama-3.2-1B-Instruct")
