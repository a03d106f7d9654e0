from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer

BASE = "acme/Llama-3.1-8B-support"
REFERENCE = "meta-llama/Llama-3.1-8B-Instruct"


def main() -> None:
    """Align the tuned model; the reference stays as it is."""
    model = AutoModelForCausalLM.from_pretrained(BASE)
    reference = AutoModelForCausalLM.from_pretrained(REFERENCE)
    tokenizer = AutoTokenizer.from_pretrained("meta-llama/Llama-3.1-8B-Instruct")
    data = load_dataset("acme/preferences-llama-3.1", split="train")
    DPOTrainer(model, reference, DPOConfig("out"), train_dataset=data, processing_class=tokenizer).train()
