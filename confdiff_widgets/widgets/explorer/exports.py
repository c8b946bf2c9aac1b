"""Export a frame or a run of the Explorer as a file or as code."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ...ensembles import Ensemble
from ...errors import SettingsError
from ...files.writing import output_errors
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.session import Session
from ...proteins.system import System
from .conformer_table import COLUMNS, column_values, validity_problems
from .copied_code import code_for
from .display_options import DisplayOptions

PROBLEM_COLUMN = "flaw"
"""Name of the column of clashes and broken bonds in CSV files since version 0.1."""


@dataclass(frozen=True)
class Export:
    """A file for the browser to save, or a text for its clipboard.

    Attributes
    ----------
    message : str
        What the page shows once it is exported.
    """

    message: str
    name: str = ""
    data: bytes | None = None
    text: str | None = None


def make_export(
    kind: str,
    session: Session,
    frame: Frame | None,
    conformers: Sequence[int] | None = None,
    display: DisplayOptions | None = None,
) -> Export:
    """Export a frame of the current branch, or its run.

    Parameters
    ----------
    kind : {"pdb", "xtc", "csv", "png", "html", "code"}
    session : Session
    frame : Frame or None
    conformers : sequence of int, optional
        Conformers in structure files and the table. Default: all.
    display : DisplayOptions, optional
        What the figure shows. Default: the first conformers.

    Raises
    ------
    SettingsError
        If there are no conformers yet, or none to export.
    """
    if kind == "code":  # the page reports whether the clipboard took it
        return Export("", text=code_for(session))
    if frame is None or frame.atom14 is None:
        raise SettingsError("There are no conformers yet. Press Run first, then export.")
    stem = export_stem(session.system, session.current, frame)
    count = len(frame.atom14)
    exported = list(range(count) if conformers is None else conformers)
    contents = ""
    if kind == "html":
        from .snapshot import snapshot_page

        data = snapshot_page(session, frame).encode()
    elif kind == "png":
        from .run_figure import run_figure

        data = run_figure(session, frame, display)
    else:
        if not exported:
            raise SettingsError(
                "None of these conformers is valid. Switch “only valid” off, or select others."
            )
        contents = f", {len(exported)} of {count} conformers"
        data = (
            _table(session, frame, exported)
            if kind == "csv"
            else _structures(kind, session, frame, exported)
        )
    name = f"{stem}.{'zip' if kind == 'xtc' else kind}"
    return Export(f"Downloaded {name} ({file_size(len(data))}{contents}).", name, data)


def export_stem(system: System, branch: Branch, frame: Frame | None = None) -> str:
    """Return the name of a file without its ending: protein, run, step and temperature."""
    stem = f"{system.name}-{branch.name}" + ("" if frame is None else f"-step{frame.step}")
    kelvin = None if branch.temperature is None else branch.temperature.kelvin
    return stem if kelvin is None else f"{stem}-{kelvin:.0f}K"


def file_size(count: int) -> str:
    """Return a number of bytes for people."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(count / 1e3, 0.1):.3g} kB"


def _structures(kind: str, session: Session, frame: Frame, exported: list[int]) -> bytes:
    assert frame.atom14 is not None
    ensemble = Ensemble(torch.from_numpy(frame.atom14[exported]), session.system.sequence)
    with output_errors(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as folder:
        files = ensemble.save(Path(folder) / f"{session.system.name}.{kind}", heavy=True)
        if len(files) == 1:
            return files[0].read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.name)
        return packed.getvalue()


def _table(session: Session, frame: Frame, exported: list[int]) -> bytes:
    """Write a row for each exported conformer, with all columns that have values."""
    values = column_values(session.current, frame)
    units = {column["key"]: column["unit"] for column in COLUMNS}
    problems = [problem.replace(" bond", "") for problem in validity_problems(frame)]
    text = io.StringIO()
    writer = csv.writer(text)
    names = [f"{key} ({units[key]})" if units[key] else key for key in values]
    columns: list[Sequence[object]] = [*values.values(), problems]
    names.append(PROBLEM_COLUMN)
    temperature = session.current.temperature
    if temperature is not None:
        names.append("temperature (K)")
        columns.append([temperature.label.removesuffix(" K")] * len(problems))
    writer.writerow(names)
    rows = list(zip(*columns, strict=True))
    writer.writerows(rows[i] for i in exported)
    return text.getvalue().encode()
