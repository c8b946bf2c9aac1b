"""Output streams, progress bars and error handling of the commands."""

from __future__ import annotations

import codecs
import errno
import io
import os
import signal
import sys
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from ..errors import UserError
from ..ranges import shown

# Names and paths may contain anything, so brackets and colons are printed as they are; parts in a
# style are `rich.text.Text`.
output = Console(soft_wrap=True, markup=False, emoji=False)
"""Results, on standard output."""

messages = Console(stderr=True, markup=False, emoji=False)
"""Progress, notices and errors, on standard error."""

TABLE_WIDTH = 112
"""Minimum width of wide tables. In a narrower one, numbers would be truncated."""

SPELLED = {"γ": "gamma", "η": "eta", "λ": "lambda", "σ": "sigma", "Å": "A", "±": "+-", "×": "x",
           "≥": ">=", "≤": "<=", "–": "-", "…": "...", "“": '"', "”": '"', "²": "^2"}  # fmt: skip
"""How a terminal without Unicode shows the symbols of messages; "?" stands for all others."""


class UserErrorGroup(TyperGroup):
    """Report a user error, or one of the file system, as one message with exit status 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        prepare_streams()
        return super().main(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            messages.print(Text.assemble(("Error:", "bold red"), f" {error}"), soft_wrap=True)
            raise typer.Exit(1) from error
        except OSError as error:
            if error.errno == errno.EPIPE or error.strerror is None:
                raise
            name = "" if error.filename is None else f" {shown(str(error.filename))}"
            text = f" {error.strerror}:{name}. Check the name, its permissions and the free space."
            messages.print(Text.assemble(("Error:", "bold red"), text), soft_wrap=True)
            raise typer.Exit(1) from error
        except KeyboardInterrupt:
            messages.print("Stopped.")
            sys.exit(130)


class Commands(typer.Typer):
    """Ignore Ctrl-C once a command has ended: its results are complete, and so is its status."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def progress_bar(unit: str, *, quiet: bool) -> Progress:
    """Return a progress bar on standard error, shown only in a terminal."""
    return Progress(
        TextColumn("{task.description}", style="bold", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TextColumn("{task.fields[note]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=messages,
        disable=quiet or not messages.is_terminal,
        transient=True,
    )


def print_wide(table: Table, width: int = TABLE_WIDTH) -> None:
    """Print a table with a minimum width: a narrow terminal wraps lines instead of cells."""
    Console(width=max(output.width, width), file=output.file, markup=False).print(table)


def prepare_streams() -> None:
    """Let any text be printed: in terminals without Unicode, and with closed streams."""
    codecs.register_error("confdiff", _spell)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="confdiff")


def _spell(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return the replacement of characters that a stream cannot encode."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    spelled = "".join(SPELLED.get(letter, "?") for letter in text)
    return spelled.encode("ascii"), error.end
