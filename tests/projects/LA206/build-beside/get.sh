curl -LO https://github.com/ggml-org/llama.cpp/releases/download/b2400/llama-b2400-bin-ubuntu-x64.zip
