"""How much longer `recommend --why` takes than the plain answer, whole processes side by side.

Run by hand: python tests/benchmarks/why_time.py [ROUNDS]
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

SCENARIOS = {
    "a card": ("--use-case", "coding", "--hardware", "2x RTX 3090", "--context", "32k"),
    "a small card": ("--use-case", "chat", "--hardware", "RTX 3060 12GB"),
    "a server": ("--use-case", "rag", "--hardware", "8x H100", "--concurrency", "32"),
    "a phone": ("--use-case", "mobile-assistant", "--target", "phone"),
    "a laptop": ("--use-case", "summarization", "--hardware", "M2 Air 16GB"),
    "nothing given": ("--use-case", "chat"),
}


def seconds(arguments: tuple[str, ...]) -> float:
    """Return the processor time of one process, start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "llama_advisor", "recommend", *arguments], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Print both times and their ratio, plain and --why in turn."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{'scenario':15} {'plain s':>8} {'--why s':>8} {'ratio':>6}   median of {rounds} pairs, processor time")
    for name, arguments in SCENARIOS.items():
        pairs = [(seconds(arguments), seconds((*arguments, "--why"))) for _ in range(rounds)]
        plain, why = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(after / before for before, after in pairs)
        print(f"{name:15} {plain:8.2f} {why:8.2f} {ratio:6.1f}")


if __name__ == "__main__":
    main()
