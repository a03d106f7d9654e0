"""The shape of the code: imports point one way, each task has one place, modules stay small."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import llama_advisor
from llama_advisor.engine.rules import load_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = load_rules()
PACKAGE = Path(llama_advisor.__file__).parent
MODULES = {path.relative_to(PACKAGE.parent): path for path in sorted(PACKAGE.rglob("*.py"))}
by_module = pytest.mark.parametrize("name", sorted(MODULES), ids=[path.as_posix() for path in sorted(MODULES)])

# Lowest first; packages of one floor do not know each other. Types count: an import for a type is an import.
FLOORS = (
    {"text"},
    {"knowledge"},
    {"hardware"},
    {"scenario"},
    {"sizing"},
    {"engine"},
    {"explain"},
    {"interview", "check", "deploy", "upkeep"},
    {"render"},
    {"cli", "api"},
)
AT_THE_ROOT = {"__init__.py", "__main__.py", "api.py"}
FLOOR_OF = {package: floor for floor, packages in enumerate(FLOORS) for package in packages}
LONGEST = 450
LONGER = {
    "engine/advice.py": "fields and what they mean",
    "knowledge/judgement.py": "fields and what they mean",
}
LONGEST_FUNCTION = 60
LONGER_FUNCTIONS = {
    "recommend": "one line for each flag",
    "estimate": "one line for each flag",
    "check": "one line for each flag",
    "init": "one line for each flag",
}
NAMED_BY_THE_CONTRACT = {"general", "fine-tuning-base"}


def part_of(path: Path) -> str:
    """Return the module or folder right below the package."""
    return path.parts[1].removesuffix(".py")


def dotted(name: Path) -> str:
    return ".".join(name.with_suffix("").parts).removesuffix(".__init__")


def module_imports(path: Path) -> set[str]:
    """Return the full names of what a file imports, modules and names in them alike."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def imports(path: Path) -> Iterator[str]:
    """Yield the packages that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "llama_advisor":
            rest = node.module.split(".")[1:]
            yield from ([rest[0]] if rest else [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("llama_advisor."))


@by_module
def test_imports_point_downwards(name: Path) -> None:
    own = part_of(name)
    if own in {"__init__", "__main__"}:
        return
    for other in set(imports(MODULES[name])) - {own, "__version__"}:
        assert FLOOR_OF[other] < FLOOR_OF[own], f"{name} imports {other}"


def test_modules_need_each_other_one_way() -> None:
    """No circle of modules, types counted: each can be read after those that it imports."""
    roof = {"llama_advisor", "llama_advisor.__main__"}  # they name what lies below for programs and for `python -m`
    direct = {dotted(name): module_imports(path) for name, path in MODULES.items() if dotted(name) not in roof}
    open_ones = {name: found & set(direct) - {name} for name, found in direct.items()}
    while leaves := [name for name, found in open_ones.items() if not found]:
        for name in leaves:
            del open_ones[name]
        for found in open_ones.values():
            found.difference_update(leaves)
    assert not open_ones


def test_nothing_else_lies_at_the_root() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == AT_THE_ROOT
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} <= set(FLOOR_OF)


def test_the_page_shows_these_floors() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", page, re.MULTILINE)
    shown = [(int(number), set(re.findall(r"`(\w+)/?`", packages))) for number, packages in rows]
    assert shown == list(enumerate(FLOORS, start=1))


def test_the_page_names_modules_that_exist() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:\w+/)*(\w+\.py)`", page))
    assert named
    assert named <= {path.name for path in (*MODULES, *(PACKAGE.parent / "tests").rglob("*.py"))}


@by_module
def test_no_module_is_too_long(name: Path) -> None:
    lines = len(MODULES[name].read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST or "/".join(name.parts[1:]) in LONGER


@by_module
def test_no_function_is_too_long(name: Path) -> None:
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name not in LONGER_FUNCTIONS:
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{name}: {node.name}"


@by_module
def test_every_module_says_what_it_is_for(name: Path) -> None:
    text = MODULES[name].read_text(encoding="utf-8")
    assert not text or ast.get_docstring(ast.parse(text))


@by_module
def test_only_the_command_line_prints_and_leaves(name: Path) -> None:
    if part_of(name) == "cli":
        return
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Name) and node.id in {"print", "exit", "quit", "input"}), (
            f"{name}:{node.lineno}"
        )
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sys":
            assert node.attr not in {"exit", "stdout", "stderr"}, f"{name}:{node.lineno}"


OPENING = {"open", "read_text", "read_bytes", "rglob", "glob", "iterdir", "shipped_rules", "read_layer"}
OPENERS = {
    "knowledge/base.py": "finds the rules",
    "knowledge/layers.py": "reads them",
    "knowledge/cache.py": "keeps what was read",
    "text/tables.py": "tables beside a module",
    "text/saving.py": "reads within limits, writes results whole",
    "scenario/read.py": "scenario files",
    "cli": "batch files and results; the null device, after a broken pipe",
    "upkeep/refresh.py": "reads the lists of packages, and writes offers",
    "hardware/detect.py": "/proc/meminfo",
    "check/files.py": "project files and the files they name",
    "check/servers.py": "what the installer wrote down about this program",
    "deploy/endpoint.py": "the server at the address given",
}


@by_module
def test_only_the_rule_base_opens_rule_files(name: Path) -> None:
    called = [node.func for node in ast.walk(ast.parse(MODULES[name].read_text("utf-8"))) if isinstance(node, ast.Call)]
    names = {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}
    assert not names & OPENING or {part_of(name), "/".join(name.parts[1:])} & set(OPENERS), (
        f"{name}: {sorted(names & OPENING)}"
    )


@by_module
def test_no_code_names_a_model_or_a_use_case(name: Path) -> None:
    models = {word for model in BASE.models.values() for word in (model.id, model.name, model.artifacts.hf_repo)}
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    said = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    }
    assert not said & models
    assert not said & (set(BASE.use_cases) - NAMED_BY_THE_CONTRACT)


@by_module
def test_nothing_from_a_file_is_executed(name: Path) -> None:
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"eval", "exec", "compile", "__import__"}, f"{name}:{node.lineno}"


@by_module
def test_only_the_command_line_reads_the_clock(name: Path) -> None:
    if part_of(name) in {"cli", "api"}:
        return
    text = MODULES[name].read_text(encoding="utf-8")
    assert not [word for word in ("date.today", "datetime.now", "time.time(") if word in text]


@by_module
def test_only_the_page_fills_templates(name: Path) -> None:
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            used = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            filled = any(module.split(".")[0] == "jinja2" for module in used)
            assert not filled or name.parts[1:] == ("render", "page.py")


@by_module
def test_nothing_reaches_for_the_network_or_chance(name: Path) -> None:
    barred = {"socket", "urllib", "http", "requests", "httpx", "random", "secrets", "uuid"}
    if name.parts[1:] == ("deploy", "endpoint.py"):  # `verify --url` asks the one address that it is given
        barred -= {"urllib", "http"}
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert barred.isdisjoint(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.module.split(".")[0] not in barred
