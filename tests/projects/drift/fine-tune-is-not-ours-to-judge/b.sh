python train.py acme/llama-3.1-8b-instruct-support-lora
