"""The summary that `confdiff sample` prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ._console import output

if TYPE_CHECKING:
    from ..ensembles import Ensemble
    from ..sampling import Run


def summarise(
    ensemble: Ensemble, run: Run, sampled: float, total: float, files: list[Path]
) -> dict:
    """Return a summary fit for JSON; times in seconds."""
    from ..analysis.validity import val_bond, val_clash

    chain = len(ensemble.sequence) > 1
    return {
        "sequence": ensemble.sequence,
        "samples": len(ensemble),
        "device": str(run.device),
        "solver": run.config.solver,
        "steps": run.steps,
        "stochasticity": run.config.stochasticity,
        "gamma": run.config.gamma,
        "eta": max(run.etas, key=abs),
        "temperature": run.kelvin,
        "guidance": run.config.guidance,
        "t_start": run.config.t_start,
        "fixed": run.fixed_residues.residues if run.fixed_residues else None,
        "seed": run.config.seed,
        "batch": run.batch,
        "network_evaluations": run.evaluations,
        "seconds_sampling": round(sampled, 3),
        "seconds_total": round(total, 3),
        "val_clash": val_clash(ensemble.ca) if chain else None,
        "val_bond": val_bond(ensemble.ca) if chain else None,
        "files": [str(file) for file in files],
    }


def report(summary: dict) -> None:
    """Print a summary as text."""
    kelvin = summary["temperature"]
    strength = f"η {summary['eta']:g}" if kelvin is None else f"{kelvin:g} K"
    output.print(
        f"{summary['samples']} conformers of {summary['sequence']} in "
        f"{summary['seconds_total']:.1f} s ({summary['steps']} steps of {summary['solver']}, "
        f"{summary['network_evaluations']} network evaluations, γ {summary['gamma']:g}, "
        f"{strength}, seed {summary['seed']}, {summary['device']})"
    )
    if summary["val_clash"] is not None:
        output.print(
            f"without clashes {summary['val_clash']:.1%}, "
            f"without broken bonds {summary['val_bond']:.1%}"
        )
    output.print("written: " + ", ".join(summary["files"]))
