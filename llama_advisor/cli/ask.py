"""ask: the questionnaire at a terminal, or with piped answers; the same answer as recommend at the end."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TextIO

import typer

from llama_advisor.cli.commands import HELP
from llama_advisor.cli.options import Run, command, write
from llama_advisor.engine.advice import EXIT_CODES
from llama_advisor.engine.decide import Advisor
from llama_advisor.hardware import catalogue_of, read_hardware
from llama_advisor.hardware.detect import describe, detect
from llama_advisor.interview.answers_cache import Outlook
from llama_advisor.interview.log import Answer, Log, as_command, as_file, as_shown, resumed, saved, scenario_of
from llama_advisor.interview.next_question import Ahead, CompiledQuestion, following
from llama_advisor.interview.prompt import LIST, closing, explained, in_ascii, prompt, wrapped
from llama_advisor.interview.typed import Here, read_line
from llama_advisor.render.formats import to_json
from llama_advisor.text.errors import InputError
from llama_advisor.text.saving import named_bytes
from llama_advisor.text.yaml_file import printable

INPUT_ERROR = 2
INTERRUPTED = 130
LONGEST_LINE = 1_000_000
USAGE = """usage: llama-advisor ask [SENTENCE] [--resume [FILE]] [--save FILE] [--answers FILE|-]
This is no terminal, so nothing can be asked. State what is needed in a sentence, or with flags:
  llama-advisor ask "summarize PDFs in German for 20 people on 2x L40S"
  echo "summarize PDFs in German" | llama-advisor ask --answers -
  llama-advisor recommend --use-case ... [--hardware ...] [--context ...]
Missing: at least one of --use-case, --input, --model
"""


class LeaveError(Exception):
    """The user leaves; the log is kept."""


@command("format_ rules as_of")
def ask(
    run: Run,
    sentence: Annotated[list[str] | None, typer.Argument(metavar="[SENTENCE]", help=HELP["ask"]["sentence"])] = None,
    answers: Annotated[str | None, typer.Option(metavar="FILE", help=HELP["ask"]["answers"])] = None,
    resume: Annotated[str | None, typer.Option(metavar="FILE", help=HELP["ask"]["resume"])] = None,
    save: Annotated[str | None, typer.Option(metavar="FILE", help=HELP["ask"]["save"])] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --save overwrite a file.")] = False,
) -> int:
    """Ask, answer, and return the exit code."""
    shown = sys.stderr if run.in_json else sys.stdout
    alone = answers is None and not (sys.stdin.isatty() and shown.isatty())
    if alone and not sentence:
        sys.stderr.write(USAGE)
        return INPUT_ERROR
    _check_place(save, force=force)
    log: Log = ()
    if resume is not None:
        name = printable(resume or kept())
        try:
            text = named_bytes(resume or kept()).decode("utf-8")
        except (InputError, UnicodeDecodeError) as error:
            raise InputError(f"--resume {name}: {error}") from error
        log = resumed(text, name)
    lines = iter(()) if alone else None if answers is None else _piped(answers)
    interview = Interview(run, log, lines, resume, save, alone=alone)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        if sentence:
            interview.hear(" ".join(sentence))
        if not alone:
            interview.hold()
        return interview.finish()
    except (LeaveError, KeyboardInterrupt, EOFError) as left:
        return interview.leave(0 if isinstance(left, LeaveError) else INTERRUPTED)


@dataclass
class Interview:
    """Lines in, lines out; the log is the only state."""

    run: Run
    log: Log
    lines: Iterator[str] | None  # Piped answers; None at a terminal.
    resume: str | None
    save: str | None
    alone: bool  # A sentence without a terminal: it is answered as it stands.

    def __post_init__(self) -> None:
        self.width = self.run.view.width
        self.outlook = Outlook(Advisor(self.run.base(), self.run.today))
        self.machine = describe(detect()) if self.lines is None else None
        if self.machine:  # this computer as hardware, where it can be read as such
            try:
                read_hardware(self.machine, catalogue_of(self.outlook.base))
            except InputError:
                self.machine = None
        if self.lines is None and os.environ.get("TERM") != "dumb":
            with suppress(ImportError):
                import readline

                readline.parse_and_bind("set enable-bracketed-paste off")
        self.interrupted = False
        self.place = 0
        self.plain = not self.run.view.unicode

    def hear(self, sentence: str) -> None:
        """Read a sentence before anything is asked; without a terminal say how, and refuse what is unsure."""
        before = self.log
        if not self.taken(sentence, ()) or (self.lines is not None and self.log is before):
            raise InputError("this is no sentence; say what it is for, on what hardware, for how many people")
        if self.lines is not None:
            told = [*self.log[-1].heard]
            told += [f"Not read: {', '.join(self.log[-1].unread)}"] if self.log[-1].unread else []
            sys.stderr.write("".join(f"{printable(line)}\n" for line in told))
            if offers := self.log[-1].offers:
                named = (f"--use-case {name} ({self.outlook.base.use_cases[name].name})" for name in offers)
                raise InputError(f"what it is for could mean several uses; say which: {', '.join(named)}")

    def hold(self) -> None:
        """Ask until it is settled, nothing is left to ask, or the user has had enough."""
        while True:
            if self.lines is None:  # the next prompt, each line as soon as it is found
                for place, part in enumerate(prompt(self.log, self.outlook, self.machine, self.width)):
                    self.show(part if place else "\n" + part)
            asked = tuple(following(self.log, self.outlook))
            if not asked:
                break
            before = self.log
            while self.log is before:
                if (line := self.read(asked)) is None or not self.taken(line, asked):
                    return
                if self.interrupted:
                    raise KeyboardInterrupt
        for line in self.lines or ():  # piped answers for which there was no question: each of them would be lost
            self.place += 1
            if line.strip():
                self.refuse()

    def refuse(self) -> None:
        """Keep what was given before a piped line for which there is no question, and refuse that."""
        if self.save:
            self.keep()
        else:
            self.leave(INPUT_ERROR)
        raise InputError(f"answer on line {self.place}: nothing is left to ask; leave it out, or say it with flags")

    def taken(self, line: str, asked: tuple[CompiledQuestion, ...]) -> bool:
        """Do what a line says, also where an interrupt comes in between: what was typed is kept."""
        try:
            return self.take(line, asked)
        except KeyboardInterrupt:
            self.interrupted = True
            return self.take(line, asked)

    def take(self, line: str, asked: tuple[CompiledQuestion, ...]) -> bool:
        """Do what a line says; False where the user has had enough."""
        try:
            said = read_line(line, Here(asked, self.log, self.machine), self.outlook)
        except InputError as error:
            if self.lines is not None and not asked:
                raise
            if self.lines is not None:
                question = asked[0].question.text if len(asked) == 1 else LIST
                raise InputError(f"answer on line {self.place} ({question}): {error}") from error
            self.show(wrapped([f"Not understood: {error}"], self.width))
            return True
        if isinstance(said, Answer):
            self.log = (*self.log, said)
        elif said == "help":
            self.show("\n" + explained(self.log, self.outlook, self.width))
        elif said == "back" and self.log:
            self.log = self.log[:-1]
        elif said == "back":
            self.show("Nothing to take back.\n")
        elif said == "leave":
            raise LeaveError
        return said != "end"

    def read(self, asked: tuple[CompiledQuestion, ...]) -> str | None:
        """Return the next line; None at the end of piped ones; an interrupt waits until a typed line is kept."""
        if self.lines is not None:
            self.place += 1
            return next(self.lines, None)
        line = ""
        ahead = Ahead(self.log, asked, self.outlook)
        try:
            if self.run.in_json:  # the line can be edited only where it is asked for on standard output
                self.show("> ")
                line = sys.stdin.readline()
            else:
                line = input("> ") + "\n"
            ahead.close()
        except KeyboardInterrupt:
            if not line:
                raise
            self.interrupted = True
        finally:
            ahead.close()
        if not line:
            raise EOFError
        return line

    def show(self, text: str) -> None:
        """Write to the terminal; piped answers are answered by the result alone."""
        if self.lines is None:
            stream = sys.stderr if self.run.in_json else sys.stdout
            stream.write(in_ascii(text) if self.plain else text)
            stream.flush()

    def leave(self, code: int) -> int:
        """Save the log and say how to go on."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if not self.log and not self.resume:
            return code
        file = self.resume or kept()
        try:
            with suppress(OSError):
                Path(file).parent.mkdir(parents=True, exist_ok=True)
            write(saved(self.log), file, "the interview, ")
        except InputError as error:
            self.show(f"\nNot saved: {error}\n" + self.again(as_command(scenario_of(self.log)), ""))
            return INPUT_ERROR
        count = len(self.log)
        named = [self.resume] if self.resume else []
        further = shlex.join(["llama-advisor", "ask", "--resume", *named, *self.run.repeated])
        said = wrapped(["", f"Saved {count} answer{'s' if count != 1 else ''} in {file}. Go on with:"], self.width)
        tell = self.show if self.lines is None else sys.stderr.write
        tell(f"{said}  {printable(further)}\n")
        return code

    def finish(self) -> int:
        """Say whether it is settled, beside the result where answers were piped; print it, and how to have it again."""
        if self.lines is None or (not self.alone and any(following(self.log, self.outlook))):
            said = wrapped([closing(self.log, self.outlook)], self.width)
            tell = self.show if self.lines is None else sys.stderr.write
            tell(f"\n{said}\n" if self.lines is None else in_ascii(said) if self.plain else said)
        scenario = scenario_of(self.log)
        advice = self.outlook.advisor.advise(scenario)
        if self.run.in_json:
            sys.stdout.write(to_json(advice) + "\n")
        else:
            from llama_advisor.render.advice import advice_text

            text = advice_text(advice, self.outlook.base, self.run.view)
            if advice.verdict != "need_input":
                command = as_command(scenario, self.run.repeated)
                text += self.again(command, as_shown(scenario, advice, self.width - 4))
            sys.stdout.write(in_ascii(text) if self.plain else text)
        if self.save:
            sys.stdout.flush()
            self.keep()
        return EXIT_CODES[advice.verdict]

    def keep(self) -> None:
        """Write the file that --save asks for; the log instead, where that cannot be."""
        scenario = scenario_of(self.log)
        try:
            write(as_file(scenario, self.outlook.advisor.advise(scenario)), self.save, "--save ")
        except InputError:
            self.leave(INPUT_ERROR)
            raise

    def again(self, command: str | None, file: str) -> str:
        """Say how to have the answer again; a command is never wrapped, so that it can be copied."""
        said = wrapped(["The same again:"], self.width) + (f"  {printable(command)}\n" if command else "")
        if self.save:
            return f"\n{said}  {printable(shlex.join(['llama-advisor', 'recommend', self.save, *self.run.repeated]))}\n"
        if file:
            said += wrapped(["or this as llama-advisor.yaml, which --save FILE writes:"], self.width)
            said += "".join(f"  {line}\n" for line in file.splitlines())
        return f"\n{said}"


def kept() -> str:
    """Return the file of the last interview that was left, in the user's own folder for state."""
    base = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return str((Path(base) if base else Path.home() / ".local" / "state") / "llama-advisor" / "interview.json")


def _check_place(save: str | None, *, force: bool) -> None:
    """Refuse before the first question what could not be saved after the last."""
    if save is None:
        return
    path = Path(save)
    if path.is_dir():
        raise InputError(f"--save {printable(path)}: it is a folder")
    if path.exists() and not force:
        raise InputError(f"--save {printable(path)}: it is there already; --force overwrites it")
    if not path.parent.is_dir():
        raise InputError(f"--save {printable(path)}: no such folder")


def _piped(name: str) -> Iterator[str]:
    """Yield the lines of a file, or of standard input for `-`; raise InputError for what is no text."""
    try:
        if name == "-":
            yield from _lines(sys.stdin)
            return
        with Path(name).open(encoding="utf-8") as lines:
            yield from _lines(lines)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--answers {printable(name)}: {getattr(error, 'strerror', None) or error}") from error


def _lines(source: TextIO) -> Iterator[str]:
    while line := source.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise InputError(f"--answers: a line is longer than {LONGEST_LINE:,} characters")
        yield line
