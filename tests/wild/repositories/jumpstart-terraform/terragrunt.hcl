include "root" {
  path = find_in_parent_folders()
}

inputs = {
  endpoint_name = "chat"
  model_id      = "meta-textgeneration-llama-3-2-1b-instruct"
  instance_type = "ml.g5.xlarge" # the 8B needs ml.g5.2xlarge
  autoscaling = {
    min = 1
    max = 3
  }
}
