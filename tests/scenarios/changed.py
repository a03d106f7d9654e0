"""Say which captured answers moved since a revision, for "Advice changed" in the changelog; `--write` puts it there."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
HERE = "tests/scenarios"
CHANGELOG = ROOT / "docs" / "changelog.md"
HEADING = "### Advice changed\n"
BEGIN, END = "<!-- moved since", "<!-- end of what moved -->\n"
REASON = " Why: "
KINDS = ("Another model", "Another build of the model", "Other hardware", "Another verdict", "Another change asked for")
Answers = dict[str, dict[str, Any]]


def scenarios(cases: dict[str, Any], matrix: dict[str, Any]) -> Answers:
    """Return every scenario by name: the cases, the rows of the matrix and what speaks against them."""
    return (
        {case["id"]: case["scenario"] for case in cases["cases"]}
        | {f"matrix: {row['row']}": row["scenario"] for row in matrix["rows"]}
        | {f"against: {item['name']}": item["scenario"] for item in matrix["against"]}
    )


def words(value: Any) -> str:
    """Return a value of a scenario in words."""
    if isinstance(value, dict):
        return " ".join(f"{key.replace('_', ' ')} {words(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "/".join(map(words, value))
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def told(scenario: dict[str, Any]) -> str:
    """Return a scenario in a few words: what for, then what else was said."""
    further = {key: value for key, value in scenario.items() if key != "use_cases"}
    if further.get("inputs") == ["text"]:
        del further["inputs"]
    said = "; ".join(f"{key.replace('_', ' ')} {words(value)}" for key, value in further.items())
    return " and ".join(scenario["use_cases"]) + (f" ({said})" if said else "")


def parts(found: dict[str, Any]) -> dict[str, str]:
    """Return what a captured answer is made of, in words, by the kind of move that changes it; heaviest first."""
    build = (found["recommendation"] or "nothing").replace("hosted hosted", "hosted")
    changes = [change.removesuffix(": None") + " dropped" * change.endswith(": None") for change in found["changes"]]
    made = {
        "Another model": build.split()[0],
        "Another build of the model": build,
        "Other hardware": found.get("machine") or "",
        "Another verdict": found["verdict"].replace("_", " "),
        "Another change asked for": ", ".join(changes),
    }
    if "machine" not in found:  # captured before machines were
        del made["Other hardware"]
    return made


def moved(before: dict[str, Any], now: dict[str, Any]) -> tuple[str, str] | None:
    """Return the heaviest kind of move of an answer, and what moved in words; None where it stayed."""
    one, other = parts(before), parts(now)
    kinds = [name for name in one if name in other and one[name] != other[name]]
    if not kinds:
        return None
    told = kinds[1:] if kinds[0] == "Another model" else kinds  # the build says the model, too
    new, old = (", ".join(side[name] or "none" for name in told) for side in (other, one))
    return kinds[0], f"{new}; before: {old}"


def lines(before: Answers, now: Answers, asked_before: Answers, asked: Answers) -> list[str]:
    """Return a bullet for each kind of move, and below it a line for each answer that moved so."""
    made: dict[str, list[str]] = {name: [] for name in KINDS}
    for name in now:
        same = name in before and asked_before.get(name) == asked[name]
        if same and (found := moved(before[name], now[name])):
            kind, what = found
            made[kind].append(f"  - {told(asked[name])}: {what}.")
    return [line for kind, found in made.items() if found for line in (f"- {kind}:", *found)]


def written(changelog: str, base: str, made: list[str]) -> str:
    """Return the changelog with the lines first under its first "Advice changed", in place of those written before.

    A reason that was added behind a line stays with it; ValueError where the line of a reason is no longer true.
    """
    head, found, rest = changelog.partition(HEADING)
    if not found:
        raise ValueError(f"no {HEADING.strip()!r}")
    block, old = "", rest.lstrip("\n")
    if old.startswith(BEGIN):
        block, _, old = old.partition(END)
    reasons = dict(line.split(REASON, 1) for line in block.splitlines() if REASON in line)
    if lost := sorted(reasons.keys() - set(made)):
        raise ValueError(f"no longer so, move its reason out of what is written: {lost[0].strip()}")
    kept = [f"{line}{REASON}{reasons[line]}" if line in reasons else line for line in made]
    new = "\n".join([f"{BEGIN} {base} -->", *kept]) + f"\n{END}" if made else ""
    return f"{head}{HEADING}{new}{old}"


def at(revision: str | None, name: str) -> Any:
    """Return a file of the scenarios at a revision; without one as it lies here."""
    if revision is None:
        return yaml.safe_load((ROOT / HERE / name).read_text(encoding="utf-8"))
    command = ["git", "show", f"{revision}:{HERE}/{name}"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if shown.returncode:
        sys.exit(shown.stderr.strip())
    return yaml.safe_load(shown.stdout)


def main() -> None:
    """Compare the captures of two revisions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="revision to compare with: the last release")
    parser.add_argument("now", nargs="?", help="revision to compare; the files here if not given")
    parser.add_argument("--write", action="store_true", help="put it into docs/changelog.md")
    options = parser.parse_args()
    captured, asked = (
        [read(at(revision, name) for name in names) for revision in (options.base, options.now)]
        for names, read in ((("captured.yaml",), next), (("cases.yaml", "matrix.yaml"), lambda two: scenarios(*two)))
    )
    made = lines(*captured, *asked)
    sys.stdout.write(
        "\n".join(made or ["no captured answer moved; take them anew by tests/scenarios/capture.py"]) + "\n"
    )
    if options.write:
        try:
            CHANGELOG.write_text(written(CHANGELOG.read_text("utf-8"), options.base, made), encoding="utf-8")
        except ValueError as error:
            sys.exit(f"{CHANGELOG.name}: {error}")


if __name__ == "__main__":
    main()
