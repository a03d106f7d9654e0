"""Print the entries of `rules/programs/` from packages unpacked below a folder, for a person to review.

    python tests/upstream/derive.py [--engine NAME] [--write] FOLDER

Get the packages with `pip download --no-deps` or `npm pack` and unpack each into `FOLDER/package-version`, e.g.
`FOLDER/vllm-0.33.0`; TensorRT-LLM, text-generation-inference, ollama and executorch-source are checkouts. Nothing of
them is run. `--write` rewrites the files of those programs whose packages are there. Their sources are entered by
hand, in `rules/sources/packages.yaml`.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import datetime, timezone
from pathlib import Path
from textwrap import fill

sys.path.insert(0, str(Path(__file__).resolve().parent))
from families import FAMILIES, Declared, Found, Packages, derived

PROGRAMS = Path(__file__).resolve().parents[2] / "rules" / "programs"


def entry(name: str, version: str, program: Declared, found: Found, read: str) -> str:
    """Write one entry."""
    lines = [f"  - id: {name}", f'    version: "{version}"', f"    package: {program.package}"]
    lines += [f"    also: [{', '.join(program.also)}]"] if program.also else []
    for key, values in (("options", found.options), ("environment", found.environment)):
        if values:
            words = fill(" ".join(sorted(values)), 112, break_long_words=False, break_on_hyphens=False)
            lines += [f"    {key}: >-", *(f"      {line}" for line in words.splitlines())]
    return "\n".join([*lines, f"    source: [{program.package.lower()}-{version}]", f"    read: {read}", ""])


def main(arguments: list[str]) -> int:
    """Derive what the packages below a folder declare."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--engine", choices=FAMILIES, help="only the programs of this file")
    parser.add_argument("--write", action="store_true", help="write rules/programs/ instead of printing")
    said = parser.parse_args(arguments)
    today = datetime.now(timezone.utc).date().isoformat()
    for family in [said.engine] if said.engine else FAMILIES:
        entries = [entry(*found, today) for found in derived(family, Packages(said.folder))]
        text = "programs:\n" + "".join(entries)
        if entries and said.write:
            (PROGRAMS / f"{family}.yaml").write_text(text, encoding="utf-8")
        elif entries:
            sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
