"""A running server, asked: how often, with what, and what comes of answers that are none."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from llama_advisor.deploy.endpoint import ask
from llama_advisor.text.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Call = Callable[..., tuple[int, str, str]]

WAIT_S, STEP_S, PIECES = 0.05, 0.01, 11
USAGE = {"choices": [], "usage": {"prompt_tokens": 310, "completion_tokens": 21}}
PIECE = {"choices": [{"delta": {"content": "word "}}]}


def streamed(*events: Any) -> Iterator[bytes]:
    """Yield the lines of a stream: what it waits for, pieces, an end."""
    yield f"data: {json.dumps({'choices': [{'delta': {'role': 'assistant', 'content': ''}}]})}\n\n".encode()
    time.sleep(WAIT_S)
    for event in events:
        yield f"data: {json.dumps(event)}\n\n".encode()
        time.sleep(STEP_S)
    yield b"data: [DONE]\n\n"


class Server:
    """A server of one model that keeps what it was asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any] | None, str | None]] = []
        self.status, self.location = 200, ""
        self.models: bytes = json.dumps({"data": [{"id": "Llama-3.1-8B-Instruct"}]}).encode()
        self.answer: Callable[[], Iterator[bytes]] = lambda: streamed(*[PIECE] * PIECES, USAGE)
        self.url = ""


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as found:
        yield found


@contextmanager
def running() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.answered([state.models])

        def do_POST(self) -> None:
            self.answered(state.answer())

        def answered(self, parts: Any) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.seen.append((self.path, json.loads(body) if body else None, self.headers.get("Authorization")))
            self.send_response(state.status)
            if state.location:
                self.send_header("Location", state.location)
            self.end_headers()
            for part in parts if state.status == 200 else ():
                self.wfile.write(part)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield state
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def test_first_token_and_rate_are_timed(server: Server) -> None:
    (reading,) = ask(server.url, 3, 300, 20, None).readings
    assert reading.first_token_s is not None
    assert reading.decode_tokens_per_s is not None
    assert WAIT_S <= reading.first_token_s < WAIT_S * 10
    assert 20 / (PIECES * STEP_S * 10) < reading.decode_tokens_per_s <= 20 / ((PIECES - 1) * STEP_S)
    assert (reading.prompt_tokens, reading.output_tokens, reading.concurrent_requests) == (310, 21, 1)
    assert reading.model == "Llama-3.1-8B-Instruct"


def test_a_server_that_counts_no_tokens_is_counted_by_pieces(server: Server) -> None:
    server.answer = lambda: streamed(*[PIECE] * PIECES)
    (reading,) = ask(server.url + "/v1/", 1, 300, 20, None).readings
    assert (reading.prompt_tokens, reading.output_tokens) == (300, PIECES)


def test_only_as_many_requests_as_said_are_sent_and_no_prompt_twice(server: Server) -> None:
    ask(server.url, 4, 100, 20, "secret")
    assert [path for path, _, _ in server.seen] == ["/v1/models", *["/v1/chat/completions"] * 4]
    bodies = [body for _, body, _ in server.seen if body]
    assert {(body["model"], body["max_tokens"], body["stream"]) for body in bodies} == {
        ("Llama-3.1-8B-Instruct", 20, True)
    }
    prompts = [body["messages"][0]["content"] for body in bodies]
    assert len({prompt[:2] for prompt in prompts}) == 4
    assert {len(prompt.split()) for prompt in prompts} == {101}
    assert {key for _, _, key in server.seen} == {"Bearer secret"}


def test_no_redirect_is_followed_and_no_proxy_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as other:
        monkeypatch.setenv("http_proxy", other.url)
        server.status, server.location = 302, f"{other.url}/v1/models"
        with pytest.raises(InputError, match=r"/v1/models: the server answers 302 Found$"):
            ask(server.url, 1, 10, 20, "secret")
        assert other.seen == []


@pytest.mark.parametrize("models", [b"", b"<html>", b"[]", b'{"data": []}', b'{"data": [{}]}', b"\xff", b"[" * 9000])
def test_a_server_of_another_kind_is_told(models: bytes, server: Server) -> None:
    server.models = models
    with pytest.raises(InputError, match="the answer is not that of OpenAI's interface"):
        ask(server.url, 1, 10, 20, None)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"data: {}\n\n", b"data: [DONE]\n\n"],
        [b"data: {"],
        [b"data: []\n\n"],
        [b'data: {"choices": 5}\n\n'],
        [b'data: {"choices": [{"delta": 5}]}\n\n'],
        [b'data: {"choices": [{"delta": {"content": "one"}}]}\n\n'],
        [b"nothing\n"] * 5,
    ],
)
def test_a_stream_without_tokens_is_told(parts: list[bytes], server: Server) -> None:
    server.answer = lambda: iter(parts)
    with pytest.raises(InputError, match="the answer is not that of OpenAI's interface"):
        ask(server.url, 1, 10, 20, None)


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match=r"--url http://127\.0\.0\.1:1: .*[Rr]efused"):
        ask("http://127.0.0.1:1", 1, 10, 20, None)
    with pytest.raises(InputError, match="--url http://x y: "):
        ask("http://x y", 1, 10, 20, None)


def test_the_command_asks_and_compares(server: Server, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", "secret")
    build = ("llama3.1:8b", "--hardware", "RTX 4090", "--quantization", "q4_k_m", "--engine", "llama.cpp")
    asked = ("--requests", "2", "--api-key-env", "THE_KEY", "--prompt-tokens", "64", "--output-tokens", "16")
    code, out, _ = call("verify", "--url", server.url, *build, *asked, "--format", "json")
    told = json.loads(out)
    assert code in {0, 1}
    assert told["tool"] == f"2 requests to {server.url.removeprefix('http://')}"
    assert [figure["figure"] for figure in told["readings"][0]["figures"]] == ["decode_tokens_per_s", "first_token_s"]
    assert len(server.seen) == 3
    assert "secret" not in out
    code, _, err = call("verify", "--url", server.url, "3b", *build[1:])
    assert code == 2
    assert "the reading is of Llama-3.1-8B-Instruct, not of llama-3.2-3b-instruct" in err
