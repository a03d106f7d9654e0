#!/usr/bin/env bash
# Asks the running engine once; fails when it does not answer.
set -euo pipefail
host=${1:-http://localhost:8000}
name=$(curl -s "$host/v1/models" | jq -r '.data[0].id')
echo "Default model: meta-llama/Llama-3.1-8B-Instruct, served now: $name"
curl -sf "$host/v1/completions" \
  -H 'Content-Type: application/json' \
  -d "{\"model\": \"$name\", \"prompt\": \"2+2=\", \"max_tokens\": 4}" |
  jq -e '.choices[0].text | contains("4")' >/dev/null
echo ok
