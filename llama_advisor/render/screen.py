"""Building blocks of terminal output: wrapped lines, columns, bars; colour only on a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from llama_advisor.text.yaml_file import logged, printable

MOST_COLUMNS = 100
NARROWEST = 40
FEWEST_STACKED = 3  # Columns from which on a table that does not fit is stacked.
NARROWEST_COLUMN = 14  # Characters that a column of words needs.
GAP = 2  # Blanks between columns, and before them.
WHOLE_WORD = re.compile(r"""(?:(?<!\S)-\S+ (?=[^-\s]))?(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*')+|\S+""")
"""A word of a command with what is quoted in it, and the option before it that it is the value of."""
WORD = re.compile(r"\s*\S+\s*")
CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}
ASCII = {" · ": ", ", "█": "#", "·": ".", "…": "..."}
"""What stands for a character where the output takes none but those of ASCII."""
DRAWN = str.maketrans(dict.fromkeys("█·…", " "))
"""Characters of one cell that are no letters of another script."""
LABEL = 11  # Blanks, the name of a row, blanks.


class Screen:
    """Lines written into memory, so that output appears at once or not at all."""

    def __init__(self, *, colour: bool, width: int, unicode: bool = True) -> None:
        self.colour, self.unicode = colour, unicode
        self.width = max(NARROWEST, min(width, MOST_COLUMNS))
        self.lines: list[str] = []

    def text(self) -> str:
        """Return what was written, without blanks at line ends."""
        return logged("\n".join(line.rstrip() for line in self.lines)) + "\n"

    def line(self, text: str, style: str = "", indent: int = 0, lead: int | None = None) -> None:
        """Write one paragraph; of the first line, only the `lead` characters in the style, where that is given."""
        for part in wrapped(self._plain(text), self.width - indent):
            self.lines.append(" " * indent + self._styled(part[:lead], style) + ("" if lead is None else part[lead:]))
            lead = lead and 0

    def row(self, name: str, *paragraphs: str) -> None:
        """Write paragraphs beside their name."""
        lines = [line for text in paragraphs for line in wrapped(self._plain(text), self.width - LABEL)]
        self._named(name, lines)

    def short(self, name: str, items: Iterable[str]) -> bool:
        """Write items beside their name, a line each; tell whether each is there in full."""
        room, items = self.width - LABEL - GAP, [self._plain(item) for item in items]
        cut = [
            item if cell_len(item) <= room else wrapped(item, room - 3)[0].rstrip(" ,;:") + self._plain("…")
            for item in items
        ]
        self._named(name, [f"- {item}" for item in cut])
        return cut == items

    def _named(self, name: str | None, lines: list[str]) -> None:
        room = LABEL if name is not None else GAP
        first = f"  {self._styled(name, 'dim')}{'':{LABEL - GAP - len(name)}}" if name is not None else " " * GAP
        self.lines += [f"{' ' * room if place else first}{line}" for place, line in enumerate(lines)]

    def unwrapped(self, *parts: tuple[str, str]) -> None:
        """Write texts with their styles on one line, however long it is."""
        self.lines.append("".join(self._styled(text, style) for text, style in parts))

    def heading(self, text: str) -> None:
        """Write a blank line and a heading."""
        self.lines.append("")
        self.line(text, "bold")

    def bullets(self, items: Iterable[str], heading: str = "") -> None:
        """Write paragraphs with a hanging mark; below a heading, where there is one and anything to say."""
        for place, item in enumerate(items):
            if heading and not place:
                self.heading(heading)
            first, *rest = wrapped(self._plain(item), self.width - 2 * GAP)
            self.lines += [f"  - {first}", *(f"    {part}" for part in rest)]

    def command(self, run: str, language: str, name: str | None = None) -> None:
        """Write a command that can be pasted: a line too long is broken between words, as a shell takes it."""
        if language != "sh" or "<<" in run:  # code, or lines of a file, which are kept
            self._named(name, [printable(line) for line in run.splitlines()])
            return
        rows = [""]
        for word in WHOLE_WORD.findall(run):
            first, *more = (printable(part) for part in word.split("\n"))
            if rows[-1] and cell_len(rows[-1]) + 1 + cell_len(first) > self.width - LABEL - GAP:
                rows[-1] += " \\"
                rows.append(first)
            else:
                rows[-1] = f"{rows[-1]} {first}" if rows[-1] else first
            rows += more
        self._named(name, rows)

    def columns(self, names: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
        """Write aligned columns; those in `right` are numbers. Where they do not fit side by side, rows are stacked."""
        heads = [self._plain(name) for name in names]
        cells = [[self._plain(cell) for cell in row] for row in rows]
        least = GAP * len(names)  # the width below which numbers are cut or words broken too often to read
        for place, column in enumerate(zip(heads, *cells, strict=True)):
            longest = max(map(len, column))
            word = max((len(word) for cell in column for word in cell.split()), default=0)
            least += longest if place in right or place == 0 else max(word, min(longest, NARROWEST_COLUMN))
        if len(names) >= FEWEST_STACKED and least > self.width:
            lead = 1 if heads[1] and not heads[0] else 2
            for row in cells:  # its first cells, then the others by name
                rest = [f"{name} {cell}".strip() for name, cell in zip(heads[lead:], row[lead:], strict=True) if cell]
                text = rest[0].removeprefix(heads[lead]) if len(rest) == 1 else "; ".join(rest)
                for paragraph, indent in ((" ".join(filter(None, row[:lead])), GAP), (text, 2 * GAP)):
                    if paragraph:
                        self.line(paragraph.strip(), indent=indent)
            return
        table, whole, most = [heads, *cells] if any(heads) else cells, frozenset({0, *right}), self.width - GAP
        gaps = [*(GAP for _ in heads[1:]), 0]
        sizes = [max((cell_len(row[place]) for row in table), default=0) for place in range(len(heads))]
        natural = [min(most, length + gap) for length, gap in zip(sizes, gaps, strict=True)]
        widths = [width - gap for width, gap in zip(_fitted(natural, whole, most), gaps, strict=True)]
        for row in table:
            parts = [
                [_cropped(cell.rstrip(), width)] if place in whole else [part.rstrip() for part in wrapped(cell, width)]
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            height = max(map(len, parts))
            for number in range(height):
                line = " " * GAP
                for place, (part, width, gap) in enumerate(zip(parts, widths, gaps, strict=True)):
                    at = number - (height - len(part) if row is heads else 0)  # Heads stand on the first row.
                    pieces = [" " * (width + gap)]
                    if 0 <= at < len(part):
                        fill = " " * (width - cell_len(part[at]))
                        pieces = [fill + part[at] if place in right else part[at] + fill, " " * gap]
                    line += "".join(self._styled(piece, "dim" if row is heads else "") for piece in pieces)
                self.lines.append(line)

    def _plain(self, text: str) -> str:
        """Return text on one line, without control characters, or any other that the output does not take."""
        plain = printable(text).expandtabs()
        for mark, instead in ASCII.items() if not self.unicode else ():
            plain = plain.replace(mark, instead)
        return plain

    def _styled(self, text: str, style: str) -> str:
        if not (self.colour and style and text):
            return text
        return f"\x1b[{';'.join(CODES[word] for word in style.split())}m{text}\x1b[0m"


def cell_len(text: str) -> int:
    """Count the cells that a text takes on a terminal: two for a wide character, none for one that combines."""
    if text.isascii() or text.translate(DRAWN).isascii():
        return len(text)
    from rich import cells

    return cells.cell_len(text)


def wrapped(text: str, width: int) -> list[str]:
    """Break a text between words; a word longer than a line is broken wherever the line ends."""
    if width < 1:
        return [""]
    breaks, used = [0], 0
    for match in WORD.finditer(text):
        word, start = match[0], match.start()
        size = cell_len(word.rstrip())
        if size <= width - used:
            used += cell_len(word)
            continue
        if start:
            breaks.append(start)
        used = cell_len(word)
        if size > width:
            if word.isascii():
                *full, last = [word[at : at + width] for at in range(0, len(word), width)]
            else:
                from rich.cells import chop_cells

                *full, last = chop_cells(word, width)
            for part in full:
                start += len(part)
                breaks.append(start)
            used = cell_len(last)
    lines = [text[start:end] for start, end in zip(breaks, [*breaks[1:], len(text)], strict=True)]
    kept = (max(width, len(line.rstrip())) for line in lines)
    return [_cropped(line[:most], width) for line, most in zip(lines, kept, strict=True)]


def _cropped(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, width)


def _fitted(widths: list[int], whole: frozenset[int], most: int) -> list[int]:
    """Narrow columns until they fit: the widest of those that wrap, and any where none is left to."""
    made = list(widths)
    while sum(made) > most and any(made):
        places = [place for place, width in enumerate(made) if width and place not in whole] or range(len(made))
        made[max(places, key=lambda place: (made[place], place))] -= 1
    return made


def bar(used: float, total: float, width: int = 26) -> str:
    """Return a bar that is filled as far as something is used."""
    return f"[{('█' * round(width * min(used, total) / total)).ljust(width, '·')}]"
