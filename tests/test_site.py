"""The built site in headless Chromium, at a phone's width: no scrolling sideways, nothing fetched from elsewhere."""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "cli"))
from test_browser import BROWSER, asked_for, opened

SITE = Path(__file__).resolve().parent.parent / "docs" / ".site"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not BROWSER, reason="no Chromium is installed"),
    pytest.mark.skipif(not SITE.exists(), reason="the site is built with the extra `docs`"),
]
FRAME = '<iframe src="{}" style="width: 390px; height: 844px; border: 0"></iframe>'
HOST = """<!DOCTYPE html>
<meta name="color-scheme" content="light dark">
<script>
addEventListener("load", () => {
  const frames = [...document.querySelectorAll("iframe")];
  document.title = "MEASURED" + JSON.stringify(Object.fromEntries(frames.map((frame) => {
    const page = frame.contentDocument, root = page.documentElement;
    return [frame.getAttribute("src"), [root.scrollWidth - root.clientWidth, page.querySelectorAll("h1").length]];
  })));
});
</script>
"""


class Server(ThreadingHTTPServer):
    """Takes as many connections as a browser opens at once."""

    request_queue_size = 128


class Quiet(SimpleHTTPRequestHandler):
    """Serves the site, and the page that goes through it, without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_each_page_fits_a_phone_and_fetches_nothing(tmp_path: Path) -> None:
    """Of cards of models and of codes, which are all alike, the longest stands for the rest."""
    cards = (max((SITE / kind).glob("*.html"), key=lambda page: page.stat().st_size) for kind in ("models", "findings"))
    pages = [f"site/{page.relative_to(SITE)}" for page in (*SITE.glob("*.html"), *cards)]
    (tmp_path / "site").symlink_to(SITE)
    (tmp_path / "host.html").write_text(HOST + "".join(map(FRAME.format, pages)), encoding="utf-8")
    server = Server(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_port}/"
    document, console, network = opened(f"{home}host.html", tmp_path)
    server.shutdown()
    server.server_close()
    told = re.search(r"<title>MEASURED(.*?)</title>", document)
    assert told is not None
    assert json.loads(unescape(told[1])) == {page: [0, 1] for page in pages}
    assert "CONSOLE" not in console
    assert {url for url in asked_for(network) if not url.startswith(home)} == set()
