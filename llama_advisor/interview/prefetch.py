"""Thinking ahead: while a person reads a question, what follows from each answer is worked out and kept."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from llama_advisor.interview.answers_cache import Outlook
from llama_advisor.interview.log import Answer, Log, stated
from llama_advisor.interview.next_question import options_of, standing

if TYPE_CHECKING:
    from llama_advisor.engine.decide import Outcome
    from llama_advisor.scenario.questions import CompiledQuestion


class StoppedError(Exception):
    """The person has answered."""


class Interruptible(Outlook):
    """The same outlook, what it keeps included; each look may be the last."""

    def __init__(self, outlook: Outlook, stop: Event) -> None:
        self.__dict__.update(outlook.__dict__)
        self.stop = stop

    def outcome(self, stated: dict[str, Any]) -> Outcome | None:
        """Return what the outlook returns, until stopped."""
        if self.stop.is_set():
            raise StoppedError
        return super().outcome(stated)


class Ahead:
    """Works in the background, and never at the same time as whoever uses the outlook next: `close` waits."""

    def __init__(self, log: Log, asked: tuple[CompiledQuestion, ...], outlook: Outlook) -> None:
        self._stop = Event()
        self._thread = Thread(target=self._look, args=(log, asked, Interruptible(outlook, self._stop)), daemon=True)
        self._thread.start()

    def _look(self, log: Log, asked: tuple[CompiledQuestion, ...], outlook: Outlook) -> None:
        """Work out the likeliest answers first; skipping is the likeliest of all."""
        names = tuple(item.id for item in asked)
        try:
            standing((*log, Answer(questions=names)), outlook)
            for item in asked:
                said = stated(log)
                if len(asked) > 1:
                    others = tuple(name for name in names if name != item.id)
                    standing((*log, Answer(questions=others, picks=(item.id,))), outlook)
                    continue
                for option in sorted(options_of(item, said, outlook), key=lambda option: -option.share):
                    standing((*log, Answer(questions=names, sets=option.sets)), outlook)
        except StoppedError:
            return

    def close(self) -> None:
        """Stop, and wait for the look in hand."""
        self._stop.set()
        self._thread.join()
