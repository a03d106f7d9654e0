data "aws_iam_policy_document" "invoke" {
  statement {
    sid     = "InvokeLlama"
    actions = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    resources = [
      "arn:aws:bedrock:*::foundation-model/meta.llama3-1-70b-instruct-v1:0",
      "arn:aws:bedrock:*::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
    ]
  }
}
