"""Measurements on the made-up knowledge: how they are read and asked for, and what they are held against, by hand."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.deploy import endpoint
from llama_advisor.deploy.readings import Reading, Readings, read
from llama_advisor.deploy.verify import _compared, verify
from llama_advisor.knowledge.base import RuleBase
from llama_advisor.knowledge.layers import Layer
from llama_advisor.knowledge.verifying import Figure, ReadFormat, Suggestion, Verifying
from llama_advisor.sizing.estimate import Sizer
from llama_advisor.sizing.figures import Range
from llama_advisor.sizing.request import EstimateRequest
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = date(2026, 11, 24)
RULES: dict[str, Any] = {
    "formats": [{"id": "one", "name": "one", "form": "text", "figures": [{"figure": "first_token_s", "read": "(.)"}]}],
    "suggestions": [], "weights_apart": 1.5, "weights_slack": 1.25, "parameters_apart": 0.125, "kept_spread": 1.1, "kept_apart": 0.3,
}  # fmt: skip


# Figures of a text.
def figure(name: str, read: str = "a", **more: Any) -> Figure:
    return Figure(figure=name, read=read, **more)  # type: ignore[arg-type]


def formats(*figures: Figure, form: str = "json") -> list[ReadFormat]:
    return [ReadFormat(id="x", name="a tool", engine="paged", form=form, figures=figures)]  # type: ignore[arg-type]


SPEED = figure("decode_tokens_per_s")


@pytest.mark.parametrize(
    ("text", "figures", "said"),
    [
        ('{"a": 2}', [SPEED], {"decode_tokens_per_s": 2.0}),
        ('{"a": "1,234.5"}', [SPEED], {"decode_tokens_per_s": 1234.5}),
        ('{"a": 2}', [figure("decode_tokens_per_s", factor=10.0)], {"decode_tokens_per_s": 20.0}),
        ('{"a": 2, "b": 4}', [figure("decode_tokens_per_s", over="b")], {"decode_tokens_per_s": 0.5}),
        ('{"a": 2, "b": 4}', [figure("decode_tokens_per_s", over="b", invert=True)], {"decode_tokens_per_s": 2.0}),
        ('{"a": 4}', [figure("decode_tokens_per_s", invert=True, factor=100.0)], {"decode_tokens_per_s": 25.0}),
        ('{"a": 2, "b": 0}', [figure("decode_tokens_per_s", over="b")], None),
        ('{"a": 2}', [figure("decode_tokens_per_s", over="b")], None),
        ('{"a": 2, "b": 1}', [figure("decode_tokens_per_s", zero=("b",))], None),
        ('{"a": 2, "b": 0}', [figure("decode_tokens_per_s", zero=("b", "c"))], {"decode_tokens_per_s": 2.0}),
        ('{"a": 2, "b": 3}', [SPEED, figure("decode_tokens_per_s", "b")], {"decode_tokens_per_s": 2.0}),
        ('{"b": 3}', [SPEED, figure("decode_tokens_per_s", "b")], {"decode_tokens_per_s": 3.0}),
        ('{"a": 0}', [SPEED], None),
        ('{"a": true}', [SPEED], None),
        ('{"a": [2]}', [SPEED], None),
        ('{"a": 1e-6}', [SPEED], {"decode_tokens_per_s": 1e-6}),
        ('{"a": 9e-7}', [SPEED], None),
        ('{"a": 1e12}', [SPEED], {"decode_tokens_per_s": 1e12}),
        ('{"a": 1.1e12}', [SPEED], None),
        ('{"a": 2.6}', [figure("kv_cache_tokens")], {"kv_cache_tokens": 3}),
        ('{"a": 0.2}', [figure("kv_cache_tokens")], {"kv_cache_tokens": 1}),
        ('{"a": 2, "b": 0}', [SPEED, figure("prompt_tokens", "b")], {"decode_tokens_per_s": 2.0, "prompt_tokens": 0}),
        ('{"a": 2, "b": 0}', [SPEED, figure("output_tokens", "b")], {"decode_tokens_per_s": 2.0}),
        ('{"a": 2, "b": 5}', [SPEED, figure("model", "b")], {"decode_tokens_per_s": 2.0, "model": "5"}),
        ('{"a": 2, "b": ""}', [SPEED, figure("model", "b")], {"decode_tokens_per_s": 2.0}),
        ('{"a": 2, "b": ["x"]}', [SPEED, figure("model", "b")], {"decode_tokens_per_s": 2.0}),
        ('{"a": 2, "b": "' + "x" * 201 + '"}', [SPEED, figure("model", "b")], {"decode_tokens_per_s": 2.0, "model": "x" * 200}),
        ('{"b": 5}', [figure("weights_gib", "b")], {"weights_gib": 5.0}),  # alone it is a reading
        ('log\n{"a": 2}', [SPEED], None),
        ('[{"a": 2}, 5]', [SPEED], {"decode_tokens_per_s": 2.0}),
        ('  {"a": 2}\n{"b": \n', [SPEED], {"decode_tokens_per_s": 2.0}),
    ],
)  # fmt: skip
def test_a_figure_of_an_object(text: str, figures: list[Figure], said: dict[str, Any] | None) -> None:
    if said is None:
        with pytest.raises(InputError, match=r"^run: no measured figure found; known: a tool$"):
            read(text, "run", formats(*figures))
    else:
        assert read(text, "run", formats(*figures)) == Readings("a tool", "paged", (Reading(**said),))


def test_figures_of_metrics_and_of_texts() -> None:
    summed = read('# a 9\na{x="1"} 2\na{x="2"} 3 1700000\nab 7\na NaN\n', "run", formats(SPEED, form="metrics"))
    assert [one.decode_tokens_per_s for one in summed.readings] == [5.0]
    rate = figure("decode_tokens_per_s", r"^rate (\S+)")
    for text in ("rate 1\nrate 2\n", "\x1b[31mrate 1\rra\x1b[0mte 2", "x rate 9\nrate 2\nno rate 3"):
        assert [one.decode_tokens_per_s for one in read(text, "run", formats(rate, form="text")).readings] == [2.0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (" \n", "run: empty; known: a tool, other"),
        ("x", "run: no measured figure found; known: a tool, other"),
        ('{"a": -1}', "run: a is -1, and no figure"),
        ('{"a": NaN}', "run: a is nan, and no figure"),
        (json.dumps([{"a": 1}] * 101), "run: 101 results; at most 100 are read"),
        ("x" * 20_000_001, "run: longer than 20 million characters"),
    ],
    ids=range(6),
)
def test_what_is_no_reading(text: str, told: str) -> None:
    known = [*formats(SPEED), *formats(SPEED)]
    known[1] = known[1]._replace(name="other")
    with pytest.raises(InputError) as refused:
        read(text, "run", known)
    assert str(refused.value) == told


def test_the_most_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(read(json.dumps([{"a": 1}] * 100), "run", formats(SPEED)).readings) == 100
    monkeypatch.setattr("llama_advisor.deploy.readings.MOST_CHARACTERS", 8)
    assert read('{"a": 2}', "run", formats(SPEED)).readings == (Reading(decode_tokens_per_s=2.0),)
    with pytest.raises(InputError, match="longer than"):
        read('{"a": 2} ', "run", formats(SPEED))


# A server that is asked, on a clock of one's own.
class Clock:
    """A clock that an answer moves on."""

    now = 100.0

    def perf_counter(self) -> float:
        """Tell the time."""
        return self.now


class Answer(io.BytesIO):
    """An answer whose pieces come at their times."""

    def __init__(self, clock: Clock, pieces: list[tuple[float, bytes]]) -> None:
        super().__init__(b"".join(piece for _, piece in pieces))
        self.clock, self.pieces, self.begun = clock, iter(pieces), clock.now - 100.0

    def read1(self, size: int | None = -1) -> bytes:
        """Wait for the next piece."""
        assert size == 1_000_000
        at, piece = next(self.pieces, (0.0, b""))
        self.clock.now = max(self.clock.now, self.begun + at)
        return piece


def event(*texts: str, **more: Any) -> bytes:
    data = {"choices": [{"delta": {"content": text}} for text in texts]} | more
    return f"data: {json.dumps(data)}\n\n".encode()


USAGE = {"usage": {"prompt_tokens": 30, "completion_tokens": 21}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Ask a server whose pieces of an answer come at given seconds."""
    clock = Clock()
    monkeypatch.setattr(endpoint, "time", clock)
    sent: list[tuple[str, Any, Any]] = []

    def ask(
        *answers: list[tuple[float, bytes]], url: str = "http://host:1/v1/", prompt: int = 25, key: str | None = None
    ) -> Any:
        coming = iter(answers)

        def opened(address: str, body: Any, given: Any) -> Any:
            sent.append((address, body, given))
            if body is None:
                return io.BytesIO(json.dumps({"data": [{"id": "m" * 201}, {"id": "x"}]}).encode())
            return Answer(clock, next(coming))

        monkeypatch.setattr(endpoint, "_sent", opened)
        found = endpoint.ask(url, len(answers), prompt, 20, key)
        return found, sent

    return ask


def test_times_and_counts_of_one_answer(asked: Any) -> None:
    pieces = [
        (101.0, event("")),
        (102.0, event("a")),
        (103.0, event("b")),
        (106.0, event("c")),
        (107.0, event(**USAGE)),
        (108.0, b"data: [DONE]\n\n"),
    ]
    found, sent = asked(pieces, key="k")
    assert found == Readings("1 requests to host:1", "", (Reading(
        decode_tokens_per_s=20 / 4, first_token_s=2.0, concurrent_requests=1, prompt_tokens=30, output_tokens=21, model="m" * 200),))  # fmt: skip
    (models, nothing, _), (address, body, key) = sent
    assert (models, nothing, address, key) == (
        "http://host:1/v1/models",
        None,
        "http://host:1/v1/chat/completions",
        "k",
    )
    text = body["messages"][0]["content"]
    assert text == "1. " + " ".join(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"] * 2
        + ["one", "two", "three", "four", "five"]
    )
    assert body == {
        "model": "m" * 201, "messages": [{"role": "user", "content": text}], "max_tokens": 20, "temperature": 0, "stream": True,
        "stream_options": {"include_usage": True}}  # fmt: skip


@pytest.mark.parametrize(
    ("usage", "tokens", "rate"),
    [
        ({}, (25, 3), 1.0),  # so many pieces over 2 s
        ({"usage": {"prompt_tokens": 0, "completion_tokens": 0}}, (25, 3), 1.0),
        ({"usage": {"prompt_tokens": "9", "completion_tokens": -1}}, (25, 3), 1.0),
        ({"usage": {"prompt_tokens": 10_000_000, "completion_tokens": 9_999_999}}, (25, 9_999_999), 9_999_998 / 2),
        ({"usage": {"prompt_tokens": 1, "completion_tokens": 1}}, (1, 2), 0.5),
        ({"usage": None}, (25, 3), 1.0),
    ],
)
def test_what_a_server_counts(usage: dict[str, Any], tokens: tuple[int, int], rate: float, asked: Any) -> None:
    found, _ = asked([(101.0, event("a") + event("b", **usage)), (103.0, event("c") + b"data: [DONE]\n\n")])
    (reading,) = found.readings
    assert (reading.prompt_tokens, reading.output_tokens) == tokens
    assert reading.decode_tokens_per_s == pytest.approx(rate)


def test_the_middle_of_several_answers_counts(asked: Any) -> None:
    answers = [[(100.0 + first, event("a")), (101.0 + first + first, event("b"))] for first in (1.0, 5.0, 2.0)]
    found, sent = asked(*answers, url="https://u:p@host/v1", prompt=0)
    assert found.tool == "3 requests to host"
    assert (found.readings[0].first_token_s, found.readings[0].decode_tokens_per_s) == (2.0, pytest.approx(1 / 3))
    assert [body["messages"][0]["content"] for _, body, _ in sent if body] == ["1. one", "2. one", "3. one"]


def test_lines_that_come_in_parts(asked: Any) -> None:
    line = event("b")
    parts = [(101.0, event("a") + line[:9]), (102.0, line[9:]), (103.0, b": a comment\n"), (104.0, event("c")[:-2])]
    found, _ = asked(parts)
    assert found.readings[0].decode_tokens_per_s == pytest.approx(2 / 3)  # the last has no end of line, and counts


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([(101.0, event("a"))], "the answer is not that of OpenAI's interface"),
        ([(101.0, event("a") + event("b"))], "the answer is not that of OpenAI's interface"),  # in no time
        ([(101.0, event("a")), (401.0, event("b"))], "an answer took more than 300 s"),
        ([(101.0, b"x" * 1_000_001), (102.0, event("a") + event("b"))], "the answer is not that of OpenAI's interface"),
    ],
)
def test_answers_that_are_none(pieces: Any, told: str, asked: Any) -> None:
    with pytest.raises(InputError) as refused:
        asked(pieces)
    assert str(refused.value) == f"--url http://host:1/v1/: {told}"


def test_the_longest_that_is_waited_for_and_read(asked: Any) -> None:
    found, _ = asked([(101.0, event("a")), (102.0, b"x" * 1_000_000), (400.0, b"\n" + event("b"))])
    assert found.readings[0].decode_tokens_per_s == pytest.approx(1 / 299)


@pytest.mark.parametrize("url", ["host:1", "ftp://host", "http:// host", "xhttp://host"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InputError) as refused:
        endpoint.ask(url, 1, 1, 1, None)
    assert str(refused.value) == f"--url {url}: write the address of a server, as in http://localhost:8000"


# Predictions.
@pytest.fixture(scope="module")
def sizer(made: RuleBase) -> Sizer:
    (layer,) = made.layers
    return Sizer(RuleBase((Layer(layer.root, "made", "made", layer.files | {"verifying.yaml": RULES}),), made.facts))


BUILD = {"model": "middle", "quantization": "w4", "engine": "paged", "hardware": "card", "context_tokens": 8192}


def compared(sizer: Sizer, reading: Reading, tool: tuple[str, str] = ("a tool", ""), **fields: Any) -> Any:
    return verify(Readings(*tool, (reading,)), EstimateRequest.model_validate(BUILD | fields), sizer, DAY)


@pytest.mark.parametrize(
    ("figure", "measured", "fields", "predicted", "verdict", "ratio"),
    [
        # 2 GiB of weights, 2 of cache, a half or one beside them, on a device of 8.
        ("total_gib", 4.5, {}, (2, 4.5, 5), "within", 1.0),
        ("total_gib", 5.1, {}, (2, 4.5, 5), "worse", 1.133),
        ("total_gib", 1.9, {}, (2, 4.5, 5), "better", 0.422),
        ("weights_gib", 2.0, {}, (1.6, 2, 2.5), "within", 1.0),
        ("weights_gib", 2.5, {}, (1.6, 2, 2.5), "within", 1.25),
        ("weights_gib", 2.6, {}, (1.6, 2, 2.5), "worse", 1.3),
        ("weights_gib", 1.5, {}, (1.6, 2, 2.5), "better", 0.75),
        ("device_weights_gib", 1.0, {"hardware": "2x card"}, (0.8, 1, 1.25), "within", 1.0),
        # What is left of 8 GiB beside 3, 2.5 or 2, at 1/4 MiB a token.
        ("kv_cache_tokens", 22528, {}, (20480, 22530, 24580), "within", 1.0),
        ("kv_cache_tokens", 22528, {"concurrency": 2}, (20480, 22530, 24580), "within", 1.0),
        ("kv_cache_tokens", 100, {"quantization": "w16"}, (0, 0, 0), "better", None),
        ("kv_cache_tokens", 20479, {}, (20480, 22530, 24580), "worse", 0.909),
        ("kv_cache_tokens", 24577, {}, (20480, 22530, 24580), "better", 1.091),
    ],
)  # fmt: skip
def test_a_reading_beside_its_prediction(
    figure: str,
    measured: float,
    fields: dict[str, Any],
    predicted: tuple[float, ...],
    verdict: str,
    ratio: float,
    sizer: Sizer,
) -> None:
    found, entries = compared(sizer, Reading(**{figure: measured}), **fields)
    (one,) = found.readings[0].figures
    assert (one.figure, one.predicted, one.verdict, one.ratio) == (figure, predicted, verdict, ratio)
    assert (found.holds, entries) == (verdict != "worse", [])


def test_an_engine_of_slots_has_no_pool(sizer: Sizer) -> None:
    with pytest.raises(InputError, match=r"^verify: nothing is predicted of what was measured on this machine$"):
        compared(sizer, Reading(kv_cache_tokens=1000), engine="slots")


@pytest.mark.parametrize(
    ("figure", "measured", "verdict"),
    [("decode_tokens_per_s", 1.0, "within"), ("decode_tokens_per_s", 2.0, "within"), ("decode_tokens_per_s", 0.9, "worse"),
     ("decode_tokens_per_s", 2.1, "better"), ("first_token_s", 0.9, "better"), ("first_token_s", 2.1, "worse")],
)  # fmt: skip
def test_which_side_is_the_good_one(figure: Any, measured: float, verdict: str) -> None:
    says = tuple(
        Suggestion(figure=figure, side=side, say=f"{side} {name}") for name in ("x",) for side in ("worse", "better")
    )
    other = Suggestion(figure="total_gib", side="worse", say="no")
    rules = Verifying(**RULES | {"formats": (), "suggestions": (other, *says)})
    found = _compared(figure, measured + 0.000001, Range(1.0, 1.5, 2.0001), rules)
    assert (found.verdict, found.suggests) == (verdict, None if verdict == "within" else f"{verdict} x")
    assert found.measured == measured
    assert _compared(figure, 1.0, Range(0.0, 0.0, 2.0), rules).ratio is None


KEPT = {"model": "middle", "quantization": "w4", "engine": "paged", "device": "card"}


@pytest.mark.parametrize(
    ("reading", "fields", "entry"),
    [
        ({"decode_tokens_per_s": 12.3456}, {}, {
            "id": "middle-w4-paged-1x-card-p512-o256-r1", "count": 1, "concurrent_requests": 1, "context_tokens": 8192,
            "prompt_tokens": 512, "output_tokens": 256, "decode_tokens_per_s": 12.35}),
        ({"first_token_s": 0.5, "total_gib": 4.0, "engine_version": "1.1", "prompt_tokens": 100, "output_tokens": 10,
          "concurrent_requests": 2}, {}, {
            "id": "middle-w4-paged-1x-card-p100-o10-r2", "count": 1, "concurrent_requests": 2, "context_tokens": 8192,
            "prompt_tokens": 100, "output_tokens": 10, "first_token_s": 0.5, "total_gib": 4.0, "engine_version": "1.1"}),
        ({"prefill_tokens_per_s": 100.0, "prompt_tokens": 9}, {"prompt_tokens": 300}, {
            "id": "middle-w4-paged-1x-card-p300-o256-r1", "count": 1, "concurrent_requests": 1, "context_tokens": 8192,
            "prompt_tokens": 300, "output_tokens": 256, "prefill_tokens_per_s": 100.0}),
        ({"total_gib": 4.0}, {}, None),
        ({"decode_tokens_per_s": 9.0}, {"hardware": "2 nodes of rack"}, None),
    ],
)  # fmt: skip
def test_the_entry_that_keeps_a_reading(
    reading: dict[str, Any], fields: dict[str, Any], entry: dict[str, Any] | None, sizer: Sizer
) -> None:
    found, entries = compared(sizer, Reading(**reading), **fields)
    assert entries == ([KEPT | entry | {"measured": "2026-11-24", "note": "a tool"}] if entry else [])
    assert (found.model, found.quantization, found.engine, found.tool) == ("middle", "w4", "paged", "a tool")
    assert found.engine_version == reading.get("engine_version")


@pytest.mark.parametrize(
    ("reading", "tool", "fields", "told"),
    [
        ({"model": "small"}, ("a tool", ""), {}, "the reading is of small, not of middle"),
        ({"model": "an alias"}, ("a tool", ""), {}, ""),
        ({"parameters": 2**32 * 1.125}, ("a tool", ""), {}, ""),
        ({"parameters": 2**32 * 1.13}, ("a tool", ""), {}, "the reading is of 4.85 billion parameters, not of middle"),
        ({"parameters": 2**32 * 0.8}, ("a tool", ""), {}, "the reading is of 3.44 billion parameters, not of middle"),
        ({}, ("a tool", "slots"), {}, "a tool is of slots, not of paged"),
        ({}, ("a tool", "paged"), {}, ""),
        ({}, ("a tool", "paged"), {"engine": None}, ""),
        ({"weights_gib": 3.0}, ("a tool", ""), {}, ""),
        ({"weights_gib": 3.1}, ("a tool", ""), {},
         "weights of 3.1 GiB are not those of middle as w4, 2 GiB; name the quantization that was measured"),
        ({"device_weights_gib": 1.3}, ("a tool", ""), {},
         "weights of 1.3 GiB are not those of middle as w4, 2 GiB; name the quantization that was measured"),
        ({}, ("a tool", ""), {"hardware": None}, "state the machine that was measured, with --hardware"),
    ],
)  # fmt: skip
def test_a_reading_of_something_else(
    reading: dict[str, Any], tool: tuple[str, str], fields: dict[str, Any], told: str, sizer: Sizer
) -> None:
    held = Reading(**{"decode_tokens_per_s": 15.0} | reading)
    if told:
        with pytest.raises(InputError) as refused:
            compared(sizer, held, tool, **fields)
        assert str(refused.value) == f"verify: {told}"
    else:
        assert compared(sizer, held, tool, **fields)[0].engine == "paged"


def test_what_was_assumed_is_told_once(sizer: Sizer) -> None:
    readings = Readings(
        "a tool",
        "",
        (Reading(decode_tokens_per_s=9.0, output_tokens=64), Reading(prefill_tokens_per_s=9.0, prompt_tokens=9)),
    )
    found, entries = verify(readings, EstimateRequest.model_validate(BUILD), sizer, DAY)
    fields = [item.field for item in found.assumptions]
    assert {"prompt_tokens", "output_tokens"} <= set(fields)
    assert len(found.assumptions) == len(set(found.assumptions))
    assert [(one.prompt_tokens, one.output_tokens) for one in found.readings] == [(512, 64), (9, 256)]
    assert len(entries) == 2
