FROM vllm/vllm-openai:v0.8.5
RUN pip install --no-cache-dir huggingface_hub[cli]
# build with --build-arg MODEL=meta-llama/Llama-3.2-1B-Instruct for a smoke image
ARG MODEL=meta-llama/Llama-3.1-8B-Instruct
ENV MODEL=$MODEL \
    HF_HOME=/weights
RUN --mount=type=secret,id=hf HF_TOKEN=$(cat /run/secrets/hf) huggingface-cli download $MODEL
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["vllm serve $MODEL --max-model-len 16384"]
EXPOSE 8000
