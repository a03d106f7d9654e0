"""Settings of both clouds."""

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """Read from the environment; llama-3.1 is the family everywhere."""

    chat_model: str = "meta/llama-3.1-8b-instruct-maas"
    vision_model: str = "gemini-1.5-flash-002"
    embedding_model: str = "text-embedding-004"
    temperature: float = 0.2
    max_tokens: int = 1024
