job "vllm" {
  group "gpu" {
    task "serve" {
      driver = "docker"
      config {
        image = "vllm/vllm-openai:v0.8.5"
        args = [
          "--model", "meta-llama/Llama-3.1-8B-Instruct",
          "--max-model-len", "16384",
          # "--speculative-model", "meta-llama/Llama-3.2-1B-Instruct",
        ]
      }
      resources {
        device "nvidia/gpu" { count = 1 }
      }
    }
  }
}
