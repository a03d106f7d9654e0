"""Which commands there are; a command's module is loaded when it is named."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from llama_advisor import __version__

COMMANDS = {
    "recommend": ("recommend:recommend", "Rank the builds for a scenario, best first, and say why."),
    "estimate": (
        "estimate:estimate",
        "Size one build: memory, fit, speed, cost. With --batch, flags hold for every line.",
    ),
    "ask": ("ask:ask", "Ask what matters most for the answer, and stop when it is settled."),
    "check": ("check:check", "Hold project files against the advice: wrong choices, drift, stale ground."),
    "init": ("init:init", "Write a commented project file from flags, or from what the folder deploys."),
    "lock": ("check:lock", "Pin each decision beside its project file: winner, margin, and what it rests on."),
    "explain": (
        "explore:explain",
        "Say why a model is not recommended and what would change that; or what a rule, criterion or code stands for.",
    ),
    "compare": (
        "explore:compare",
        "Put models side by side: facts, licence, memory, speed, cost, comparable benchmarks, engines.",
    ),
    "whatif": ("explore:whatif", "Answer for every combination of some values: how the winner moves, and why."),
    "schema": ("schema:schema", "Print the JSON Schema of a kind of file or result."),
    "models list": ("listings:models_list", "List the models."),
    "models show": ("listings:models_show", "Show one model with its sources."),
    "hardware list": ("listings:hardware_list", "List the devices."),
    "hardware show": ("listings:hardware_show", "Show what a name of hardware is read as."),
    "hardware detect": ("listings:hardware_detect", "Say what this computer has, and how to pass it to --hardware."),
    "rules list": ("listings:rules_list", "List the rules."),
    "rules show": ("listings:rules_show", "Show one rule: what it says, cites and is tested by."),
    "rules test": ("rules:examples", "Run the examples that every rule carries."),
    "rules lint": (
        "rules:lint",
        "Find rules that cannot fire or contradict each other, missing examples and sources, broken links.",
    ),
    "rules coverage": (
        "rules:coverage",
        "Answer sampled scenarios: rules that never fire, models that never win, answers without a reason.",
    ),
    "rules ablate": ("rules:ablate", "Answer scenarios without each rule in turn: what rests on it."),
}
"""Each command: its module and function, which takes the options and returns the exit code, and its help."""

GROUPS = {
    "models": "Models the rule base knows.",
    "hardware": "Devices the rule base knows.",
    "rules": "Rules: what decides, and why.",
}


def app_for(arguments: list[str]) -> typer.Typer:
    """Return the command line; of the commands only those named in the arguments take options, the rest are listed."""
    app = typer.Typer(
        name="llama-advisor",
        help="Which Llama 3.1 or 3.2 variant to deploy, in which build, on what hardware, and why.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback(invoke_without_command=True)
    def root(
        version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False,
    ) -> None:
        if version:
            typer.echo(f"llama-advisor {__version__}")
            raise typer.Exit

    def listed() -> None:
        raise AssertionError("a command that was not named")

    groups = {name: typer.Typer(help=says, no_args_is_help=True) for name, says in GROUPS.items()}
    for name, (place, says) in COMMANDS.items():
        group, _, own = name.rpartition(" ")
        module, function = place.split(":")
        named = set(name.split()) <= set(arguments)
        called = getattr(import_module(f"llama_advisor.cli.{module}"), function) if named else listed
        (groups[group] if group else app).command(own, help=says)(called)
    for name, part in groups.items():
        app.add_typer(part, name=name)
    return app


def completed(arguments: list[str]) -> list[str]:
    """Return the arguments for `ask` where none were given, and give a bare --resume its usual file."""
    if not arguments:
        return ["ask"]
    if arguments[0] != "ask" or "--resume" not in arguments:
        return arguments
    from llama_advisor.cli.ask import SAVED

    place = arguments.index("--resume") + 1
    bare = place == len(arguments) or arguments[place].startswith("-")
    return [*arguments[:place], SAVED, *arguments[place:]] if bare else arguments
