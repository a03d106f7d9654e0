resource "x" "bot" {
  // llama-advisor: ignore LA303 - short prompts
  args = ["--model", "meta-llama/Llama-3.1-8B-Instruct", "--max-model-len", "8192"]
}
