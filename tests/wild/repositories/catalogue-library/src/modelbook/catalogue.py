"""Models the library knows how to prompt; it loads none."""

from enum import Enum


class Sku(str, Enum):
    """Ids as the hub spells them."""

    LLAMA31_8B_INSTRUCT = "meta-llama/Llama-3.1-8B-Instruct"
    LLAMA31_70B_INSTRUCT = "meta-llama/Llama-3.1-70B-Instruct"
    LLAMA32_1B_INSTRUCT = "meta-llama/Llama-3.2-1B-Instruct"
    LLAMA32_11B_VISION = "meta-llama/Llama-3.2-11B-Vision-Instruct"
    QWEN25_7B = "Qwen/Qwen2.5-7B-Instruct"


CONTEXT = {Sku.LLAMA31_8B_INSTRUCT: 131072, Sku.LLAMA32_1B_INSTRUCT: 131072, Sku.QWEN25_7B: 32768}
