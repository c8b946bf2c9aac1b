"""List the saved runs of a protein, with the reason for those that cannot be opened."""

from __future__ import annotations

from pathlib import Path

from ...guidance.registry import has_temperature
from ...guidance.sampled_temperature import sampled_temperature
from ...live.recording import RunHeader, saved_runs
from ...live.run_format import RecordingError
from ...proteins.system import System
from .panel_states import SavedRun
from .state import slider_value

MAX_RUNS = 30


def list_saved_runs(folder: str | Path | None, system: System) -> list[SavedRun]:
    """Return the saved runs of a protein, the latest first.

    Lists up to `MAX_RUNS` that can be opened, and as many damaged ones.
    """
    runs: list[SavedRun] = []
    damaged = 0
    for path in saved_runs(folder) if folder is not None else ():
        try:
            header = RunHeader(path)
            steps = header.count_steps() if header.sequence == system.sequence else 0
        except RecordingError as error:
            damaged += 1
            if damaged <= MAX_RUNS:
                runs.append({"folder": str(path), "label": _short(path), "problem": str(error)})
            continue
        if steps:
            runs.append({"folder": str(path), "label": _label(header, steps), "problem": ""})
        if sum(not run["problem"] for run in runs) == MAX_RUNS:
            break
    return runs


def _label(header: RunHeader, steps: int) -> str:
    config = header.config
    eta = slider_value(config.eta)
    temperature = None
    if has_temperature(config.guidance):
        temperature = sampled_temperature(config.guidance, header.used_parameters())
    parts = [
        header.started[:16].replace("T", " ") or _short(header.folder),
        header.title,
        f"{config.samples} × {steps} steps",
        f"γ {slider_value(config.gamma):g}",
        f"η {eta:.3g}" if eta else "",
        "" if temperature is None else f"temperature {temperature.label}",
        Path((header.networks or {}).get("model", "")).name,
        f"residues {header.fixed} fixed" if header.fixed else "",
    ]
    return " · ".join(part for part in parts if part)


def _short(folder: Path) -> str:
    """Return the names of the session and of the run."""
    return "/".join(folder.parts[-2:])
