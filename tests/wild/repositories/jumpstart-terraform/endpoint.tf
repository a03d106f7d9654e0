resource "aws_sagemaker_model" "llama" {
  name               = "llama-3-1-8b-instruct"
  execution_role_arn = aws_iam_role.endpoint.arn

  primary_container {
    image          = local.djl_image
    model_data_url = "s3://jumpstart-cache-prod-us-east-1/meta-textgeneration-llama-3-1-8b-instruct/artifacts/"
    environment = {
      SM_NUM_GPUS           = "4"
      MAX_INPUT_LENGTH      = "4095"
      MAX_TOTAL_TOKENS      = "8192"
      ENDPOINT_SERVER_TIMEOUT = "3600"
    }
  }
}
