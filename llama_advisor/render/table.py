"""One field of a request varied: a row is an ordinary request with another value of it, and its estimate."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from llama_advisor.knowledge.judgement import Defaults
from llama_advisor.render.formats import View
from llama_advisor.render.screen import Screen
from llama_advisor.sizing.estimate import BEST_TRODDEN, Sizer, largest
from llama_advisor.sizing.figures import machine_name
from llama_advisor.sizing.layouts import splits
from llama_advisor.sizing.request import By, Estimate, EstimateRequest
from llama_advisor.sizing.support import at_home, official_build, published_file, quantization_support
from llama_advisor.text.errors import InputError
from llama_advisor.text.numbers import number
from llama_advisor.text.tables import table

CONTRARY = {"context": (), "users": ("users", "concurrency", "requests_per_second", "batch_hours")}
DOUBLED = tuple(1 << power for power in range(30))
ORIGINAL = "bf16"
WORDS = {"quantization", "engine", "fits", "split", "waiting"}
FITS = {True: "yes", False: "no", None: "?"}
COLUMNS: dict[str, dict[str, str]] = table(__file__)
"""The columns of each table, with the path to their figure in an estimate; empty where it is worked out."""


class Varied:
    """A request whose own estimate is `first`, with one field varied: a row for each value."""

    def __init__(self, by: By, asked: EstimateRequest, first: Estimate, sizer: Sizer) -> None:
        for name in CONTRARY.get(by, (by,)):
            if getattr(asked, name) is not None:
                raise InputError(f"--by {by}: leave --{name.replace('_', '-')} out, the rows say it")
        self.by, self.asked, self.first, self.sizer, self.base = by, asked, first, sizer, sizer.base
        self.read, self.engine = sizer.read(asked), sizer.base.engines[first.engine]
        self.note: list[str] = []
        self.beside: dict[str | int | None, dict[str, str]] = {}  # further cells of a quantization
        self.rows: list[Estimate] = [*getattr(self, f"_{by}")()]
        runs = (row for row in self.rows if "GiB" not in self.beside.get(row.value, ()))
        self.fits = any(row.memory.fits is not False for row in runs)

    def text(self, view: View) -> str:
        """Return the table, and what it comes to."""
        machine, model, heads = self.read.machine, self.read.model, (self.by, *COLUMNS[self.by])
        out = Screen(colour=view.colour, width=view.width)
        build = "" if self.beside else f", {self.first.quantization}, {self.engine.name}"
        where = f" on {machine_name(machine.device.name, machine.count, machine.nodes)}" if machine else ""
        out.line(f"{model.name}{build}{where}", "bold")
        for field, _, why in self.first.assumptions:
            if field == "engine" and why != BEST_TRODDEN and not self.beside:
                out.line(f"but {why}", "bold red")
        right = frozenset(at for at, head in enumerate(heads) if head not in WORDS)
        out.columns(heads, [tuple(self._cells(row)) for row in self.rows], right)
        for line in self.note:
            out.line(line)
        return out.text()

    def _row(self, value: str | int) -> Estimate:
        build = {} if self.by == "quantization" else {"quantization": self.first.quantization, "engine": self.engine.id}
        varied = build | {"context_tokens" if self.by == "context" else self.by: value}
        return self.sizer.estimate(self.asked.model_copy(update=varied))._replace(value=value)

    def _quantization(self) -> Iterator[Estimate]:
        """Yield what some engine loads that runs there, also where it does not on this design of device."""
        model, device, weights = self.read.model, self.read.device, self.sizer.sizes.weights
        self.note = [f"GB to download, GiB in memory at {self.first.context_tokens:,} tokens of context"]
        kinds = self.base.quantizations.values()
        for kind in sorted(kinds, key=lambda item: (-item.bits, -weights(model, item.id))):
            row, official = self._row(kind.id), official_build(model, kind)
            engine = self.base.engines[row.engine]
            entry = engine.by_quantization.get(kind.id) if row.quantization == kind.id else None
            exists = (official or not kind.official_only) and (self.asked.engine or at_home(engine, device))
            if entry and exists and model.architecture.kind not in entry.not_for:
                stored = official or kind.format != "safetensors" or published_file(model, kind.id, engine)
                size = weights(model, kind.id if stored or not entry.from_original else ORIGINAL, engine) / 1e9
                self.beside[kind.id] = {"engine": engine.name, "GB": number(size)}
                if device and quantization_support(engine, model, kind, device) == "no":
                    design = device.architecture.removesuffix("100")
                    word = f"not on {design.title() if design.isalpha() else design.upper()}"
                    self.beside[kind.id] |= dict.fromkeys(COLUMNS[self.by], "") | {"engine": word, "GB": number(size)}
                yield row

    def _context(self) -> Iterator[Estimate]:
        model, machine = self.read.model, self.read.machine
        build = official_build(model, self.base.quantizations[self.first.quantization])
        fits = self.sizer.limits(self.asked, self.first).max_context_tokens
        owner = "machine's" if not machine or not machine.device.kind.endswith("gpu") else "card's"
        ends = {"model": model.context_tokens, "build": build.context_tokens if build else None}
        ends["engine"] = self.engine.most_context_tokens
        longest, whose = min(((tokens, name) for name, tokens in ends.items() if tokens), key=itemgetter(0))
        most, whose = (fits, f"{owner} memory") if fits is not None and fits < longest else (longest, whose)
        self.note = [f"{most:,} tokens: the {whose}"]
        doubled = {size for size in DOUBLED[11:] if size < longest}
        values = doubled | {self.first.context_tokens, longest, most or longest}
        return (row for row in map(self._row, sorted(values)) if row.context_tokens == row.value)

    def _split(self) -> Iterator[Estimate]:
        machine, shape = self.read.machine, self.read.model.architecture
        return map(self._row, splits(self.engine, machine, shape) if machine else "1")

    def _users(self) -> Iterator[Estimate]:
        pace, wait = Defaults.usable_tokens_per_s, Defaults.usable_first_token_s

        def usable(users: int) -> bool | None:
            row = self._row(users)
            if row.speed is None or row.capacity is None:
                return None
            quick = row.speed.decode_tokens_per_s.mid >= pace and row.speed.first_token_s.mid <= wait
            return quick and row.capacity.machines_needed == 1 and row.memory.fits is not False

        most = largest(usable, DOUBLED[-1])
        if most is not None:
            self.note = [f"usable up to {most:,} users: {pace:g} tokens/s or more each, the first within {wait:g} s"]
        for row in map(self._row, DOUBLED):
            yield row
            if most is None or row.memory.fits is False or (row.capacity and row.capacity.machines_needed != 1):
                return

    def _cells(self, row: Estimate) -> Iterator[str]:
        yield f"{row.value:,}" if isinstance(row.value, int) else str(row.value)
        memory, done = row.memory, row.capacity if row.memory.fits is not False else None
        fits = "offload" if memory.offloaded_gib and memory.fits else FITS[memory.fits]
        late = "-" if done is None else "0" if done.machines_needed == 1 else "ever more"
        said = {"fits": fits, "waiting": late} | self.beside.get(row.value, {})
        for head, path in COLUMNS[self.by].items():
            value: Any = row._replace(capacity=done, speed=done and row.speed)  # what does not fit has neither
            for name in path.split(".") if path else ():
                value = None if value is None else getattr(value, name)
            yield said[head] if head in said else f"{value:,}" if isinstance(value, int) else number(value)
