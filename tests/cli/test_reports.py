"""Records and pages: all parts, nothing injected, nothing from outside, the same bytes each time."""

from __future__ import annotations

import json
import re
import shlex
import sys
from html import unescape
from html.parser import HTMLParser
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import yaml
from markdown_it import MarkdownIt

from llama_advisor.cli import main as cli
from llama_advisor.explain.why import report
from llama_advisor.render.formats import ADVICE, View
from llama_advisor.render.record import record
from llama_advisor.render.sentences import links
from llama_advisor.scenario.scenario import Scenario

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from llama_advisor.engine.decide import Advisor

    Run = Callable[..., subprocess.CompletedProcess[str]]
    Layer = Callable[[dict[str, str]], Path]

DAY = ("--as-of", "2026-11-24")
L4 = ("--use-case", "rag", "--hardware", "1x L4", "--context", "16k", "--language", "de", "--domicile", "DE")
CLOUD = ("--use-case", "rag", "--target", "cloud", "--context", "16k")
NO_LICENCE = (
    "--use-case",
    "image-understanding",
    "--input",
    "image",
    "--domicile",
    "DE",
    "--hardware",
    "RTX 4070 12GB",
)
TOO_SLOW = ("--use-case", "chat", "--hardware", "Raspberry Pi 5 8GB", "--min-tokens-per-s", "100")
QUESTIONS = {"owned": L4, "rented": CLOUD, "no_fit": NO_LICENCE, "change": TOO_SLOW}
CODES = {"owned": 0, "rented": 0, "no_fit": 1, "change": 1}
VARIED = ("whatif", *L4, "--vary", "context=8k,64k", "--vary", "hardware=RTX 3060 12GB,1x L4,Raspberry Pi 5 2GB")
SIDE_BY_SIDE = ("compare", "8b", "70b", "11b", *L4)
PAGES = {name: ("recommend", *said) for name, said in QUESTIONS.items()} | {"grid": VARIED, "models": SIDE_BY_SIDE}
EVIL = "24GB <script>alert(1)</script>`x`|y <img src=x onerror=alert(2)> [a](https://evil.example) **b** \u202e\u0007"
every_page = pytest.mark.parametrize("name", PAGES)
every_question = pytest.mark.parametrize("name", QUESTIONS)
needs_templates = pytest.mark.skipif(find_spec("jinja2") is None, reason="pages need the extra `report`")


class Page(HTMLParser):
    """What a browser would find: elements in order, text, and whether every element is closed."""

    VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element and open it."""
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element that closes itself."""
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Close the element that is open."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep text with the element it is in."""
        self.words.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every such element."""
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def text(self) -> str:
        """All text but the style sheet."""
        return " ".join(" ".join(words for tag, words in self.words if tag != "style").split())


def html(run: Run, *arguments: str, code: int = 0) -> str:
    done = run(*arguments, "--format", "html", *DAY)
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


@pytest.fixture(scope="module")
def pages(run: Run) -> dict[str, str]:
    return {name: html(run, *arguments, code=CODES.get(name, 0)) for name, arguments in PAGES.items()}


COPY = (
    "getSelection().selectAllChildren(this.nextElementSibling); "
    "navigator.clipboard?.writeText(this.nextElementSibling.textContent)"
    ".then(() => { this.firstChild.data = 'Copied' })"
)
"""All that a page does: it names nothing of what was asked."""


@needs_templates
@every_page
def test_a_page_needs_nothing_from_outside(name: str, pages: dict[str, str]) -> None:
    page = Page(pages[name])
    assert not page.open
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.found}
    for tag, attributes in page.found:
        for attribute in ("src", "href", "xlink:href", "data", "action", "srcset", "poster"):
            followed = (tag, attribute, attributes.get("rel")) == ("a", "href", "noopener")  # a source, where one goes
            assert attributes.get(attribute, "#").startswith("https://" if followed else "#")
        assert {value for key, value in attributes.items() if key.startswith("on")} <= {COPY}
        assert "http-equiv" not in attributes
    assert "@import" not in pages[name]
    assert not re.search(r"url\((?!#)", pages[name])


@needs_templates
@every_page
def test_a_page_is_sound_for_readers_and_keyboards(name: str, pages: dict[str, str]) -> None:
    page = Page(pages[name])
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.found:
        assert set(attributes.get("aria-labelledby", "").split()) <= set(ids)
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids
    assert page.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
    assert page.found[[tag for tag, _ in page.found].index("body") + 1] == ("a", {"class": "skip", "href": "#main"})
    levels = [int(tag[1]) for tag, _ in page.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@needs_templates
@every_page
def test_every_table_has_a_caption_and_scopes(name: str, pages: dict[str, str]) -> None:
    page = Page(pages[name])
    tags = [tag for tag, _ in page.found]
    tables = [place for place, tag in enumerate(tags) if tag == "table"]
    assert tables
    for place in tables:
        assert tags[place + 1] == "caption"
    for attributes in page.all("th"):
        assert (attributes["scope"], attributes["role"]) in {("col", "columnheader"), ("row", "rowheader")}


@needs_templates
def test_every_chart_has_a_title_and_its_figures_as_a_table(pages: dict[str, str]) -> None:
    for name, charts in {"owned": 2, "rented": 3, "no_fit": 0, "change": 1}.items():
        page = Page(pages[name])
        drawn = page.all("svg")
        assert len(drawn) == charts, name
        for attributes in drawn:
            assert attributes["role"] == "img"
            title, says = attributes["aria-labelledby"].split()
            assert {"id": title} in page.all("title")
            assert {"id": says} in page.all("desc")
        assert page.all("details")


@needs_templates
def test_dark_and_light_follow_the_reader_and_charts_take_their_colours(pages: dict[str, str]) -> None:
    page = pages["owned"]
    assert "@media screen and (prefers-color-scheme: dark)" in page
    drawn = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    assert "var(--ink)" in drawn
    assert not re.search(r"#[0-9a-f]{6}\b", drawn)
    assert set(re.findall(r"var\(--([\w-]+)\)", page)) <= set(re.findall(r"--([\w-]+): #", page))


@needs_templates
@every_page
def test_the_same_question_gives_the_same_page(name: str, pages: dict[str, str], run: Run) -> None:
    again = html(run, *PAGES[name], code=CODES.get(name, 0))
    assert again == pages[name]


@needs_templates
def test_the_page_shows_every_build_and_why_the_rest_is_out(pages: dict[str, str], run: Run) -> None:
    text = Page(pages["owned"]).text
    told = json.loads(run("recommend", *L4, "--format", "json", "--why", *DAY).stdout)
    best = told["recommendation"]
    assert f"{best['score']:.2f} of 100 points" in text
    for excluded in told["excluded"]:
        assert excluded["excuse"]["text"] in text or excluded["excuse"]["rule"] == "licence-eu-multimodal"
    for caveat in told["caveats"]:
        assert caveat["text"] in text
    for assumption in told["assumptions"]:
        assert assumption["why"] in text
    assert re.search(r"All \d+ builds as a table", text)
    assert f"rule base {told['rulebase']['hash']}" in text


CARD = "https://github.com/meta-llama/llama-models/blob/a9c89c4/models/llama3_1/MODEL_CARD.md"


@needs_templates
def test_no_date_in_a_sentence_is_broken(pages: dict[str, str]) -> None:
    sentences = re.sub(r"(?s)<(table|pre|style)\b.*?</\1>", "", pages["rented"])
    dates = re.findall(r"(.{19})(\d{4}-\d\d-\d\d)\b", sentences)
    assert len(dates) > 2
    assert {before for before, _ in dates} == {'<span class="date">'}


@needs_templates
def test_each_step_is_code_of_its_own_that_ends_without_a_newline(pages: dict[str, str], run: Run) -> None:
    told = json.loads(run("recommend", *L4, "--format", "json", *DAY).stdout)
    codes = [unescape(text) for text in re.findall(r"(?s)<pre><code>(.*?)</code></pre>", pages["owned"])]
    steps = [command["run"] for command in told["recommendation"]["commands"]]
    assert len(steps) > 1
    assert codes[: len(steps)] == steps
    assert not [code for code in codes if code.endswith("\n")]


@needs_templates
def test_the_page_of_a_grid_tells_every_answer_and_why_they_differ(pages: dict[str, str], run: Run) -> None:
    told, text = json.loads(run(*VARIED, "--format", "json", *DAY).stdout), Page(pages["grid"]).text
    shown = re.findall(r"<td role=\"cell\"(?: class=\"cell-\d\")?><strong>(.*?)</strong>", pages["grid"])
    models = [cell["winner"]["model"] if cell["winner"] else None for cell in told["cells"]]
    assert len(shown) == len(models) == 6
    assert [name == "nothing fits" for name in shown] == [model is None for model in models]
    assert len({*zip(shown, models, strict=True)}) == len({*models}) > 1
    for cell in told["cells"]:
        assert cell["excuse"] is None or cell["excuse"]["text"] in text
    assert told["turns"]
    for turn in told["turns"]:
        assert turn["text"] in text
    for value in ("8k", "64k", "RTX 3060 12GB", "Raspberry Pi 5 2GB"):
        assert value in text


@needs_templates
def test_an_answer_that_stays_is_a_sentence_not_a_grid(run: Run) -> None:
    page = html(run, "whatif", *L4, "--vary", "output-tokens=500,501")
    assert "<strong>" not in page
    assert re.search(r"Always 3\.1 8B, \S+, vLLM with any of output tokens 500, 501\.", Page(page).text)


@needs_templates
def test_the_page_of_a_comparison_tells_what_differs_before_what_is_the_same(pages: dict[str, str], run: Run) -> None:
    rows = json.loads(run(*SIDE_BY_SIDE, "--format", "json", *DAY).stdout)["rows"]
    differing, alike = Page(pages["models"]).text.rsplit("What is the same", 1)
    assert {row["differs"] for row in rows} == {True, False}
    for row in rows:
        assert row["label"] in (differing if row["differs"] else alike)


@needs_templates
@pytest.mark.parametrize("name", ["grid", "models"])
def test_the_command_in_a_page_prints_the_page(name: str, pages: dict[str, str], run: Run) -> None:
    *_, command = re.findall(r"(?s)<pre><code>(.*?)</code></pre>", pages[name])
    assert run(*shlex.split(unescape(command))[1:]).stdout == pages[name]


@needs_templates
def test_sources_are_links(pages: dict[str, str], run: Run) -> None:
    assert CARD in {attributes.get("href") for attributes in Page(pages["owned"]).all("a")}
    assert f"; <{CARD}> |" in run("recommend", *QUESTIONS["owned"], "--format", "markdown", *DAY).stdout


MODEL = "https://huggingface.co/RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8"
LICENCE = "https://github.com/meta-llama/llama-models/blob/main/models/llama3_1/LICENSE"


@needs_templates
def test_the_model_and_its_licence_are_links(pages: dict[str, str], run: Run) -> None:
    assert {MODEL, LICENCE} <= {attributes.get("href") for attributes in Page(pages["owned"]).all("a")}
    text = run("recommend", *QUESTIONS["owned"], "--format", "markdown", *DAY).stdout
    assert f": <{MODEL}>\n" in text
    assert f": <{LICENCE}>\n" in text


@needs_templates
@every_question
def test_the_request_stands_before_the_answer_and_no_column_is_empty(name: str, pages: dict[str, str]) -> None:
    page = Page(pages[name])
    headings = [words for tag, words in page.words if tag == "h2"]
    assert headings[:2] == ["What was asked", "The answer"]
    assert not {"-", "None"} & set(re.findall(r"<t?d[^>]*>(.*?)</t?d>", pages[name]))
    for table in re.findall(r"(?s)<tbody.*?</tbody>", pages[name]):
        rows = [re.findall(r"(?s)<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("</tr>")[:-1]]
        assert all(any(column) for column in zip(*rows, strict=True))


@needs_templates
def test_nothing_that_a_scenario_says_becomes_markup(run: Run, layer: Layer, tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({"use_cases": ["rag"], "hardware": EVIL, "service_region": EVIL}), encoding="utf-8")
    named = 'id: llama-3.1-8b-instruct\nname: "8B <b>bold</b> `x` | $a_b$ & <i>"\n'
    rules = ("--rules", str(layer({"models/llama-3.1-8b-instruct.yaml": named})))
    text = html(run, "recommend", str(file), *rules)
    page = Page(text)
    assert not page.open
    assert not {"script", "img", "b", "i"} & {tag for tag, _ in page.found}
    assert "<script>alert(1)</script>`x`|y <img src=x onerror=alert(2)>" in page.text
    assert "8B <b>bold</b> `x` | $a_b$ & <i>" in page.text
    assert not set("\u202e\u0007") & set(text)
    assert not [link for link in page.all("a") if "evil" in link["href"]]
    for arguments in (("whatif", "--vary", "context=8k,16k"), ("compare", "8b", "3b")):
        file_ = (str(file),) if arguments[0] == "whatif" else ("--scenario", str(file))
        page = Page(html(run, *arguments, *file_, *rules))
        assert not page.open
        assert not {"script", "img", "b", "i"} & {tag for tag, _ in page.found}
        assert "8B <b>bold</b> `x` | $a_b$ & <i>" in page.text
        assert "<script>alert(1)</script>`x`|y <img src=x onerror=alert(2)>" in page.text


def cases(root: Path) -> dict[str, Scenario]:
    listed = yaml.safe_load((root / "tests" / "scenarios" / "cases.yaml").read_text(encoding="utf-8"))["cases"]
    return {case["id"]: Scenario.model_validate(case["scenario"]) for case in listed}


@needs_templates
@pytest.mark.slow
def test_questions_that_people_asked_make_sound_records_and_pages(root: Path, advisor: Advisor) -> None:
    for name, scenario in list(cases(root).items())[::5]:
        if not (scenario.use_cases or scenario.inputs or scenario.model):
            continue
        made = report(scenario, advisor, lambda _done, _of: None, varied=True)
        text = record(made, advisor.base, View(command="again"))
        assert_headings(text)
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}
        assert not {"html_block", "html_inline", "image"} & kinds, name
        led = {child.attrs["href"] for token in tokens for child in token.children or () if child.type == "link_open"}
        assert led
        build = made.advice.recommendation
        led -= {address for _, address in links(build, advisor.base)} if build else set()
        assert all(any(str(target) in source.text for source in made.sources) for target in led), name
        page = Page(ADVICE["html"].writer()(made, advisor.base, View(command="again")))
        ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
        assert not page.open, name
        assert len(ids) == len(set(ids)), name


def markdown(run: Run, *arguments: str, code: int = 0) -> str:
    done = run("recommend", *arguments, "--format", "markdown", *DAY)
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


HEADINGS = [
    "What was asked",
    "The answer",
    "The build that was asked about",
    "What would change it",
    "What it was compared with",
    "Points",
    "What was assumed",
    "Sources",
    "How to check again",
]
AT_TIMES = {"The build that was asked about", "Points", "What would change it"}


def assert_headings(text: str) -> None:
    """Hold that all parts are there in their order, but for those that have nothing to say."""
    found = re.findall(r"(?m)^## (.*)$", text)
    assert [heading for heading in HEADINGS if heading in found or heading not in AT_TIMES] == found


@every_question
def test_a_record_has_all_its_parts(name: str, run: Run) -> None:
    text = markdown(run, *QUESTIONS[name], code=CODES[name])
    assert_headings(text)
    assert text.startswith("# Decision: ")
    assert "\n- Answered for: 2026-11-24\n" in text
    assert not re.search(r"[ \t]+$", text, re.MULTILINE)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_a_record_in_full(run: Run) -> None:
    text = markdown(run, *L4)
    assert text.startswith(
        "# Decision: Llama 3.1 8B Instruct · fp8 · vLLM 0.33.0 on L4\n\n"
        "- Status: recommended\n- Answered for: 2026-11-24\n\n## What was asked\n"
    )
    assert "| hardware | 1x L4 |\n" in text
    assert "| 1 | 3.1 8B | fp8, vllm | 11.7 of 20.7 | 28.9 | 83.10 |\n" in text
    assert "domiciled in the EU (DE), by the use policy\n" in text
    assert "\n- memory: 11.7 of 20.7 GiB; weights 8.46 + KV cache 2.00 + overhead 1.24\n" in text
    assert f"| lm31card | meta-llama/llama-models models/llama3_1/MODEL_CARD.md @a9c89c4; <{CARD}> | primary | " in text


def test_the_command_in_a_record_prints_the_record(run: Run) -> None:
    text = markdown(run, *L4, "--no-offline", "--priority", "quality=2")
    command = re.search(r"(?s)## How to check again\n.*?```sh\n(.*?)\n```", text)
    assert command is not None
    assert run(*shlex.split(command[1])[1:]).stdout == text


def test_the_scenario_in_a_record_is_a_file_that_gives_the_same_answer(run: Run, tmp_path: Path) -> None:
    stated = re.search(r"(?s)```yaml\n(.*?)\n```", markdown(run, *L4))
    assert stated is not None
    file = tmp_path / "scenario.yaml"
    file.write_text(stated[1], encoding="utf-8")
    wanted = run("recommend", *L4, "--format", "json", *DAY).stdout
    assert run("recommend", str(file), "--format", "json", *DAY).stdout == wanted


def test_every_source_that_is_cited_is_listed(run: Run) -> None:
    told = json.loads(run("recommend", *CLOUD, "--format", "json", *DAY).stdout)
    text = markdown(run, *CLOUD)
    cited = {source for item in told["caveats"] for source in item["source"]}
    cited |= {source for build in told["ranking"] for part in build["contributions"] for source in part["source"]}
    assert cited
    for source in cited:
        assert f"\n| {source} | " in text


def test_no_text_of_a_scenario_becomes_markup_in_a_record(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({"use_cases": ["rag"], "hardware": EVIL, "service_region": EVIL}), encoding="utf-8")
    text = markdown(run, str(file))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *inline)}
    assert not {"html_block", "html_inline", "image", "code_inline"} & kinds
    assert not [item for item in inline if item.type == "link_open" and "evil" in str(item.attrs["href"])]
    assert not {"strong_open", "em_open"} & kinds
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows if "script" in row} <= {3, 4}
    assert any("<script>alert(1)</script>`x`|y" in item.content for item in inline)
    assert not set("\u202e\u0007") & set(text)


@pytest.mark.parametrize("format_", ["markdown", "html"])
def test_a_question_without_a_need_is_exit_2(format_: str, run: Run) -> None:
    done = run("recommend", "--hardware", "1x L4", "--format", format_, *DAY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "llama-advisor: recommend: state at least one of: use_cases, inputs, model\n"


def test_a_batch_makes_no_reports(run: Run) -> None:
    done = run("recommend", "--batch", "-", "--format", "markdown")
    assert done.returncode == 2
    assert done.stderr == "llama-advisor: --batch writes a line of JSON for each answer, not markdown\n"


def test_without_the_extra_a_record_is_written_and_a_page_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    for module in ("report", "page"):
        monkeypatch.delitem(sys.modules, f"llama_advisor.render.{module}", raising=False)
    asked = (("recommend", *L4), ("recommend", *L4), VARIED, SIDE_BY_SIDE)
    for arguments, format_, code in zip(asked, ("markdown", "html", "html", "html"), (0, 2, 2, 2), strict=True):
        monkeypatch.setattr(sys, "argv", ["llama-advisor", *arguments, "--format", format_, *DAY])
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert left.value.code == code
    out, err = capsys.readouterr()
    assert out.startswith("# Decision: ")
    assert err == 3 * "llama-advisor: --format html needs Jinja2: pip install jinja2\n"
