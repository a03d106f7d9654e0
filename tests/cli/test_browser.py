"""Pages in headless Chromium: no error, no request, no fault that axe-core finds, no scrolling sideways, keyboard."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import escape, unescape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not BROWSER, reason="no Chromium is installed"),
    pytest.mark.skipif(find_spec("jinja2") is None, reason="pages need the extra `report`"),
]
OWNED = ("--use-case", "rag", "--hardware", "1x L4", "--context", "16k", "--domicile", "DE")
NO_FIT = ("--use-case", "image-understanding", "--input", "image", "--domicile", "DE", "--hardware", "RTX 4070")
PAGES = {
    "owned": ("recommend", *OWNED),
    "rented": ("recommend", "--use-case", "rag", "--target", "cloud", "--context", "16k"),
    "no_fit": ("recommend", *NO_FIT),
    "grid": ("whatif", *OWNED, "--vary", "context=8k,16k,32k,64k", "--vary", "hardware=1x L4,Raspberry Pi 5 2GB"),
    "models": ("compare", "8b", "70b", "3b", "1b", *OWNED),
}
SCREENS = [(390, True), (390, False), (1200, True), (1200, False)]
MEASURE = """
<script>
addEventListener("load", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
  const wide = [...document.querySelectorAll("body *")].filter(
    (item) => !item.closest(".skip, .unseen, .stacks thead") && !item.parentElement.closest(".wide")
      && item.getBoundingClientRect().right > innerWidth + 1);
  const skip = document.querySelector(".skip");
  const hidden = skip.getBoundingClientRect().right < 0;
  skip.focus();
  const skipped = document.activeElement === skip && skip.getBoundingClientRect().left >= 0;
  const copies = [...document.querySelectorAll(".code button")].map((button) => {
    button.click();
    return getSelection().toString() === button.nextElementSibling.textContent;
  });
  parent.postMessage(JSON.stringify({
    copies,
    inner: innerWidth,
    scroll: document.documentElement.scrollWidth,
    wide: wide.map((item) => item.outerHTML.slice(0, 99)),
    background: getComputedStyle(document.documentElement).backgroundColor,
    skip: [hidden, skipped],
    charts: [...document.querySelectorAll("svg")].map((item) => item.getBoundingClientRect().height > 50),
  }), "*");
});
</script>
"""
HOST = """<!DOCTYPE html>
<meta name="color-scheme" content="light dark">
<script>addEventListener("message", (event) => { document.title = "MEASURED" + event.data; });</script>
<iframe style="width: WIDTHpx; height: 900px; border: 0" srcdoc="PAGE"></iframe>
"""
"""A window of Chromium is never narrower than 500 px, so the page is shown in a frame of the width asked for."""
AXE = """
<script>SOURCE</script>
<script>
addEventListener("load", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
  axe.run({resultTypes: ["violations"]}).then((found) => parent.postMessage(JSON.stringify(
    {rules: found.passes.length, wrong: found.violations.map((item) => [item.id, item.nodes[0].html])}), "*"));
});
</script>
"""


def opened(page: Path | str, folder: Path, *, dark: bool = False) -> tuple[str, str, str]:
    """Open a page or an address; return its document as it ends up, the console, and what was asked of the network."""
    log = folder / "net.json"
    done = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=1100,1000",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            f"--log-net-log={log}",
            "--enable-logging=stderr",
            "--virtual-time-budget=3000",
            "--dump-dom",
            page if isinstance(page, str) else page.as_uri(),
        ],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=120,
    )
    return done.stdout, done.stderr, log.read_text(encoding="utf-8", errors="replace")


@pytest.fixture(scope="module")
def pages(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {}
    for name, arguments in PAGES.items():
        made[name] = folder / f"{name}.html"
        done = run(*arguments, "--as-of", "2026-11-24", "-f", "html", "-o", str(made[name]))
        assert done.stderr == ""
    return made


def asked_for(network: str) -> set[str]:
    """Return what a page asked of the network; calls that the browser makes for itself go to its maker."""
    found = set(re.findall(r'"url":"(https?:[^"]*)"', network))
    own = re.compile(r"https?://([a-z0-9-]+\.)*(google|googleapis|gstatic|gvt1)\.com/")
    return {url for url in found if not own.match(url)}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_without_an_error_or_a_request(name: str, pages: dict[str, Path], tmp_path: Path) -> None:
    document, console, network = opened(pages[name], tmp_path)
    assert "<h1" in document
    assert "CONSOLE" not in console
    assert asked_for(network) == set()


def test_an_error_and_a_request_would_be_seen(pages: dict[str, Path], tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    bad = '<img src="http://outside.invalid/a.png"><script>missing()</script></body>'
    page.write_text(pages["owned"].read_text(encoding="utf-8").replace("</body>", bad), encoding="utf-8")
    _, console, network = opened(page, tmp_path)
    assert "CONSOLE" in console
    assert asked_for(network) == {"http://outside.invalid/a.png"}


def measured(page: str, script: str, width: int, folder: Path, *, dark: bool) -> Any:
    """Return what a script tells of a page that is shown in a frame of that width."""
    host = folder / "host.html"
    shown = escape(page.replace("</body>", f"{script}</body>"))
    host.write_text(HOST.replace("WIDTH", str(width)).replace("PAGE", shown), encoding="utf-8")
    document, _, _ = opened(host, folder, dark=dark)
    told = re.search(r"<title>MEASURED(.*?)</title>", document)
    assert told is not None
    return json.loads(unescape(told[1]))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "dark"), SCREENS)
def test_a_page_fits_the_screen_in_both_schemes(
    name: str, width: int, dark: bool, pages: dict[str, Path], tmp_path: Path
) -> None:
    seen = measured(pages[name].read_text(encoding="utf-8"), MEASURE, width, tmp_path, dark=dark)
    assert seen["inner"] == width
    assert seen["wide"] == []
    assert seen["scroll"] <= seen["inner"]
    assert seen["background"] == ("rgb(20, 24, 28)" if dark else "rgb(255, 255, 255)")
    assert seen["skip"] == [True, True]
    assert seen["copies"]
    assert all(seen["copies"])
    assert all(seen["charts"])


@pytest.fixture(scope="module")
def axe() -> str:
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core is not installed: it comes with axe-playwright-python, extra `browser`")
    source = (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    return AXE.replace("SOURCE", source.replace("</script", "<\\/script"))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "dark"), SCREENS)
def test_axe_finds_nothing(name: str, width: int, dark: bool, axe: str, pages: dict[str, Path], tmp_path: Path) -> None:
    found = measured(pages[name].read_text(encoding="utf-8"), axe, width, tmp_path, dark=dark)
    assert found["rules"] > 20
    assert found["wrong"] == []


def test_axe_would_find_a_fault(axe: str, pages: dict[str, Path], tmp_path: Path) -> None:
    page = pages["models"].read_text(encoding="utf-8").replace("--muted: #59636e", "--muted: #b9c3ce")
    found = measured(page, axe, 1200, tmp_path, dark=False)
    assert "color-contrast" in {rule for rule, _ in found["wrong"]}
