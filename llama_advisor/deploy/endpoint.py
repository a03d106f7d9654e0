"""A running server with OpenAI's interface, asked a few times: first token and rate, one request after another."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPException
from statistics import median
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request

from llama_advisor.deploy.readings import Reading, Readings
from llama_advisor.text.errors import InputError
from llama_advisor.text.yaml_file import printable

MOST_REQUESTS = 20
SILENT_S = 60  # that a server may be silent
LONGEST_S = 300  # that one answer may take
LONGEST_LINE = 1_000_000
MOST_TOKENS = 10_000_000
FEWEST = 2  # pieces of text between which a rate can be told
WORD = "one two three four five six seven eight nine ten "


def ask(url: str, requests: int, prompt_tokens: int, output_tokens: int, key: str | None) -> Readings:
    """Ask for `requests` answers, and for the name of the model; the medians of what was seen. Raise InputError."""
    if not re.match(r"https?://[\w\[]", url):
        raise InputError(f"--url {printable(url)}: write the address of a server, as in http://localhost:8000")
    root = url.rstrip("/").removesuffix("/v1") + "/v1"
    try:
        with _sent(f"{root}/models", None, key) as answer:
            model = str(json.loads(answer.read(LONGEST_LINE))["data"][0]["id"])
        seen = [_timed(root, model, number, prompt_tokens, output_tokens, key) for number in range(requests)]
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error) if isinstance(error, URLError) else error
        raise InputError(f"--url {printable(url)}: {printable(reason)[:120] or type(error).__name__}") from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"--url {printable(url)}: the answer is not that of OpenAI's interface") from error
    first, rate, read, written = (median(column) for column in zip(*seen, strict=True))
    reading = Reading(
        decode_tokens_per_s=rate,
        first_token_s=first,
        concurrent_requests=1,
        prompt_tokens=round(read),
        output_tokens=round(written),
        model=printable(model)[:200],
    )
    return Readings(f"{requests} requests to {printable(url.split('/')[2].rpartition('@')[2])}", "", (reading,))


def _sent(url: str, body: dict[str, Any] | None, key: str | None) -> Any:
    """Ask the address itself: an opener with nothing else in it knows no proxy, no redirect and no file."""
    opener = OpenerDirector()
    opener.add_handler(HTTPHandler())
    opener.add_handler(HTTPSHandler())
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = Request(url, json.dumps(body).encode() if body else None, headers)  # noqa: S310  (`ask` checks it)
    answer: Any = opener.open(request, timeout=SILENT_S)
    if answer.status != HTTPStatus.OK:
        told = f"{answer.status} {printable(answer.reason)[:80]}".rstrip()
        raise InputError(f"{printable(url)}: the server answers {told}")
    return answer


def _timed(
    root: str, model: str, number: int, prompt_tokens: int, output_tokens: int, key: str | None
) -> tuple[float, float, int, int]:
    """Return seconds to the first token, tokens per second after it, and tokens of prompt and answer of one request."""
    words = WORD * (prompt_tokens // 10 + 1)
    text = f"{number + 1}. {' '.join(words.split()[: max(1, prompt_tokens)])}"  # begins anew: no server has read it
    body = {
        "model": model,
        "messages": [{"role": "user", "content": text}],
        "max_tokens": output_tokens,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    times: list[float] = []
    usage: dict[str, Any] = {}
    start = time.perf_counter()
    with _sent(f"{root}/chat/completions", body, key) as answer:
        for event in _events(answer, start):
            usage = event.get("usage") or usage
            if any(choice.get("delta", {}).get("content") for choice in event.get("choices") or ()):
                times.append(time.perf_counter())
    if len(times) < FEWEST or times[-1] <= times[0]:
        raise ValueError
    read, written = (_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens"))
    written = max(written or len(times), FEWEST)
    return times[0] - start, (written - 1) / (times[-1] - times[0]), read or prompt_tokens, written


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < MOST_TOKENS else 0


def _events(answer: Any, start: float) -> Iterator[dict[str, Any]]:
    for line in _lines(answer, start):
        data = line.strip().removeprefix(b"data:").strip()
        if data == b"[DONE]":
            return
        if line.startswith(b"data:"):
            yield json.loads(data)


def _lines(answer: Any, start: float) -> Iterator[bytes]:
    """Yield the lines as they come; a server that sends byte by byte is not waited for without end."""
    begun = b""
    while piece := answer.read1(LONGEST_LINE):
        if time.perf_counter() - start > LONGEST_S:
            raise TimeoutError(f"an answer took more than {LONGEST_S} s")
        *whole, begun = (begun + piece).split(b"\n")
        yield from whole
        if len(begun) > LONGEST_LINE:
            raise ValueError
    yield begun
