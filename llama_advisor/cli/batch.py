"""Batches: a line in, an answer out, in order, few lines in flight; by this process or shared among several."""

from __future__ import annotations

import codecs
import io
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import IO, Any, cast

from llama_advisor.cli.main import collect_seldom
from llama_advisor.cli.options import progress
from llama_advisor.render.formats import to_json
from llama_advisor.text.errors import AdvisorError, InputError
from llama_advisor.text.yaml_file import MAX_BYTES, printable

Chunk = list[tuple[int, str]]  # Lines that one process answers, with their numbers.
Answer = Callable[[dict[str, Any]], tuple[int, str]]  # From the object of a line to its exit code and its answer.
BAD_LINE = 2
BLOCK = 1 << 16
CHUNK = 16
AHEAD = 4
"""Chunks a process that are worked on or done before the first of them is written: the bound on what is held."""


def stream(name: str, jobs: int, start: Callable[..., Answer], *args: Any) -> int:
    """Write what `start(*args)`, called in each process, answers to each line; return the worst exit code."""
    answers = _answers(start, *args)  # however many processes: wrong rules are told of here, before a line is read
    worst = 0
    shown = not sys.stdout.isatty()  # there the answers themselves are the progress
    try:
        source = io.FileIO(0 if name == "-" else name, closefd=name != "-")
    except OSError as error:
        raise InputError(f"--batch {name}: {error.strerror or error}") from error
    with source:
        made = (
            (answered for chunks in _chunks(source) for chunk in chunks for answered in answers(chunk))
            if jobs == 1
            else in_order(_chunks(source), jobs, _answers, (start, *args), source.fileno())
        )
        with closing(made):
            for done, (code, text) in enumerate(made, 1):
                worst = max(worst, code)
                sys.stdout.write(text + "\n")
                sys.stdout.flush()
                if shown:
                    progress(f"{done} answers")
    if shown:
        progress("")
    return worst


def _chunks(source: IO[bytes]) -> Iterator[list[Chunk]]:
    """Yield the chunks of whole lines that each read completes; a line is what it is in a text file, its end kept."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8-sig")("replace"), translate=True)
    parts: list[str] = []
    first = 1
    while True:
        block = source.read(BLOCK)
        parts.append(decoder.decode(block, final=not block))
        if len(parts) * BLOCK > MAX_BYTES + BLOCK:
            raise InputError(f"line {first} is longer than {MAX_BYTES // 1_000_000} MB")
        lines: list[str] = []
        if not block or "\n" in parts[-1]:  # a line of many blocks is joined once
            *whole, rest = "".join(parts).split("\n")
            lines = [f"{line}\n" for line in whole] + ([rest] if rest and not block else [])
            parts = [rest]
        numbered = list(enumerate(lines, first))
        yield [numbered[at : at + CHUNK] for at in range(0, len(lines), CHUNK)]
        if not block:
            return
        first += len(lines)


def _answers(start: Callable[..., Answer], *args: Any) -> Callable[[Chunk], Iterator[tuple[int, str]]]:
    """Return what answers line by line; a bad line yields an error and the rest go on, a blank one yields nothing."""
    answer = start(*args)

    def answers(chunk: Chunk) -> Iterator[tuple[int, str]]:
        for number, line in chunk:
            if not line.strip():
                continue
            name = None
            try:
                data = _object(line)
                name = data.get("id")
                answered = answer(data)
            except InputError as error:
                answered = BAD_LINE, to_json({"id": name, "error": f"line {number}: {error}"}, indent=None)
            yield answered

    return answers


def _object(line: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON: {printable(error)[:120]}") from error
    if not isinstance(data, dict):
        raise InputError("not a JSON object")
    return data


def in_order(
    chunks: Iterator[list[Any]],
    jobs: int,
    start: Callable[..., Callable[[Any], Iterable[Any]]],
    args: tuple[Any, ...],
    source: int | None = None,
) -> Generator[Any, None, None]:
    """Yield what `start(*args)(chunk)` yields for each chunk, in order, the work shared among processes.

    `chunks` yields what there is at a time; `source` is the file it reads: answers are given while it waits.
    """
    pool: list[tuple[Connection, SpawnProcess]] = []
    busy: dict[Connection, int] = {}
    idle: list[Connection] = []
    waiting: deque[Any] = deque()
    done: dict[int, list[Any]] = {}
    sent = due = 0
    more = True
    watched = source if os.name == "posix" else None  # elsewhere only pipes can be waited for
    try:
        while more or waiting or busy or done:
            room = sent - due < AHEAD * jobs
            if waiting and room and (idle or len(pool) < jobs):
                if not idle:
                    pool.append(_started(start, args))
                    idle.append(pool[-1][0])
                pipe = idle.pop()
                pipe.send(waiting.popleft())
                busy[pipe] = sent
                sent += 1
            elif due in done:
                yield from done.pop(due)
                due += 1
            elif more and room and not waiting and watched is None:
                more = _refill(waiting, chunks)
            else:
                hungry = [watched] if watched is not None and more and room and not waiting else []
                for ready in wait([*busy, *hungry]):
                    if ready in hungry:
                        more = _refill(waiting, chunks)
                        continue
                    pipe = cast("Connection", ready)
                    done[busy.pop(pipe)] = pipe.recv()
                    idle.append(pipe)
    except (EOFError, ConnectionError) as error:
        raise AdvisorError("a worker process ended before its work was done; try fewer of them") from error
    finally:
        _end(pool)


def _refill(waiting: deque[Any], chunks: Iterator[list[Any]]) -> bool:
    """Take the chunks that there are; False at their end."""
    more = next(chunks, None)
    waiting.extend(more or ())
    return more is not None


def _started(start: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Connection, SpawnProcess]:
    """Start a process that answers chunks; an interrupt is for this process, which ends the others."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, start, args), daemon=True)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited: from its first moment on it hears none
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, before)
    there.close()
    return here, process


def _end(pool: list[tuple[Connection, SpawnProcess]]) -> None:
    for pipe, process in pool:
        pipe.close()
        process.terminate()
    for _, process in pool:
        process.join()


def _serve(pipe: Connection, start: Callable[..., Callable[[Any], Iterable[Any]]], args: tuple[Any, ...]) -> None:
    """Answer chunks until the other end is closed, also by a process that was killed: no orphan stays."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    collect_seldom()
    work = start(*args)
    with suppress(EOFError, ConnectionError):
        while True:
            pipe.send(list(work(pipe.recv())))
