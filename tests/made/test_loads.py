"""The load that an estimate is made for, on the made-up knowledge: as stated, as usual, of a use case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_questions import SHORT

from llama_advisor.knowledge.model import Vision
from llama_advisor.scenario.scenario import Workload
from llama_advisor.sizing.estimate import load_of_work, workload_of
from llama_advisor.sizing.request import EstimateRequest

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase

SHORT_PROMPT, SHORT_ANSWER = ("prompt_tokens", 512, "a short prompt"), ("output_tokens", 256, "a short answer")
CHAT, ONE = ("context_tokens", 8192, "usual for a chat"), ("concurrency", 1, "one request at a time")
# what is said; context, prompt, answer, in flight, images, shared prefix, arriving, whether they follow, others' memory,
# the slowest pace; what is taken for granted
LOADS: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, int, str]]]] = [
    ({}, {}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"context_tokens": 600}, {"context_tokens": 600, "prompt_tokens": 512, "output_tokens": 88},
     [SHORT_PROMPT, ("output_tokens", 88, "a short answer"), ONE]),
    ({"context_tokens": 512}, {"context_tokens": 512, "prompt_tokens": 511, "output_tokens": 1},
     [("prompt_tokens", 511, "a short prompt"), ("output_tokens", 1, "a short answer"), ONE]),
    ({"context_tokens": 300, "output_tokens": 100}, {"context_tokens": 300, "prompt_tokens": 200, "output_tokens": 100},
     [("prompt_tokens", 200, "a short prompt"), ONE]),
    ({"context_tokens": 100, "output_tokens": 200}, {"context_tokens": 200, "prompt_tokens": 0, "output_tokens": 200},
     [("prompt_tokens", 0, "a short prompt"), ("context_tokens", 200, "prompt and answer do not fit into 100"), ONE]),
    ({"context_tokens": 100, "prompt_tokens": 200}, {"context_tokens": 200, "prompt_tokens": 200, "output_tokens": 0},
     [("output_tokens", 0, "a short answer"), ("context_tokens", 200, "prompt and answer do not fit into 100"), ONE]),
    ({"context_tokens": 1300, "prompt_tokens": 1000, "output_tokens": 300},
     {"context_tokens": 1300, "prompt_tokens": 1000, "output_tokens": 300}, [ONE]),
    ({"context_tokens": 1000, "prompt_tokens": 1000, "output_tokens": 300},
     {"context_tokens": 1300, "prompt_tokens": 1000, "output_tokens": 300},
     [("context_tokens", 1300, "prompt and answer do not fit into 1,000"), ONE]),
    ({"prompt_tokens": 8000, "output_tokens": 192}, {"prompt_tokens": 8000, "output_tokens": 192},
     [("context_tokens", 8192, "prompt and answer"), ONE]),
    ({"concurrency": 7}, {"concurrent_requests": 7}, [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    ({"shared_prefix_tokens": 100}, {"shared_prefix_tokens": 100}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"shared_prefix_tokens": 600}, {"shared_prefix_tokens": 512}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"reserved_gib": 1.5}, {"reserved_gib": 1.5}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"min_tokens_per_s": 7}, {"least_tokens_per_s": 7}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"requests_per_second": 0.5}, {"requests_per_second": 0.5, "in_flight_follows": True},
     [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    ({"requests_per_second": 0.5, "concurrency": 3},
     {"requests_per_second": 0.5, "in_flight_follows": True, "concurrent_requests": 3},
     [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    # one a minute each
    ({"users": 30}, {"requests_per_second": 0.5, "in_flight_follows": True}, [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    ({"users": 30, "requests_per_second": 2}, {"requests_per_second": 2, "in_flight_follows": True},
     [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    # requests of 768 tokens, over a month of 730 hours or so many
    ({"tokens_per_month": 768 * 3600 * 730}, {"requests_per_second": 1, "in_flight_follows": True},
     [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    ({"tokens_per_month": 768 * 3600, "batch_hours": 2},
     {"requests_per_second": 0.5, "in_flight_follows": True, "least_tokens_per_s": 0},
     [SHORT_PROMPT, SHORT_ANSWER, CHAT]),
    ({"batch_hours": 2, "min_tokens_per_s": 7}, {"least_tokens_per_s": 7}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
    ({"images_per_prompt": 2}, {}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE,
                                    ("images_per_prompt", 0, "Small reads no images")]),
    ({"images_per_prompt": 0}, {}, [SHORT_PROMPT, SHORT_ANSWER, CHAT, ONE]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "load", "told"), LOADS)
def test_the_load_that_follows(
    said: dict[str, Any], load: dict[str, Any], told: list[tuple[str, int, str]], made: RuleBase
) -> None:
    found, assumed = workload_of(EstimateRequest(model="small", **said), made, made.models["small"])
    assert found == Workload(8192, 512, 256, 1, least_tokens_per_s=3.0)._replace(**load)
    assert [tuple(item)[:3] for item in assumed] == told


def test_no_chat_is_longer_than_the_model(made: RuleBase) -> None:
    model = made.models["small"]._replace(context_tokens=4096)
    found, assumed = workload_of(EstimateRequest(model="small"), made, model)
    assert found.context_tokens == 4096
    assert tuple(assumed[2])[:3] == ("context_tokens", 4096, "usual for a chat")


SEEING = {"vision": Vision(cross_attention_layers=4, encoder_parameters=0, projector_parameters=0,
                           cross_attention_parameters=3 * 4 * 2048 * 8192, tokens_per_image=1024, tile_px=1, max_tiles=1)}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "images", "told"), [({}, 0, [0]), ({"images_per_prompt": 0}, 0, []), ({"images_per_prompt": 2}, 2, [])]
)
def test_images_of_a_model_that_reads_them(said: dict[str, Any], images: int, told: list[int], made: RuleBase) -> None:
    small = made.models["small"]
    model = small._replace(architecture=small.architecture._replace(**SEEING))
    found, assumed = workload_of(EstimateRequest(model="small", **SHORT, **said), made, model)
    assert found.images_per_prompt == images
    assert [(item.value, item.why) for item in assumed] == [(each, "a prompt of text alone") for each in told]


@pytest.mark.parametrize(
    ("said", "load", "told"),
    [
        ({}, {}, [("context_tokens", 8192), ("output_tokens", 512), ("concurrency", 1), ("prompt_tokens", 2048),
                  ("shared_prefix_tokens", 0)]),
        ({"context_tokens": 4096, "prompt_tokens": 100, "output_tokens": 50, "concurrency": 3, "shared_prefix_tokens": 20},
         {"context_tokens": 4096, "prompt_tokens": 100, "output_tokens": 50, "concurrent_requests": 3,
          "shared_prefix_tokens": 20}, []),
        ({"reserved_gib": 2, "images_per_prompt": 3} | SHORT,
         {"prompt_tokens": 1, "output_tokens": 1, "reserved_gib": 2.0}, [("shared_prefix_tokens", 0)]),
        ({"users": 30} | SHORT,
         {"prompt_tokens": 1, "output_tokens": 1, "requests_per_second": 0.5, "in_flight_follows": True},
         [("requests_per_second", 0.5), ("shared_prefix_tokens", 0)]),
    ],
)  # fmt: skip
def test_the_load_of_a_use_case(
    said: dict[str, Any], load: dict[str, Any], told: list[tuple[str, Any]], made: RuleBase
) -> None:
    request = EstimateRequest(model="small", use_cases=["talk"], **said)
    found, assumed = load_of_work(request, made, made.models["small"])
    usual = Workload(8192, 2048, 512, 1, least_tokens_per_s=1)
    assert found == usual._replace(**load)
    assert [(item.field, item.value) for item in assumed] == told
