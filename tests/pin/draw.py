"""Draw the inputs of the pin and write them as data; run again only to widen the pin, never to follow the code."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SEED = 20261124
LIKE_COVERAGE, WIDE, ESTIMATES = 900, 1300, 600
FLAG_OF = {
    "context_tokens": "--context",
    "concurrent_requests": "--concurrency",
    "use_cases": "--use-case",
    "inputs": "--input",
    "languages": "--language",
    "symptoms": "--symptom",
}


def read(path: str) -> Any:
    """Parse a YAML file of the checkout."""
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def write(name: str, lines: list[dict[str, Any]]) -> None:
    """Write one JSON value a line."""
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    (HERE / name).write_text(text, "utf-8")


def flags(fields: dict[str, Any]) -> list[str]:
    """Spell fields as flags, as far as they have one."""
    found: list[str] = []
    for name, value in fields.items():
        flag = FLAG_OF.get(name, "--" + name.replace("_", "-"))
        if isinstance(value, bool):
            found.append(flag if value else "--no-" + flag[2:])
        elif not isinstance(value, dict):
            for item in value if isinstance(value, list) else [value]:
                found += [] if isinstance(item, dict) else [flag, str(item)]
    return found


class Pools:
    """What fields may hold, and draws from it."""

    def __init__(self) -> None:
        self.draw = random.Random(SEED)  # noqa: S311
        self.pools = yaml.safe_load((HERE / "pools.yaml").read_text("utf-8"))
        self.use_cases = sorted(path.stem for path in (ROOT / "rules/use_cases").glob("*.yaml"))
        self.models = [
            name
            for path in sorted((ROOT / "rules/models").glob("*.yaml"))
            for model in [yaml.safe_load(path.read_text("utf-8"))]
            for name in (
                model["id"],
                *model.get("aliases", ())[:4],
                *(model["artifacts"].get(key) for key in ("hf_repo", "ollama_tag")),
            )
            if name
        ]
        spelt = read("tests/data/hardware_spellings.yaml")["groups"]
        files = sorted((ROOT / "rules/hardware").glob("*.yaml"))
        devices = [
            item["name"] for path in files for item in yaml.safe_load(path.read_text("utf-8")).get("devices") or ()
        ]
        instances = [item["id"] for item in read("rules/hardware/instances.yaml")["instances"]]
        words = [word for group in spelt for word in group["spellings"]]
        self.kinds = (words, devices, instances, self.pools["machines"])
        self.offers = [item["id"] for item in read("rules/prices/rental.yaml")["rentals"]]

    def machine(self) -> Any:
        """Draw a machine: a spelling, a device, an instance, parts, or several of them."""
        found = self.draw.choice(self.draw.choice(self.kinds))
        if self.draw.random() < 0.08:
            return [found, self.machine()]
        return found

    def value(self, field: str, kind: str = "scenario") -> Any:
        """Draw a value of a field of a scenario, or of an estimate."""
        if field == "hardware":
            return self.machine()
        if field == "model" and self.draw.random() < 0.85:
            return self.draw.choice(self.models)
        if field == "offer":
            return self.draw.choice(self.offers)
        return self.draw.choice(self.pools[kind][field])

    def wide(self) -> dict[str, Any]:
        """Draw a few fields of a scenario, now and then one that is wrong."""
        count = self.draw.choice((0, 1, 1, 1, 1, 1, 2, 2, 3))
        drawn: dict[str, Any] = {"use_cases": self.draw.sample(self.use_cases, count)} if count else {}
        if self.draw.random() < 0.55:
            drawn["hardware"] = self.machine()
        if self.draw.random() < 0.25:
            drawn["model"] = self.value("model")
        fields = sorted(self.pools["scenario"])
        for field in self.draw.sample(fields, self.draw.randrange(8)):
            drawn[field] = self.value(field)
        if self.draw.random() < 0.07:
            drawn |= self.draw.choice(self.pools["wrong"])
        return drawn

    def like_coverage(self, sampling: dict[str, Any]) -> dict[str, Any]:
        """Draw a scenario by the shares of rules/sampling.yaml."""
        drawn: dict[str, Any] = {"use_cases": [self.draw.choice(self.use_cases)]}
        if self.draw.random() < sampling["named_model"]:
            drawn["model"] = self.value("model")
        for field in sampling["fields"]:
            if self.draw.random() < field["share"]:
                owner, _, key = field["field"].rpartition(".")
                held = drawn.setdefault(owner, {}) if owner else drawn
                held[key] = self.draw.choice(field["values"])
        if "hardware" in drawn and self.draw.random() < 0.7:
            drawn.pop("target", None)
        return drawn

    def estimate(self) -> dict[str, Any]:
        """Draw one build to size."""
        drawn: dict[str, Any] = {"model": self.draw.choice(self.models)}
        if self.draw.random() < 0.85:
            machine = self.machine()
            drawn["hardware"] = machine if isinstance(machine, str) else "RTX 4090"
        for field in (*sorted(self.pools["estimate"]), "offer"):
            if self.draw.random() < (0.03 if field == "offer" else 0.2):
                drawn[field] = self.value(field, "estimate")
        if self.draw.random() < 0.06:
            drawn |= self.draw.choice(self.pools["wrong_estimate"])
        return drawn

    def interview(self) -> str:
        """Draw what is typed in an interview."""
        pool = self.pools["typed"]
        lines = [self.draw.choice(pool["use_cases"]), self.draw.choice(pool["places"])]
        lines += [self.draw.choice(pool["lines"]) for _ in range(self.draw.randrange(6))]
        return "\n".join(lines) + "\n" + "\n" * self.draw.choice((0, 0, 3, 12))


def known() -> list[dict[str, Any]]:
    """Return the scenarios of the tests, by name; those written by hand into known.jsonl stay."""
    matrix = read("tests/scenarios/matrix.yaml")
    named = {case["id"]: case["scenario"] for case in read("tests/scenarios/cases.yaml")["cases"]}
    named |= {f"matrix: {row['row']}": row["scenario"] for row in matrix["rows"]}
    named |= {f"against: {item['name']}": item["scenario"] for item in matrix["against"]}
    kept = HERE / "known.jsonl"
    held = [json.loads(line) for line in kept.read_text("utf-8").splitlines()] if kept.exists() else []
    return [*held, *({"id": name} | said for name, said in named.items() if name not in {item["id"] for item in held})]


def commands(pools: Pools, scenarios: list[dict[str, Any]], builds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw command lines: explanations, comparisons, grids, estimates, interviews."""
    draw = pools.draw
    models = ("1b", "3b", "8b", "11b vision", "70b", "90b vision", "405b", "llama3.3", "llama-guard-3-8b", "8b base")
    stated = [said for said in scenarios if said.get("use_cases") and not said.keys() & {"sorted", "nope"}]

    def file() -> dict[str, str]:
        return {"scenario.json": json.dumps({k: v for k, v in draw.choice(stated).items() if k != "id"})}

    found: list[dict[str, Any]] = []
    for index in range(44):
        form = ["-f", "json"] if index % 3 == 0 else []
        args = ["explain", draw.choice(models), "--scenario", "scenario.json", *form]
        found.append({"group": "explain", "run": args, "files": file()})
    for index in range(18):
        form = ["-f", "json"] if index % 3 == 0 else []
        args = ["compare", *draw.sample(models, draw.choice((2, 2, 3))), "--scenario", "scenario.json", *form]
        found.append({"group": "compare", "run": args, "files": file()})
    for index in range(15):
        vary = draw.sample(pools.pools["vary"], 1 if index % 2 else 2)
        words = [word for item in vary for word in ("--vary", item)]
        args = ["whatif", "scenario.json", *words, "-f", ("text", "json", "csv")[index % 3]]
        found.append({"group": "whatif", "run": args, "files": file()})
    for index, build in enumerate(builds[::10]):
        said = {k: v for k, v in build.items() if k not in {"model", "id"}}
        wanted = (["-f", "json"], [], ["--max-context"], ["-f", "json", "--max-concurrency"], [])[index % 5]
        found.append({"group": "estimate", "run": ["estimate", str(build["model"]), *flags(said), *wanted]})
    for index in range(44):
        form = ["-f", "json"] if index % 4 == 0 else []
        found.append({"group": "ask", "run": ["ask", "--answers", "-", *form], "stdin": pools.interview()})
    for index, scenario in enumerate(draw.sample(stated, 24)):
        fields = {k: v for k, v in scenario.items() if k not in {"id", "only", "priorities"}}
        shown = ([], ["--top", "2"], ["--print", "build"], ["--print", "ollama"])[index % 4]
        found.append({"group": "flags", "run": ["recommend", *flags(fields), *shown]})
    return found


def main() -> None:
    """Draw everything anew, always the same."""
    pools = Pools()
    sampling = read("rules/sampling.yaml")
    scenarios = [pools.like_coverage(sampling) for _ in range(LIKE_COVERAGE)]
    scenarios += [pools.wide() for _ in range(WIDE)]
    builds = [pools.estimate() for _ in range(ESTIMATES)]
    write("scenarios.jsonl", [{"id": index} | said for index, said in enumerate(scenarios)])
    write("estimates.jsonl", [{"id": index} | said for index, said in enumerate(builds)])
    write("known.jsonl", known())
    write("commands.jsonl", commands(pools, scenarios, builds))


if __name__ == "__main__":
    main()
