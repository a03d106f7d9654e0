"""Options that many commands share."""

from __future__ import annotations

from typing import Annotated, Literal, Optional

import typer

Format = Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="How to print the result.")]
Rules = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--rules", metavar="DIR", help="Folder of own rules and data, laid over the shipped ones; may repeat."
    ),
]
AsOf = Annotated[Optional[str], typer.Option("--as-of", metavar="DATE", help="Day to answer for; today if not given.")]  # noqa: UP045
