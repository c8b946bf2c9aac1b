"""The ``confdiff`` command; each file is one subcommand."""

from __future__ import annotations

from ._console import Commands, UserErrorGroup
from .doctor import doctor
from .evaluate import evaluate
from .lab import lab
from .label import label
from .md import md
from .melting import melting
from .path import path
from .proteins import proteins
from .represent import represent
from .sample import sample
from .sweep import sweep
from .train import train

app = Commands(
    cls=UserErrorGroup,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Sample, guide and evaluate protein-conformation diffusion models.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = (
    sample, evaluate, sweep, melting, path, proteins, represent, md, train, label, lab, doctor,
)  # fmt: skip
for command in COMMANDS:
    app.command()(command)
