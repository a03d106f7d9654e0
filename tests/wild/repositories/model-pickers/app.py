import gradio as gr
import streamlit as st
from openai import OpenAI

MODELS = {
    "Fast": "meta-llama/Llama-3.2-1B-Instruct",
    "Balanced": "meta-llama/Llama-3.2-3B-Instruct",
    "Best": "meta-llama/Llama-3.1-8B-Instruct",
}
model = st.sidebar.selectbox("Model", ["llama3.2:1b", "llama3.2:3b", "llama3.1:8b"])
label = st.radio("Quality", options=list(MODELS))
drop = gr.Dropdown(["llama3.2:1b", "llama3.2:3b", "llama3.1:8b"], value="llama3.2:3b", label="Model")


def ask(text: str, model: str = "meta-llama/Llama-3.1-8B-Instruct") -> str:
    client = OpenAI(base_url="http://localhost:8000/v1")
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}])
