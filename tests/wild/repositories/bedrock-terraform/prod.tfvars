region          = "us-west-2"
environment     = "prod"
lambda_memory   = 512
assistant_model = "us.meta.llama3-3-70b-instruct-v1:0"
embedding_model = "amazon.titan-embed-text-v2:0"
// previous: us.meta.llama3-1-405b-instruct-v1:0
max_tokens      = 1024
tags = {
  team    = "support"
  service = "assistant"
}
