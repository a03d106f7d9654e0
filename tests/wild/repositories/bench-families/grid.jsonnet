// One job per card; the library of jobs makes the manifests.
local job = import 'job.libsonnet';
local model = 'meta-llama/Llama-3.2-1B-Instruct';

[
  job.new('bench-' + card) + job.args([
    '--model=' + model,
    '--max-model-len=8192',
    '--tensor-parallel-size=1',
  ]) + job.image('vllm/vllm-openai:v0.8.5')
  for card in ['l4', 'a10g', 'h100']
]
