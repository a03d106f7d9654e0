from langchain_groq import ChatGroq
from langchain_openai import ChatOpenAI

quick = ChatGroq(model="llama-3.1-8b-instant")


def routed():
    return ChatOpenAI(base_url="https://openrouter.ai/api/v1", model="meta-llama/llama-3.1-70b-instruct")
