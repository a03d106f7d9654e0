variable "assistant_model" {
  type        = string
  description = "Bedrock id of the model, for example meta.llama3-1-8b-instruct-v1:0"
  default     = "meta.llama3-1-8b-instruct-v1:0"

  validation {
    condition     = can(regex("llama3-[123]", var.assistant_model))
    error_message = "Only Llama 3.1 and later are approved."
  }
}

variable "region" {
  type    = string
  default = "us-west-2"
}
