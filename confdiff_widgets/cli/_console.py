"""Output streams, progress bars and error handling of the commands."""

from __future__ import annotations

import sys
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from typer.core import TyperGroup

from ..errors import UserError

output = Console(soft_wrap=True)
"""Results, on standard output."""

messages = Console(stderr=True)
"""Progress, notices and errors, on standard error."""


class UserErrorGroup(TyperGroup):
    """Report a user error as one message with exit status 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            messages.print(f"[bold red]Error:[/] {escape(str(error))}", soft_wrap=True)
            raise typer.Exit(1) from error
        except KeyboardInterrupt:
            messages.print("Stopped.")
            sys.exit(130)


def progress_bar(unit: str, *, quiet: bool) -> Progress:
    """Return a progress bar on standard error, shown only in a terminal."""
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=messages,
        disable=quiet or not messages.is_terminal,
        transient=True,
    )
