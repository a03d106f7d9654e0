"""What files deploy: models, each with what is set beside it, from the entries of a file; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from llama_advisor.check.reading import lines, tree
from llama_advisor.check.reading.checkpoints import CACHED, HOST, REVISION, Checkpoint, Checkpoints
from llama_advisor.check.reading.deployments import NUMBERS, Deployment, Mention, deployed, without_labels
from llama_advisor.check.reading.pieces import SENTENCE, Entry, Named, Path, Piece
from llama_advisor.check.reading.words import HARDWARE, UNSAID, Words, words_of
from llama_advisor.scenario.names import key

if TYPE_CHECKING:
    from llama_advisor.knowledge.base import RuleBase
    from llama_advisor.knowledge.upkeep_entries import Spelling

_DEFAULT = (
    re.compile(r"^\$\{\w+:?[-=](.*)\}$"),
    re.compile(r"^\$\{[\w:.\-/]+,\s*[\"']?([^\"'{}]+)[\"']?\}$"),
    re.compile(r"^\$?\{\{.*\|\s*default[ (]\s*[\"']?([^\"'\s|)}]+)[^{}]*\}\}$"),
    re.compile(r"^\$?\{\{-?\s*(?:or|default)\s+[\"']?([\w./:\-]+)[^{}]*\}\}$"),
    re.compile(r"^[\"'](.*)[\"'],?$"),
)
_VARIABLE = re.compile(r"(?:\$[{(]?|%|\$?\{\{\s*\.?)(\w+)(?:[)}]|%|\s*\}\})?")
_USED = re.compile(r"\$[{(]?(\w+)")
_FILLED = re.compile(r"\$?\{(\w+)\}")
_GROUP = re.compile(r"[a-z][\w.\-]*:\d+")
_NUMBER = re.compile(r"(\d[\d_]{0,11})([kKmM]?)(?:i?[bB])?")
_PRODUCT = re.compile(r"(\d[\d_]{0,8})[ \t]*(\*\*|\*|<<)[ \t]*(\d[\d_]{0,8})")
_DOTTED = re.compile(r"\d+(?:\.\d+)+|(?<![a-zA-Z0-9])b\d{3,6}(?!\w)")
"""A version of releases, or the number of a build."""
_REQUIRED = re.compile(r"[\^~=v>\s]*(?P<version>\d+(?:\.\d+)+)")
_SCALES = {"": 1, "k": 1024, "m": 1024 * 1024}
_LIST = re.compile(r"[^\s,()'\"\[\]{};]+")
_LAST = re.compile(r"[\w.\-]*[A-Za-z][\w.\-]*(?:[:@][\w.\-]+)?")
_OWNER = re.compile(r"[A-Za-z0-9][\w.\-]*")
_SIZED = re.compile(
    r"[a-z][\w.\-]*:(?:\d+(?:\.\d+)?[bm]|e\d+b|latest|mini|small|medium|large)\b[\w.\-]*", re.IGNORECASE
)
_LAST_WORD = re.compile(r"^.*[\-.]")
_PLACE = re.compile(r"\$\{?\w+\}?/")
_ADDRESS = re.compile(r"[\"']?(?:https?|grpcs?|wss?|tcp)://(?P<host>[\w.\-]*)", re.IGNORECASE)
_DOMAIN = re.compile(r"[\w\-]+(?:\.[\w\-]+)+")
_CALLED = re.compile(r"[\w.\-]+")
_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-?\d{1,2}")
_BLOCK = re.compile(r"\w+/gpu/(.+)")
"""A device block of Nomad that names the card."""
_PART = re.compile(r"[\W_]+")
_RELEASE = "/releases/download/"
_TAGGED = r":(?:[a-z]\w{0,20}-){1,3}(?=b\d)"
_VERSION = (
    rf"(?:\[[\w,]{{0,60}}\])?(?:(?:/release)?:v?|\s?[=~>]=\s?|@|{_RELEASE}v?|{_TAGGED})"
    r"(?P<version>\d+(?:\.\d+)+|b\d{3,6}(?!\w))"
)
NOTHING = frozenset({"none", "null", "auto", "true", "false", ""})
ON = frozenset({"true", "1", "yes", "on"})
IMAGES = frozenset({"repository", "image", "imagename", "repo", "newname"})
LONGEST = 300
MODELFILE, PARAMETER = "modelfile", "PARAMETER"
"""What sets a parameter in a Modelfile, and the program of the rule base that lists them."""


class Reader:
    """What tells the deployments of a file on one rule base; made once."""

    def __init__(self, base: RuleBase) -> None:
        checking, reading = base.checking, base.checking.reading
        self.base, self.words, self.checkpoints = base, Words(checking), Checkpoints(base)
        self.folders = frozenset(reading.folders)
        self.catalogue, self.local = reading.catalogue, frozenset(reading.local)
        self.other_tasks, self.no_models = frozenset(reading.other_tasks), reading.no_models
        self.schemes = re.compile("|".join(map(re.escape, reading.schemes)), re.IGNORECASE)
        self.family = re.compile(f"(?:{'|'.join(map(re.escape, reading.families))})", re.IGNORECASE)
        self.packages = {key(name): item.engine for item in checking.runtimes for name in item.names}
        names = sorted((name for item in checking.runtimes for name in item.names), key=len, reverse=True)
        named = "|".join(map(re.escape, names))
        self.runtime = re.compile(rf"(?:.*[/\\](?:[\w.]+-)*)?(?P<name>{named})(?=$|\W)(?:{_VERSION})?", re.IGNORECASE)
        self.engines = {
            key(name): engine.id
            for engine in base.engines.values()
            for name in (engine.id, engine.name, *engine.aliases)
        }
        self.hosts = {
            host["host"].lower(): provider.id
            for provider in base.providers.values()
            if (host := _ADDRESS.match(provider.base_url)) and "$" not in provider.base_url[: host.end() + 1]
        }
        self.domains = {
            f".{name}": provider.id
            for provider in base.providers.values()
            for name in provider.aliases
            if _DOMAIN.fullmatch(name)
        }
        offered = [
            *(item.regions for item in base.providers.values()),
            *(item.regions for item in base.hosted.values()),
        ]
        self.regions = {region for regions in offered for region in regions}
        self.telling = {
            "llama",
            "model",
            *reading.schemes,
            *(name for item in checking.runtimes for name in item.names),
        }
        for item in checking.settings:
            if item.sets in NUMBERS | {"quantization", "endpoint", "devices", "machine"}:
                self.telling |= {name.replace("-", mark) for name in item.names for mark in ("-", "_", "", "/")}

    def reads(self, name: str) -> bool:
        """Whether a file of this name below a project may deploy something, as far as its name tells."""
        apart = not self.folders.isdisjoint(name.lower().split("/")[:-1])
        return not apart and self.words.kind_of_file(name) not in {"", "prose"}

    def deployments(self, name: str, text: str) -> tuple[Deployment, ...]:
        """Return what a file deploys, in its order."""
        kind = self.words.kind_of_file(name)
        lower = text.lower()
        apart = kind == "prose" or not self.folders.isdisjoint(name.lower().split("/")[:-1])
        if apart or not any(word in lower for word in self.telling):
            return ()
        found = list(self._mentions(self._entries(Piece(text), name)))
        if kind in {"python", "code"}:
            found = self._without_enumerations(found)
        if kind in {"python", "code", "notebook", "tree"}:
            found = self._without_catalogues(found, kind)
        found = without_labels(found, self.words.labels, self.words.plain)
        return tuple(deployed(found, self.base, self._engine_named))

    def _entries(self, piece: Piece, name: str, inside: int = 0) -> Iterator[Entry]:
        """Yield the entries of a file by its kind; what cannot be parsed is read word by word."""
        kind = self.words.kind_of_file(name)
        found: Iterator[Entry] | None = None
        if kind == "python":
            from llama_advisor.check.reading import python

            found = python.read(piece)
        elif kind == "notebook":
            return tree.read_notebook(piece, name) or iter(())
        elif kind == "tree":
            found = tree.read(piece, name, self._embedded, inside)
        path: Path = (MODELFILE,) if kind == MODELFILE else ()
        return found if found is not None else lines.read(piece, path, "" if kind in {"python", "tree"} else kind)

    def _embedded(self, piece: Piece, name: str, inside: int) -> Iterator[Entry] | None:
        """Return the entries of a file that stands in another one; None where its name tells no kind."""
        kind = self.words.kind_of_file(name)
        return iter(()) if kind == "prose" else self._entries(piece, name, inside) if kind else None

    def _mentions(self, entries: Iterable[Entry]) -> Iterator[Mention]:
        """Yield what the entries mention; an image's name and its tag may be two of them."""
        images: dict[Path, str] = {}
        tags: list[tuple[Path, Mention]] = []
        every = self._without_picked([*filter(lambda one: len(one.value) <= LONGEST, self._named_whole(entries))])
        given = {_variable(entry): entry for entry in reversed(every)}  # what is said first, then what was said last
        for each in every:
            given[_variable(each)] = each
            used = _VARIABLE.fullmatch(each.value)
            found = given.get(used[1], each)._replace(path=each.path) if used else each
            said = self.words.kind(found.path)
            if said is None and found.value.isdigit():  # `accelerators: {A100: 8}`
                above = self.words.kind(found.path[:-1])
                said = above if above and above.sets == "machine" else None
            entry = _filled(_narrowed(found), given if said and said.sets in HARDWARE else {})
            made = Mention("", entry.path, entry.start, entry.end, entry.value, key=_key(entry.path))
            if made.key in self.words.selectors and _CALLED.fullmatch(entry.value):
                yield made._replace(kind="name")
            scheme = self.schemes.match(found.value.strip("\"' ")) is not None
            if said == UNSAID and not scheme and not self._names_image(found):
                continue
            if MODELFILE in entry.path and str(entry.path[-1]).upper() == PARAMETER != entry.value.upper():
                yield Mention("parameter", entry.path, entry.start, entry.end, entry.value)
                continue
            if said and said.sets == "version":
                tags.append((entry.path[:-1], made))
            elif said and said.sets in NUMBERS | HARDWARE | {"cache", "quantization"}:
                yield from self._set(made, said)
            else:
                run = list(self._run(made, said))
                images |= {entry.path[:-1]: item.engine for item in run}
                yield from run
                yield from self._served(made, said)
                yield from self._models(made, said, scheme=scheme)
        for parent, tag in tags:
            engine = images.get(parent) or self._engine_named(tag.path[-1:])
            if engine and (version := _DOTTED.search(tag.text)):
                yield tag.part(*version.span())._replace(kind="version", engine=engine)

    def _without_picked(self, every: list[Entry]) -> list[Entry]:
        """Leave out what variables hold that a person picks from, or that only options for other models use."""
        uses = [(name, entry.path) for entry in every for name in _USED.findall(entry.value) if name not in entry.path]
        aside = {name for name, path in uses if self.words.beside(path)}
        others = [(name, path) for name, path in uses if name in aside and not self.words.beside(path)]
        aside -= {name for name, path in others if self.words.kind(path) != UNSAID}
        names = ((_VARIABLE.fullmatch(entry.value), entry.path) for entry in every)
        picked = {name[1] for name, path in names if name and self.words.picked(path)}
        every = [entry for entry in every if picked.isdisjoint(entry.path[:-1])]
        return [entry for entry in every if not aside or (entry.path and entry.path[-1]) not in aside]

    def _named_whole(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield entries, the words of a machine's name as one: `RTX 4090`."""

        def before(entry: Entry) -> Path:
            return entry.path[: entry.path.index(SENTENCE)] if SENTENCE in entry.path else ()

        for path, words in groupby(entries, before):
            said = self.words.kind(path) if path else None
            if said and said.sets == "machine":
                first, *rest = words
                name = " ".join(word.value for word in (first, *rest))
                yield Entry(path, name, first.start, (rest or [first])[-1].end)
            else:
                yield from words

    def _names_image(self, entry: Entry) -> bool:
        name = str(entry.path[-1]).lower() if entry.path else ""
        return name in IMAGES or (name == "name" and "/" in entry.value and self.runtime.match(entry.value) is not None)

    def _set(self, made: Mention, spelling: Spelling) -> Iterator[Mention]:
        """Yield a number, quantization or machine that is set."""
        said, last = made.text.lower(), str(made.path[-1])
        number = _number(said)
        if spelling.sets == "cache" or (spelling.sets == "machine" and number is None):
            yield made._replace(kind=spelling.sets)
        elif spelling.sets == "devices" and _GROUP.fullmatch(said):  # `--gpus-per-node=h100:2`
            yield made._replace(kind="machine")
        elif spelling.sets == "machine":  # `gpu: 2`, or `accelerators: {A100: 8}`
            if self.words.said(last, "", named=False) is None:
                yield made._replace(kind="machine", text=f"{last}:{number}")
            else:
                yield made._replace(kind="devices", number=number or 0)
        elif spelling.sets in NUMBERS | HARDWARE:
            if number is not None:
                yield made._replace(kind=spelling.sets, number=number, total=spelling.total, engine=spelling.of)
            blocks = map(_BLOCK.fullmatch, map(str, made.path)) if spelling.sets == "devices" else ()
            yield from (made._replace(kind="machine", text=block[1]) for block in blocks if block)
        else:
            on = said in ON if spelling.means else said not in NOTHING
            names = (spelling.means or said, _LAST_WORD.sub("", said)) if on else ()
            held = next(filter(None, map(self.checkpoints.quantization, names)), None)
            if held := held or self.checkpoints.rest(_PART.split(names[0] if names else "")):
                yield made._replace(kind="quantization", quantizations=held)

    def _run(self, made: Mention, said: Spelling | None) -> Iterator[Mention]:
        """Yield the engine whose image, package, module or command a value names, and its version."""
        if said and said.sets == "engine" and (engine := self.engines.get(key(made.text))):
            yield made._replace(kind="engine", engine=engine)
            return
        last = made.path[-1] if made.path else ""
        engine = self.packages.get(key(last)) if isinstance(last, str) else None
        match = _REQUIRED.match(made.text) if engine else None
        called = _ADDRESS.match(made.text) and _RELEASE not in made.text
        if not match and not called and (match := self.runtime.match(made.text)):
            engine = self.packages[key(match["name"])]
        if engine and match:
            yield made._replace(kind="engine", engine=engine)
            if match["version"]:
                yield made.part(*match.span("version"))._replace(kind="version", engine=engine)

    def _served(self, made: Mention, said: Spelling | None) -> Iterator[Mention]:
        """Yield the provider whose address a value is, or the region that it names."""
        if said and said.sets == "region" and (made.text in self.regions or _REGION.fullmatch(made.text)):
            yield made._replace(kind="region")
        elif address := _ADDRESS.match(made.text):
            host = address["host"].lower()
            named = (provider for domain, provider in self.domains.items() if host.endswith(domain))
            if provider := self.hosts.get(host) or next(named, ""):
                yield made._replace(kind="provider", engine=provider)

    def _models(self, made: Mention, said: Spelling | None, *, scheme: bool) -> Iterator[Mention]:
        """Yield the models in a value: of a list each; what is no checkpoint's name, where a model is asked for."""
        told = scheme or (said is not None and said.sets == "model")
        endpoint = said is not None and said.sets == "endpoint"
        if (said == UNSAID and not scheme) or (SENTENCE in made.path and not told):
            return
        for match in _LIST.finditer(made.text):
            token = _PLACE.sub("", match[0].strip("\"'").rstrip("-./:_"), count=1)
            start = match.start() + match[0].find(token)
            tokens = (token, token.rpartition("/")[0]) if told else (token,)  # a folder may stand below its model
            found = next(filter(None, (self._known(name, told=told) for name in tokens)), None)
            if found := found or (self._other(token, provided=not told) if told or endpoint else None):
                begin, end, checkpoint = found
                yield made.part(start + begin, start + end)._replace(kind="model", checkpoint=checkpoint, told=told)
            elif told and self._for_another_task(token) and not token.lower().endswith(self.no_models):
                yield made._replace(kind="aside")

    def _for_another_task(self, token: str) -> bool:
        return not self.other_tasks.isdisjoint(_PART.split(token.lower()))

    def _known(self, token: str, *, told: bool) -> tuple[int, int, Checkpoint] | None:
        """Return where in a value the name of a known model stands, and what it stands for."""
        if self._for_another_task(token):
            return None
        if (cached := CACHED.search(token)) and (known := self.checkpoints.find(cached[0])):
            return cached.start(1), cached.end(2), known
        scheme = self.schemes.match(token)
        slashes = [index + 1 for index, letter in enumerate(token[:LONGEST]) if letter in "/:\\"]
        for cut in (0, scheme.end() if scheme else 0, *slashes[-2:-1], *slashes[-1:], *slashes[:-2]):
            found = self.checkpoints.find(token[cut:])
            if found is not None and (told or found.telling):
                return cut, len(token), found
        return None

    def _other(self, token: str, *, provided: bool = False) -> tuple[int, int, Checkpoint] | None:
        """Return the place of the name of another model, where a model is asked for: by its family, owner or size.

        One that is `provided` has a provider's name before its family: `databricks-dbrx-instruct` at an endpoint.
        """
        scheme = self.schemes.match(token)
        begin = scheme.end() if scheme and scheme[0].endswith("://") else 0
        token = REVISION.sub("", token)
        owner, _, last = HOST.sub("", token[begin:]).lstrip("@").rpartition("/")
        if self._for_another_task(token) or last.lower().endswith(self.no_models) or not _LAST.fullmatch(last):
            return None
        begin = len(token) - len(last) if ":" in owner else begin  # `arn:aws:bedrock:…::foundation-model/`
        cuts = (begin, *(place + 1 for place, letter in enumerate(token) if letter == ":" and place > begin))
        begin = next((cut for cut in cuts if self.family.match(token, cut)), begin)  # of `openai:gpt-4o` the model
        places = self.checkpoints.places(token, begin)
        named = scheme or self.family.match(last) or _SIZED.fullmatch(token, begin)
        known = any(self.family.match(token, place) for place in places[provided:]) or (named and not provided)
        owned = not provided and _OWNER.fullmatch(owner) and owner.lower() not in self.local
        return (begin, len(token), Checkpoint(None)) if known or owned else None

    def _without_enumerations(self, found: list[Mention]) -> list[Mention]:
        """Leave out the models of a list in code that says what some are: `SMALL_MODELS`, not `MODELS`."""
        lists: dict[Path, set[str]] = {}
        for item in found:
            listed = len(item.path) > 1 and all(isinstance(step, int) for step in item.path[-2:])
            if item.kind == "model" and listed and not (item.told and self.words.plain(item.key)):
                lists.setdefault(item.path[:-1], set()).add(item.text)
        several = {path for path, names in lists.items() if len(names) > 1}
        return [item for item in found if item.kind != "model" or item.path[:-1] not in several]

    def _without_catalogues(self, found: list[Mention], kind: str) -> list[Mention]:
        """Leave out models of a list of many, or of many calls and items of one shape, that nothing loads."""
        models = [item for item in found if item.kind == "model"]
        listed = Counter(item.path for item in models)
        loaded = {item.path[:-1] for item in found if item.kind in {"engine", "parallelism"}}
        bare = len(models) == len(found)
        shapes: dict[Mention, Path] = {}
        for item in models:
            if kind != "tree":
                literal = kind == "python" and len(item.path) > 1 and not isinstance(item.path[0], Named)
                shapes[item] = item.path[:1] if literal else _shape(item.path) or (("",) if bare else ())
            elif item.path[:-1] not in loaded and not self._engine_named(item.path):
                if listed[item.path] > 1:
                    shapes[item] = ("", *item.path[:-1])
                elif not item.told or item.key in self.words.labels[:2]:
                    shapes[item] = _shape(item.path)[: None if item.told else 1] or ("",)
        names: dict[Path, set[str]] = {}
        for item, shape in shapes.items():
            names.setdefault(shape, set()).add(item.text)
        few = (item for item in found if not shapes.get(item) or len(names[shapes[item]]) < self.catalogue)
        return [item for item in few if listed[item.path] <= 1 or item.key not in self.words.offered]

    def _engine_named(self, path: Path) -> str:
        """Return the engine that a word of a key around a model names: `ollama`, `OllamaChatModel`."""
        for step in reversed(path):
            if isinstance(step, str) and not isinstance(step, Named):
                words = words_of(step)
                names = [key("".join(words[begin:])) for begin in range(len(words))]
                for known, engine in self.packages.items():
                    if step == MODELFILE if known == MODELFILE else any(name.startswith(known) for name in names):
                        return engine
        return ""


def _narrowed(entry: Entry) -> Entry:
    """Return what holds unless something else is said: of `${MAX_LEN:-8192}` the number."""
    found = next((match for known in _DEFAULT if (match := known.match(entry.value))), None)
    if not found or not found[1]:
        return entry
    start = entry.start + found.start(1)
    return _narrowed(Entry(entry.path, found[1], start, start + len(found[1])))


def _filled(entry: Entry, given: dict[str, Entry]) -> Entry:
    """Return an entry with what variables of its file hold: of `L40S:{N_GPU}` the number."""
    value = _FILLED.sub(lambda match: given[match[1]].value if match[1] in given else match[0], entry.value)
    return entry._replace(value=value)


def _variable(entry: Entry) -> str:
    """Return the name of a variable that an entry gives a value; empty where it does not."""
    name = entry.path[-2] if entry.path[-1:] == ("value",) and len(entry.path) > 1 else (entry.path or (0,))[-1]
    return name.lstrip("$") if isinstance(name, str) and f"${name}" not in entry.value else ""


def _shape(path: Path) -> Path:
    """Return the names of what a model stands in, without its own key, places and names of items."""
    pairs = zip(path, ("", *path), strict=False)
    named = tuple(
        step
        for step, before in pairs
        if isinstance(step, str) and not (isinstance(step, Named) and isinstance(before, int))
    )
    return named[:-1] if path and isinstance(path[-1], str) else named


def _key(path: Path) -> str:
    return next(("".join(words_of(step)) for step in reversed(path) if isinstance(step, str) and step), "")


def _number(text: str) -> int | None:
    """Return the number that a value is: `8192`, `8_192`, `32k`, `32 * 1024`, `2**15`."""
    if product := _PRODUCT.fullmatch(text.strip()):
        one, other = (int(part.replace("_", "")) for part in product.group(1, 3))
        return (
            one * other if product[2] == "*" else one ** min(other, 40) if product[2] == "**" else one << min(other, 40)
        )
    match = _NUMBER.fullmatch(text.strip())
    return int(match[1].replace("_", "")) * _SCALES[match[2].lower()] if match else None
