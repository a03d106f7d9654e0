"""Files of lines: settings, scripts, code of many languages and commands inside texts, read word by word.

No grammar of each language: what is told apart is comments, strings, brackets, `key = value`, options and words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from llama_advisor.check.reading.pieces import SENTENCE, Entry, First, Named, Path, Piece

_LONG = r"\"\"\"[^\"]*(?:\"(?!\"\")[^\"]*)*\"\"\""
_STRING = r"\"[^\"\\]*(?:\\[\s\S][^\"\\]*)*\"|'[^'\\]*(?:\\[\s\S][^'\\]*)*'|`[^`\\]*(?:\\[\s\S][^`\\]*)*`"
_ONE_LINE = r"\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'|`[^`\\]*(?:\\[\s\S][^`\\]*)*`"
_HASH = r"(?:^|(?<=\s))#[^\n\r]*"
_JOB = rf"(?!#(?:SBATCH|PBS|BSUB|FLUX:?)\s){_HASH}"  # options of a scheduler are none
_SLASH = r"(?:^|(?<=[\s;,{}()\]]))//[^\n\r]*|/\*[\s\S]*?(?:\*/|\Z)"
_OFFERED = r"<(?:\w+\.)?\w*(?:[Oo]ption|Item)\b[^<>]*>"  # what a person picks from
_TYPED = r"(?<=\w)\??:[\w.&' \t]{0,60}[\[<][^=\n(){}\"]{0,200}(?=[ \t]=[ \t])"
_TYPES = rf"{_TYPED}|(?:\[[\d.]*\]|map\[\w+\])+(?:string|bool|int|any)(?=\{{)"
QUOTED = r"\\.|(?<!\w)(?:\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|'[^'\n]*')"
NOTE = r"\{\{-?\s*/\*[\s\S]*?(?:\*/\s*-?\}\}|\Z)|(?<!\$)\{#[\s\-][\s\S]*?(?:#\}|\Z)"
COMMENTS = {
    kind: re.compile(rf"{strings}|(?P<comment>{comments})", re.MULTILINE)
    for kind, strings, comments in (
        ("code", rf"\\.|{_ONE_LINE}", rf"{_SLASH}|<!--[\s\S]*?(?:-->|\Z)|{_OFFERED}|{_TYPES}"),
        ("blocks", rf"\\.|{_ONE_LINE}", f"{_SLASH}|{_HASH}"),
        ("query", rf"\\.|{_ONE_LINE}", rf"--\[(?P<level>=*)\[[\s\S]*?(?:\](?P=level)\]|\Z)|--[^\n]*|{_SLASH}"),
        ("sections", QUOTED, rf"{NOTE}|{_HASH}|^[ \t]*;[^\n\r]*"),
        ("shell", QUOTED, rf"{NOTE}|{_JOB}|^[ \t]*(?:@?(?i:rem)\b|::)[^\n\r]*"),
        ("lines", QUOTED, rf"{NOTE}|{_HASH}|<#[\s\S]*?(?:#>|\Z)"),
        ("modelfile", QUOTED, rf"{_HASH}|^[ \t]*(?i:system|template|message|license)\b(?:\s*{_LONG}|[^\n]*)"),
        ("", QUOTED, f"{NOTE}|{_HASH}"),
    )
}
_SECTION = re.compile(r"^[ \t]*\[+([^\[\]\n=,]{1,200})\]+[ \t]*$", re.MULTILINE)
_TEMPLATE = r"\$\{[^{}\n]*(?:\{[^{}\n]*\}[^{}\n]*)?\}|\$?\{\{[^{}\n]*\}\}|\$\([\w .:/\-]*\)"
_FILLED = r"\{\{-?[ \t]*\.?\w[\w.]*[ \t]*(?:\|[^{}\n]*)?\}\}"
_DRIVE = r"(?<!\w)[A-Za-z]:\\\w[\w\\.\-]*"
_NUMBER = r"\d[\d_]*(?:[ \t]*(?:\*\*|\*|<<)[ \t]*\d[\d_]*)+(?![\w.])"
_TOKEN = re.compile(
    rf"(?P<space>[^\S\n]+|\\\r?\n|\\(?=[^\s\"'`])|\r)|(?P<escape>\\[\"'`])|(?P<package>[A-Za-z][\w.\-]{{0,40}}\[[\w,\-]{{1,40}}\]==[\w.]+|{_DRIVE})|(?P<end>\n|;|&&|\|(?!\|))|(?P<string>{_LONG}|{_STRING})"
    rf"|(?P<number>{_NUMBER})|(?P<equals>[:?+!]?={{1,3}}>?|:(?=\s)|->|\?\?|\|\|)|(?P<comma>,)|(?P<open>(?!{_FILLED})[(\[{{])"
    rf"|(?P<close>[)\]}}])|(?P<word>(?:{_TEMPLATE}|[^\s\"'`{{}}()\[\],;=&|\\$]+|\$)+)|(?P<other>[\s\S])"
)
_FLAG = re.compile(r"--?[A-Za-z]")
_PROSE = re.compile(r"\s*[A-Z][\w']*[,:]? [\s\S]*[.!?][\"')]*\s*")
_JSON = re.compile(r"\{\s*\\?[\"']")
_REQUIREMENT = re.compile(r"[A-Za-z][\w.\-]*(?:\[[\w,\-]{1,40}\])?[=~>]=[\w.\-]+")
_OPTION = re.compile(r"(?:^|\s)--?[A-Za-z]")
_TEMPLATES = re.compile(_TEMPLATE)
_TOLD = re.compile(r"[\s={]")
_COMMAND = re.compile(r"[.~]?/[\w./\-]+|[A-Za-z][\w\-]*")
_TAG = re.compile(r"<!--[\s\S]*?(?:-->|\Z)|<[^<>]*>|[\r\n]")
_CONTINUED = re.compile(r"(?<=\s)[`^]\r?\n")
_QUOTE = re.compile(r"\s*[\"'`]")
MOST_OPEN = 12
MOST_INSIDE = 3
TYPES = frozenset({"string", "String", "str", "int", "number"})
ARROWS = frozenset({"->", "=>"})
ENUM = "enum"
COMPARED = frozenset({"==", "===", "!=", "!=="})
PAIRS = frozenset({"name", "key", "attribute"})


class Item(NamedTuple):
    """A word or text of a statement: with its key, or behind other words."""

    start: int
    end: int
    key: str = ""
    apart: bool = False  # Behind a comma.
    quoted: bool = False


def without_comments(piece: Piece, kind: str) -> Piece:
    """Blank out the comments of a kind of file."""
    if kind == "xml":
        return piece._replace(text=_TAG.sub(lambda match: " " * len(match[0]), piece.text))
    if kind in {"lines", "shell"}:  # of PowerShell and batch files
        piece = piece._replace(text=_CONTINUED.sub(lambda match: " " * len(match[0]), piece.text))
    found = COMMENTS.get(kind, COMMENTS[""]).finditer(piece.text)
    return piece.blanked(match.span("comment") for match in found if match["comment"])


def read(piece: Piece, path: Path = (), kind: str = "", inside: int = 0) -> Iterator[Entry]:
    """Yield what a file or text of a kind says."""
    yield from _Lines(without_comments(piece, kind), path, kind, inside).entries()


def value(piece: Piece, path: Path, inside: int = 0, *, script: bool = False) -> Iterator[Entry]:
    """Yield what a text says: itself, or what stands in it where it is a command or holds keys and values."""
    text = piece.text
    if _PROSE.fullmatch(text):
        return
    if inside > MOST_INSIDE or _REQUIREMENT.fullmatch(text) or not _TOLD.search(_TEMPLATES.sub("x", text).strip()):
        if text:
            yield piece.entry(path, 0, len(text))
        return
    whole = script or _JSON.search(text) or _OPTION.search(text)
    yield from read(piece, path if whole else (*path, SENTENCE), "", inside + 1)


def options(piece: Piece, items: Sequence[Item], path: Path, inside: int = 0) -> Iterator[Entry]:
    """Yield what the words of a command say: values of options, of keys, and words by those before them."""
    flag, before, other = "", "", ""  # of `sudo -E ollama run` what stands before the last, and with the option's value
    first = piece.text[items[0].start : items[0].end] if items and not items[0].key else ""
    command = bool(_COMMAND.fullmatch(first))
    path = (*path, First(first)) if command else path
    for item in items:
        text = piece.text[item.start : item.end]
        part = piece.part(item.start, item.end, escaped=item.quoted)
        if item.key:
            yield from value(part, (*path, item.key), inside)
        elif _FLAG.match(text) and " " not in text.partition("=")[0]:
            name, equals, _ = text.partition("=")
            if equals:
                yield from value(piece.part(item.start + len(name) + 1, item.end), (*path, name), inside)
            flag = "" if equals else text.rstrip(":")
            continue
        elif flag:
            yield from value(part, (*path, flag), inside)
            other = text if " " not in text else ""
        else:
            named = map(Named, filter(None, (other, before)))
            yield from value(part, (*path, *named) if command and before and not item.apart else path, inside)
            before, other = (
                f"{words.rpartition(' ')[2]} {text.rpartition('/')[2]}".strip() if words and " " not in text else ""
                for words in (before or " ", other)
            )
            continue
        flag = ""


class _Lines:
    """The state of reading one text."""

    def __init__(self, piece: Piece, path: Path, kind: str, inside: int) -> None:
        self.piece, self.path, self.kind, self.inside = piece, path, kind, inside
        self.items: list[Item] = []
        self.key, self.held, self.last, self.apart, self.count, self.pair = "", "", -1, False, 0, ""
        self.compared, self.chain = False, ""
        self.open: list[tuple[Path, list[Item], str, str, str, str]] = []
        self.bracket = ""
        self.sections = {match.start(): match for match in _SECTION.finditer(piece.text)} if kind == "sections" else {}
        self.base = path

    def entries(self) -> Iterator[Entry]:
        """Yield the entries, statement by statement."""
        text, at = self.piece.text, 0
        while match := _TOKEN.match(text, at):
            found, at = str(match.lastgroup), match.end()
            if match.start() in self.sections and not self.open:
                section = self.sections[match.start()]
                yield from self._flushed()
                self.path, at = (*self.base, *map(Named, section[1].strip().strip("\"'").split("."))), section.end()
            elif found in {"end", "comma", "close"}:
                yield from self._ended(match, found)
            elif found == "open":
                self._opened(match[0])
            elif found == "equals":
                self._keyed(match)
            elif found in {"string", "number", "word", "package"}:
                self._said(match, found)
        while self.open:
            yield from self._closed()
        yield from self._flushed()

    def _ended(self, match: re.Match[str], found: str) -> Iterator[Entry]:
        """Yield the statement that a sign ends; within brackets a line goes on, and so does a list behind a comma."""
        listed, sign = self.bracket == "[", match[0]
        if sign == "|" and self.kind == "code" and _QUOTE.match(self.piece.text, match.end()):  # one of several
            if self.last >= 0 and self.items[self.last].quoted:
                self.items.pop(self.last)
            self.compared, self.last = True, -1
        elif found == "close":
            yield from self._closed()
        elif found == "comma" and listed:
            self.key, self.apart = "", False
        elif found == "comma" and not self.bracket:
            self.key, self.apart = self.key or self.held, True
        elif found == "end" and sign == "\n":
            awaited = self.kind == "code" and self.key and self.last < 0
            if not (listed or awaited or (self.bracket == "(" and self.kind != "shell")):
                yield from self._flushed()
        else:
            yield from self._flushed()

    def _text(self, item: Item) -> str:
        return self.piece.text[item.start : item.end]

    def _said(self, match: re.Match[str], found: str) -> None:
        start, end = match.span()
        if found == "string":
            quotes = len('"""') if match[0].startswith('"""') else 1
            start, end = start + quotes, end - quotes
        word = match[0]
        if found == "word" and word.endswith(":") and len(word) > 1:
            self.key, self.last = word[:-1], -1
            return
        if found == "string" and self.piece.text[end + 1 : end + 2] == ":":
            self.key, self.last = self.piece.text[start:end], -1
            return
        if self.compared:
            self.compared = False
            return
        self.items.append(Item(start, end, self.key, self.apart, found == "string"))
        self.last = len(self.items) - 1
        if self.kind not in {"code", "blocks"}:
            self.held, self.key = self.key, ""

    def _keyed(self, match: re.Match[str]) -> None:
        """Make the last word the key of what follows; a comparison has none, a second choice the same."""
        sign, before = match[0], self.piece.text[match.start() - 1 : match.start()]
        if sign in {"??", "||"}:
            return
        if self.last >= 0 and not (sign == ":" and self.items[self.last].key and self.items[self.last].quoted):
            item = self.items.pop(self.last)
            tested = self.kind == "shell" or (self.bracket == "[" and self._text(item).startswith("$"))
            self.compared = before.isspace() and (sign in COMPARED or (sign == "=" and tested))
            if sign in ARROWS and item.quoted:  # others that are compared with it
                self.items = [one for one in self.items if one.key or not one.quoted]
            name = self._text(item)
            if name in TYPES and self.items and not item.key:  # `param model string = …`
                name = self._text(self.items.pop())
            inner = self.kind == "sections" or item.apart  # `Environment=MAX_MODEL_LEN=8192`
            self.key = item.key if self.compared or (item.key and not inner) else name
        self.last = -1

    def _opened(self, bracket: str) -> None:
        if bracket == "(" and self.last >= 0 and self._text(self.items[self.last]) == "@":  # of PowerShell
            bracket, self.key, self.last = "[", self.items.pop(self.last).key, -1
        elif bracket == "(" and self.kind == "shell" and self.key and self.last < 0:  # `MODELS=(…)`
            bracket = "["
        name = self._text(self.items[self.last]) if self.last >= 0 else ""
        if self.key and (self.last < 0 or not self.items[self.last].key):
            name = self.key
        elif name and self.last >= 0 and bracket != "{":
            self.items.pop(self.last)
        self.count += 1
        words = [] if bracket == "{" and self.kind in {"code", "blocks"} else self.items
        chained = self.chain if name.startswith(".") else ""  # `OllamaChatModel.builder().modelName(…)`
        self.open.append((self.path, words, self.key, self.bracket, self.pair, chained or name))
        if len(self.open) < MOST_OPEN:
            called = self.key if name != self.key and bracket == "(" else ""
            held = Named(self.pair) if self.key == "value" and self.pair else ""
            listed = next((word for item in self.items if (word := self._text(item)) == ENUM), "")
            self.path = (*self.path, *filter(None, (listed, held, called, chained, name)), self.count)
        self.items, self.key, self.last, self.bracket, self.apart, self.pair = [], "", -1, bracket, False, ""

    def _closed(self) -> Iterator[Entry]:
        yield from self._flushed()
        if self.open:
            self.path, self.items, self.key, self.bracket, self.pair, self.chain = self.open.pop()
            self.last, self.apart = -1, True
            if self.bracket != "(":
                self.key = ""

    def _flushed(self) -> Iterator[Entry]:
        """Yield what the statement says that ends here."""
        self.count += 1
        for item in self.items:
            if item.key in PAIRS:
                text = self._text(item)  # of Nomad `${device.model}`
                self.pair = text[2:-1].replace(".", "-") if text.startswith("${") else text
        path: Path = (*self.path, self.count)
        if self.pair and any(item.key == "value" for item in self.items):
            path = (*path, Named(self.pair))
        words = self.items
        if self.kind == "code" and words and self._text(words[0]) == "case":
            words = [item for item in words if item.key]  # what is done, not what for
        keyed = len(words) > 1 and words[0].key and not words[1].key
        if keyed and (self.kind == "sections" or (self.kind == "lines" and _FLAG.match(self._text(words[0])))):
            # `Exec=--model …`
            path, words = (*path, words[0].key), [words[0]._replace(key=""), *words[1:]]
        elif self.kind in {"", "shell", "lines"} and words and words[0].key:  # `CUDA_VISIBLE_DEVICES=0,1 vllm serve …`
            first = next((place for place, item in enumerate(words) if not item.key), 0)
            yield from options(self.piece, words[:first], path, self.inside)
            words = [item._replace(apart=False) for item in words[first:]]
        yield from options(self.piece, words, path, self.inside)
        self.items, self.key, self.last, self.apart, self.compared = [], "", -1, False, False
