job "answers" {
  group "serve" {
    task "vllm" {
      config {
        image = "vllm/vllm-openai:v0.10.2"
        args  = ["--model", "meta-llama/Llama-3.1-8B-Instruct", "--max-model-len", "8192"]
      }
      resources {
        device "nvidia/gpu/A100" {
          count = 2
        }
      }
    }
  }
}
