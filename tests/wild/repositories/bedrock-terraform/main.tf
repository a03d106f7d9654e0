terraform {
  required_version = ">= 1.6"
}

locals {
  # was meta.llama3-1-8b-instruct-v1:0 until the evaluation in May
  assistant_model = "meta.llama3-1-70b-instruct-v1:0"
  /* the small one, over the inference profile of the region:
     us.meta.llama3-2-1b-instruct-v1:0 */
  tagger_model = "us.meta.llama3-2-3b-instruct-v1:0"
}

resource "aws_iam_policy" "invoke" {
  name   = "invoke-llama3-1"
  policy = data.aws_iam_policy_document.invoke.json
}
