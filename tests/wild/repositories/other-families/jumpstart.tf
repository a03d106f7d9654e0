module "titles" {
  source   = "./modules/jumpstart"
  model_id = "huggingface-llm-falcon-7b-instruct-bf16"
}

module "long" {
  source   = "./modules/jumpstart"
  model_id = "huggingface-reasoning-qwen3-8b"
}

resource "aws_bedrock_provisioned_model_throughput" "chat" {
  model_arn = "arn:aws:bedrock:eu-west-1::foundation-model/mistral.mistral-large-2402-v1:0"
}
