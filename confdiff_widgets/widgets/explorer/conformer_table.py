"""The table of conformers: its columns, and their values in a frame."""

from __future__ import annotations

import numpy as np

from ...live.branch import Branch
from ...live.frame import Frame
from .panel_states import Column

MAX_ROWS = 1000
"""Maximum number of rows on the page; files contain all."""

COLUMNS: tuple[Column, ...] = (
    {
        "key": "conformer",
        "label": "#",
        "unit": "",
        "hint": "Number of the conformer in the batch",
        "digits": 0,
    },
    {
        "key": "openmm",
        "label": "OpenMM energy",
        "unit": "kcal/mol",
        "hint": "After restrained minimisation with ff14SB and GBn2",
        "digits": 1,
    },
    {
        "key": "learned",
        "label": "Learned energy",
        "unit": "kT",
        "hint": "E_t of the energy head in the last step",
        "digits": 2,
    },
    {
        "key": "rmsd",
        "label": "RMSD",
        "unit": "Å",
        "hint": "CA-RMSD to the folded structure",
        "digits": 2,
    },
    {
        "key": "radius",
        "label": "Rg",
        "unit": "Å",
        "hint": "Radius of gyration of the CA atoms",
        "digits": 2,
    },
    {
        "key": "tic1",
        "label": "TIC 1",
        "unit": "",
        "hint": "Slowest coordinate of the reference dynamics",
        "digits": 2,
    },
    {
        "key": "tic2",
        "label": "TIC 2",
        "unit": "",
        "hint": "Second slowest coordinate of the reference dynamics",
        "digits": 2,
    },
)

Values = dict[str, list[float | None]]


def column_values(branch: Branch, frame: Frame | None, max_rows: int | None = None) -> Values:
    """Return the values of a frame's conformers by the key of the column.

    Parameters
    ----------
    branch : Branch
        Contains the OpenMM energies.
    frame : Frame or None
    max_rows : int, optional
        Return the first conformers only. Default: all.

    Returns
    -------
    dict of list
        None where a number is missing. Quantities that a frame does not have are left out.
    """
    if frame is None or frame.atom14 is None:
        return {"conformer": []}
    count = len(frame.atom14[:max_rows])
    columns = {
        "openmm": branch.openmm.get(frame.step),
        "learned": frame.energy,
        "rmsd": frame.rmsd,
        "radius": frame.radius,
        "tic1": None if frame.tics is None else frame.tics[:, 0],
        "tic2": None if frame.tics is None else frame.tics[:, 1],
    }
    values: Values = {"conformer": list(range(count))}
    for key, column in columns.items():
        if column is not None:
            values[key] = [float(v) if np.isfinite(v) else None for v in column[:count]]
    return values


def validity_problems(frame: Frame | None, max_rows: int | None = None) -> list[str]:
    """Return what is wrong with each conformer: "clash", "broken bond", both, or nothing ("")."""
    if frame is None or frame.valid is None:
        return []
    return [
        ", ".join(
            problem
            for problem, passed in zip(("clash", "broken bond"), checks, strict=True)
            if not passed
        )
        for checks in frame.valid[:max_rows]
    ]
