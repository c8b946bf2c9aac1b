"""``confdiff melting``: show and write the melting curves of a sweep over the temperature."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ..errors import SettingsError
from ._console import output, print_wide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..sweep import Cell, SweepStore
    from ..sweep.job import SweepJob
    from ..sweep.store import StoredCell


CURVE_WIDTH = 140
"""Minimum width of the table of a curve."""


def melting(
    folder: Annotated[
        Path, typer.Argument(help="Results folder of `confdiff sweep ... --temperature`.")
    ],
) -> None:
    """Show the melting curves of a stored sweep: folded fraction, Rg and energy against T.

    Example: confdiff melting sweep-chignolin
    """
    from ..sweep import SweepStore
    from ..sweep.job import SweepJob

    if not (folder / "sweep.json").is_file():
        raise SettingsError(
            f"{folder} is not the results folder of a sweep. Make one with: confdiff sweep PROTEIN "
            "--temperature 300:450:7"
        )
    store = SweepStore(folder)
    cells, settings = store.requested()
    found = {key: store.load(key) for key, _ in cells}
    rows = {key: row for key, row in found.items() if row is not None}
    if not show_melting(store, SweepJob.from_dict(settings), dict(cells), rows):
        raise SettingsError(
            f"{folder} has no melting curve, which needs stored cells of two temperatures or more. "
            "Run `confdiff sweep` with --temperature 300:450:7."
        )


def show_melting(
    store: SweepStore, job: SweepJob, cells: Mapping[str, Cell], rows: Mapping[str, StoredCell]
) -> bool:
    """Print the melting curves of a sweep and write their files; return whether there is one."""
    from ..reports.melting_figures import ABOUT, melting_table, save_melting
    from ..sweep.melting import MeltingCurves

    curves = MeltingCurves(store, job)(cells, rows)
    for sequence in dict.fromkeys(curve.system.sequence for curve in curves):
        mine = [curve for curve in curves if curve.system.sequence == sequence]
        for curve in mine:
            headings, lines = melting_table(curve)
            table = Table(title=f"Melting curve of {curve.system.title}, γ {curve.gamma:g}",
                          title_justify="left", box=None, padding=(0, 2, 0, 0))  # fmt: skip
            for heading in headings:
                table.add_column(heading, justify="right", no_wrap=True)
            for line in lines:
                table.add_row(*line)
            output.print()
            print_wide(table, CURVE_WIDTH)
            output.print(curve.definition)
            for sentence in curve.sentences():
                output.print(sentence)
        files = save_melting(mine, store.folder / f"{mine[0].system.name}-melting")
        output.print(ABOUT, style="dim")
        output.print("written: " + ", ".join(map(str, files)))
    return bool(curves)
