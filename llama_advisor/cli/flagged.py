"""Commands whose flags are built only when they are called: building all of them takes longer than an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import typer

FLAGGED: dict[str, tuple[Callable[..., None], Callable[..., Any]]] = {}


def flagged(name: str, flags: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Keep a command's flags for `give_flags`; until then it is only listed."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        FLAGGED[name] = command, flags

        def listed() -> None:
            raise AssertionError(name)

        listed.__doc__ = command.__doc__
        return listed

    return decorate


def give_flags(app: typer.Typer, arguments: list[str]) -> None:
    """Build the flags of the commands named: building all of them takes longer than an answer."""
    for registered in app.registered_commands:
        if registered.name in FLAGGED and registered.name in arguments:
            command, flags = FLAGGED[registered.name]
            registered.callback = flags(described="--help" in arguments)(command)
