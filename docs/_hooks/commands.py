"""Generate the command reference from the help texts of the command line."""

from __future__ import annotations

from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from confdiff_widgets.cli import app


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add reference/commands.md."""
    group: Any = typer.main.get_command(app)
    parts = ["# Commands", group.help or ""]
    for name, command in group.commands.items():
        parts += [f"## confdiff {name}", _paragraphs(command.help or "")]
        rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            parts.append("| | |\n| --- | --- |\n" + "\n".join(rows))
    files.append(File.generated(config, "reference/commands.md", content="\n\n".join(parts) + "\n"))
    return files


def _paragraphs(text: str) -> str:
    """Return a help text with its example as a code block."""
    return "\n\n".join(
        f"```bash\n{' '.join(part.removeprefix('Example:').split())}\n```"
        if part.startswith("Example:")
        else part
        for part in text.strip().split("\n\n")
    )


def _row(parameter: Any) -> str:
    names = parameter.opts + parameter.secondary_opts
    shown = ", ".join(f"`{n}`" if n.startswith("-") else f"`{n.upper()}`" for n in names)
    description = (getattr(parameter, "help", None) or "").replace("|", "\\|")
    default = parameter.default
    if default not in (None, "", False, ()) and not callable(default) and names[0].startswith("-"):
        description += f" Default: `{default}`."
    return f"| {shown} | {description} |"
