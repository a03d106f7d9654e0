"""Options that programs in C++, Go, Rust and JavaScript declare, read from their text by its shape."""

from __future__ import annotations

import re

_TEXT = re.compile(r'"([^"]+)"')


def llama_cpp(source: str, program: str) -> tuple[set[str], set[str]]:
    """Options and variables that `common/arg.cpp` declares for a program, e.g. `SERVER`, or for all programs."""
    options: set[str] = set()
    variables: set[str] = set()
    for block in source.split("add_opt(common_arg(")[1:]:
        names = re.match(r"\s*(?:\{[^{}]*\}\s*,\s*)+", block)
        programs = re.search(r"set_examples\(\{([^}]*)\}", block)
        others = re.search(r"set_excludes\(\{([^}]*)\}", block)
        used_by = _programs(programs[1]) if programs else {"COMMON"}
        if names and used_by & {"COMMON", program} and program not in (_programs(others[1]) if others else set()):
            options |= {name for name in _TEXT.findall(names[0]) if name.startswith("-")}
            variables |= set(re.findall(r'set_env\("([^"]+)"\)', block))
    return options, variables


def _programs(text: str) -> set[str]:
    return set(re.findall(r"LLAMA_EXAMPLE_(\w+)", text))


def compared(source: str) -> set[str]:
    """Options that a C++ loop over the arguments compares with: `arg == "-m"`."""
    return set(re.findall(r'arg == "(-[^"]+)"', source))


def gflags(source: str) -> set[str]:
    """Options that gflags defines."""
    return {f"--{name}" for name in re.findall(r"DEFINE_\w+\(\s*(\w+)", source)}


def cobra(source: str, command: str) -> set[str]:
    """Options of a Go command that cobra parses: `runCmd.Flags().BoolP("verbose", "v", …)`."""
    found: set[str] = set()
    for short, long, letter in re.findall(rf'\b{command}\.Flags\(\)\.\w+?(P?)\("([\w-]+)"(?:, "(\w)")?', source):
        found |= {f"--{long}"} | ({f"-{letter}"} if short and letter else set())
    return found


def go_variables(source: str) -> set[str]:
    """Environment variables in a Go map by name: `"NAME": {"NAME", …}`."""
    return {name for name, again in re.findall(r'"([A-Z_]+)":\s*\{"([A-Z_]+)"', source) if name == again}


def clap(source: str) -> set[str]:
    """Options of the Rust struct `Args` that clap parses: `#[clap(long, short, …)] field: type`."""
    found: set[str] = set()
    args = source.partition("struct Args {")[2].partition("\n}")[0]
    for attribute, field in re.findall(r"#\[clap\(([^\]]*)\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub )?(\w+):", args):
        if re.search(r"\blong\b", attribute):
            found.add("--" + field.replace("_", "-"))
        if re.search(r"\bshort\b", attribute):
            found.add("-" + field[0])
    return found


def web_llm(source: str, start: str) -> set[str]:
    """Ids of the models in the list of WebLLM that begin with some letters."""
    return {name for name in re.findall(r'model_id:\s*"([^"]+)"', source) if name.startswith(start)}
