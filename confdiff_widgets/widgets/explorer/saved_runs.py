"""The list of saved runs that can be opened, and of those that cannot, with the reason."""

from __future__ import annotations

from pathlib import Path

from ...live.recording import RunHeader, saved_runs
from ...live.run_format import RecordingError
from ...proteins.system import System
from .view_model import amount

MOST = 30


def saved_states(folder: str | Path | None, system: System) -> list[dict[str, str]]:
    """Saved runs of a protein, the latest first, as the page lists them.

    Returns
    -------
    list of dict
        ``folder``, ``label``, and ``why``: why it cannot be opened, empty if it can.
    """
    found: list[dict[str, str]] = []
    for path in saved_runs(folder) if folder is not None else ():
        try:
            header = RunHeader(path)
        except RecordingError as error:
            found.append({"folder": str(path), "label": _place(path), "why": str(error)})
        else:
            steps = header.count_steps()
            if header.sequence == system.sequence and steps:
                found.append({"folder": str(path), "label": _label(header, steps), "why": ""})
        if len(found) == MOST:
            break
    return found


def _label(header: RunHeader, steps: int) -> str:
    config = header.config
    eta = amount(config.eta)
    parts = [
        header.started[:16].replace("T", " ") or _place(header.folder),
        header.title,
        f"{config.samples} × {steps} steps",
        f"γ {amount(config.gamma):g}",
        f"η {eta:g}" if eta else "",
        Path((header.networks or {}).get("model", "")).name,
        f"{header.fixed} held" if header.fixed else "",
    ]
    return " · ".join(part for part in parts if part)


def _place(folder: Path) -> str:
    """The two folders that a run is known by."""
    return "/".join(folder.parts[-2:])
