"""QLoRA with Unsloth."""

from unsloth import FastLanguageModel

BASE = "unsloth/Llama-3.2-3B-Instruct-bnb-4bit"
OUT = "acme/llama-3.2-3b-support-sft"


def main() -> None:
    model, tokenizer = FastLanguageModel.from_pretrained(
        model_name=BASE,
        max_seq_length=2048,
        load_in_4bit=True,
    )
    model = FastLanguageModel.get_peft_model(model, r=16)
    model.push_to_hub(OUT)
    tokenizer.push_to_hub(OUT)
