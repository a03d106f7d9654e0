"""The look of the HTML report: light and dark by the reader's own setting, one column, no scrolling sideways."""

from __future__ import annotations

from llama_advisor.render.charts import ROLES

LIGHT = {
    "ink": "#1c2024",
    "muted": "#59636e",
    "line": "#d3d9df",
    "surface": "#ffffff",
    "panel": "#f4f6f8",
    "good": "#1f5fbf",
    "pick": "#a83f0c",
    "part-1": "#1f5fbf",
    "part-2": "#c8691c",
    "part-3": "#6f7d1c",
    "part-4": "#8a929c",
}
DARK = {
    "ink": "#e7eaee",
    "muted": "#a3adb8",
    "line": "#39424c",
    "surface": "#14181c",
    "panel": "#1d2329",
    "good": "#82b4ff",
    "pick": "#ffa46b",
    "part-1": "#82b4ff",
    "part-2": "#ffa46b",
    "part-3": "#c3cf6a",
    "part-4": "#8b95a1",
}
CHART = {role: f"var(--{role})" for role in ROLES.values()}
"""Charts take the colours of the page."""

RULES = """\
*, *::before, *::after { box-sizing: border-box }
html { background: var(--surface); color: var(--ink); font: 100%/1.55 system-ui, sans-serif; text-size-adjust: 100% }
body { margin: 0 auto; padding: 1.5rem 1.25rem 3rem; max-width: 52rem; overflow-wrap: break-word }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; text-wrap: balance }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.5rem 0 .75rem; padding-top: .75rem;
  border-top: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem }
p, ul, ol { margin: .5rem 0; max-width: 44rem }
ul, ol { padding-left: 1.4rem }
li { margin: .25rem 0 }
.over { color: var(--muted); font-size: .9rem; margin: 0 0 .5rem }
.skip { position: absolute; left: -100vw; top: 0; padding: .5rem .75rem; background: var(--surface); color: var(--ink) }
.skip:focus { left: .5rem; top: .5rem; z-index: 1 }
:focus-visible { outline: 3px solid var(--good); outline-offset: 2px; border-radius: 2px }
main:focus { outline: none }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem; margin: 1rem 0 }
.figures div { background: var(--panel); border-radius: 6px; padding: .6rem .8rem }
.figures dt { color: var(--muted); font-size: .85rem }
.figures dd { margin: 0; font-variant-numeric: tabular-nums }
pre { background: var(--panel); border-radius: 6px; padding: .75rem; margin: .75rem 0; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: .85rem; line-height: 1.45 }
figure { margin: 1rem 0 }
figcaption { color: var(--muted); font-size: .9rem; max-width: 44rem }
.chart { display: block; width: 100%; max-width: 36rem; height: auto; font-family: inherit }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; font-size: .9rem }
.key span { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; vertical-align: -1px }
.key .bar { width: 3px; height: 1rem; background: var(--ink) }
.part-1 { background: var(--part-1) }
.part-2 { background: var(--part-2) }
.part-3 { background: var(--part-3) }
.part-4 { background: var(--part-4) }
details { margin: .75rem 0 }
summary { cursor: pointer; color: var(--good); padding: .25rem 0; width: fit-content }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: .92rem; font-variant-numeric: tabular-nums }
caption { text-align: left; color: var(--muted); font-size: .9rem; padding-bottom: .35rem }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line) }
th { font-weight: 600 }
thead th { color: var(--muted); font-weight: 500; font-size: .85rem }
.number { text-align: right }
footer { margin-top: 3rem; color: var(--muted); font-size: .85rem }
@media (max-width: 40rem) {
  body { padding: 1rem 1rem 2rem }
  h1 { font-size: 1.4rem }
  .grid th, .grid td { padding-right: .5rem }
  .grid td { overflow-wrap: anywhere }
  .stacks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  .stacks, .stacks caption, .stacks tbody, .stacks tr, .stacks th, .stacks td { display: block }
  .stacks tr { border-bottom: 1px solid var(--line); padding: .5rem 0 }
  .stacks th, .stacks td { border: 0; padding: .1rem 0; text-align: left }
  .stacks td { display: flex; gap: .75rem; overflow-wrap: anywhere }
  .stacks .none { display: none }
  .stacks td::before { content: attr(data-label); flex: 0 0 6.5rem; color: var(--muted) }
}
@media print { .skip { display: none } h2 { break-after: avoid } figure, tr { break-inside: avoid } }
"""


def style() -> str:
    """Return the style sheet."""
    dark = f"@media (prefers-color-scheme: dark) {{\n{_colours(DARK)}}}\n"
    return f":root {{ color-scheme: light dark }}\n{_colours(LIGHT)}{dark}{RULES}"


def _colours(colours: dict[str, str]) -> str:
    return ":root { " + "; ".join(f"--{role}: {colour}" for role, colour in colours.items()) + " }\n"
