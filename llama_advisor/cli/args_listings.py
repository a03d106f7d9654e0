"""models, hardware, rules, schema: what the rule base holds."""

from __future__ import annotations

from typing import Annotated

import typer

from llama_advisor.cli.options import Format, Rules, screen

app = typer.Typer()
models_app = typer.Typer(help="Models the rule base knows.", no_args_is_help=True)
hardware_app = typer.Typer(help="Devices the rule base knows.", no_args_is_help=True)
rules_app = typer.Typer(help="Rules: what decides, and why.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(hardware_app, name="hardware")
app.add_typer(rules_app, name="rules")


@models_app.command("list")
def models_list(format_: Format = "text", rules: Rules = None) -> None:
    """List the models."""
    _show("models", None, format_, rules)


@models_app.command("show")
def models_show(
    name: Annotated[str, typer.Argument(help="Any name of the model.")], format_: Format = "text", rules: Rules = None
) -> None:
    """Show one model with its sources."""
    _show("models", name, format_, rules)


@hardware_app.command("list")
def hardware_list(format_: Format = "text", rules: Rules = None) -> None:
    """List the devices."""
    _show("hardware", None, format_, rules)


@hardware_app.command("show")
def hardware_show(
    name: Annotated[str, typer.Argument(help="Hardware as people write it.")],
    format_: Format = "text",
    rules: Rules = None,
) -> None:
    """Show what a name of hardware is read as."""
    _show("hardware", name, format_, rules)


@hardware_app.command("detect")
def hardware_detect(format_: Format = "text", rules: Rules = None) -> None:
    """Say what this computer has, and how to pass it to --hardware."""
    from llama_advisor.cli import detect as command

    raise typer.Exit(command.run(tuple(rules or ()), in_json=format_ == "json", screen=screen(None)))


@rules_app.command("list")
def rules_list(format_: Format = "text", rules: Rules = None) -> None:
    """List the rules."""
    _show("rules", None, format_, rules)


@rules_app.command("show")
def rules_show(
    name: Annotated[str, typer.Argument(help="Rule id.")], format_: Format = "text", rules: Rules = None
) -> None:
    """Show one rule: what it says, cites and is tested by."""
    _show("rules", name, format_, rules)


@rules_app.command("test")
def rules_test(format_: Format = "text", rules: Rules = None) -> None:
    """Run the examples that every rule carries."""
    from llama_advisor.cli import inspect

    raise typer.Exit(inspect.run_rule_tests(tuple(rules or ()), as_json=format_ == "json"))


@app.command()
def schema(name: Annotated[str, typer.Argument(help="scenario, rule, model, hardware, recommendation …")]) -> None:
    """Print the JSON Schema of a kind of file or result."""
    from llama_advisor.cli import inspect

    raise typer.Exit(inspect.print_schema(name))


def _show(kind: str, name: str | None, format_: str, rules: list[str] | None) -> None:
    from llama_advisor.cli import inspect

    raise typer.Exit(inspect.show(kind, name, tuple(rules or ()), as_json=format_ == "json", screen=screen(None)))
