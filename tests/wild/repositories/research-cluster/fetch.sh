#!/bin/bash
# Fills /scratch; takes an hour on a good day.
set -e
cd /scratch
hf download meta-llama/Meta-Llama-3.1-8B --local-dir Meta-Llama-3.1-8B
huggingface-cli download meta-llama/Llama-3.1-70B-Instruct --exclude "original/*"
huggingface-cli download meta-llama/Llama-2-13b-hf
huggingface-cli download --repo-type dataset meta-llama/Llama-3.1-70B-Instruct-evals
git clone https://huggingface.co/mistralai/Mistral-7B-v0.3
du -sh /scratch/*
