"""How long `check` takes for many project files: all alike, and each with requirements of its own.

Run by hand: `python tests/benchmarks/check.py [FILES]`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = 1000
HARDWARE = ("1x L4", "RTX 4090", "2x RTX 3090", "A100 80GB", "M2 Pro 32GB")
USES = ("rag", "chat", "coding", "summarization", "extraction", "agents")
PROJECT = """\
version: 1
deployments:
  - name: bot-{index}
    requirements: {{use_cases: [{use}], hardware: "{hardware}", context_tokens: {context}}}
    choice: {{model: llama-3.1-8b-instruct}}
    sources: [run.sh]
"""
RUN = "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len {context}\n"


def made(folder: Path, files: int, *, alike: bool) -> None:
    """Write project files, each with a source beside it."""
    for index in range(files):
        place = folder / f"service-{index:05d}"
        place.mkdir()
        number = 0 if alike else index
        context = 4096 + 8 * number
        use, hardware = USES[number % len(USES)], HARDWARE[number % len(HARDWARE)]
        text = PROJECT.format(index=index, use=use, hardware=hardware, context=context)
        (place / "llama-advisor.yaml").write_text(text, encoding="utf-8")
        (place / "run.sh").write_text(RUN.format(context=context), encoding="utf-8")


def main() -> None:
    """Print one line for each kind of repository."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    for alike in (True, False):
        with tempfile.TemporaryDirectory() as name:
            made(Path(name), files, alike=alike)
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "llama_advisor", "check", ".", "--as-of", "2026-11-24"],
                cwd=name,
                capture_output=True,
                text=True,
                check=False,
            )
            seconds = time.perf_counter() - start
        kind = "alike" if alike else "all different"
        print(f"{files} files, {kind}: {seconds:.1f} s; {done.stdout.splitlines()[-1]}")


if __name__ == "__main__":
    main()
