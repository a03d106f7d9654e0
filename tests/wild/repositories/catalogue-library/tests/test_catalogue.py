import pytest

from modelbook.catalogue import CONTEXT, Sku
from modelbook.prompt import describe


@pytest.mark.parametrize(
    "name",
    ["meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.2-1B-Instruct", "Qwen/Qwen2.5-7B-Instruct"],
)
def test_names_are_known(name):
    assert Sku(name)


def test_context():
    assert CONTEXT[Sku("meta-llama/Llama-3.1-8B-Instruct")] == 131072


def test_words():
    assert describe("llama3.1:8b").startswith("Llama 3.1")
