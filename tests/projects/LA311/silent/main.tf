resource "aws_instance" "answers" {
  instance_type = "g6.12xlarge"
  user_data     = "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 8192 --tensor-parallel-size 4"
}
