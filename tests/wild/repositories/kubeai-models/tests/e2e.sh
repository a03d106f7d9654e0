#!/bin/bash
# End to end: creates a tiny model, waits for it, removes it again.
set -e
kubectl apply -f - <<MODEL
apiVersion: kubeai.org/v1
kind: Model
metadata: {name: e2e}
spec:
  features: [TextGeneration]
  url: ollama://qwen2:0.5b
  engine: OLlama
  resourceProfile: cpu:1
MODEL
kubectl wait model/e2e --for=jsonpath='{.status.replicas.ready}'=1 --timeout=600s
kubectl delete model e2e
