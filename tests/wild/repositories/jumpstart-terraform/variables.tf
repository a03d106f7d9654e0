variable "instance_type" {
  type    = string
  default = "ml.g5.12xlarge"
}

variable "endpoint_name" {
  type        = string
  default     = "llama-3-1-8b-instruct"
  description = "Name of the endpoint; not the model's id."
}

variable "accept_eula" {
  type    = bool
  default = false
}
