"""Recovery of known states by ensembles, without a reference ensemble."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from ..analysis import Recovery, state_recovery
from ..analysis.comparison_rows import interval, mean_sd, number
from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.sequence_matching import common_residues
from ..errors import SettingsError
from .known_states import KnownStates, restrict_states

CSV_COLUMNS = ("ensemble", "samples", "state", "best_rmsd", "sd")


@dataclass(frozen=True, eq=False)
class RecoveryEvaluation:
    """Recovery of the same states on the same residues by several ensembles.

    Attributes
    ----------
    known : KnownStates
        Restricted to the residues that are compared.
    ensembles : tuple of EnsembleData
    recoveries : tuple of Recovery
    """

    known: KnownStates
    ensembles: tuple[EnsembleData, ...]
    recoveries: tuple[Recovery, ...]

    def to_dict(self) -> dict:
        """Return plain numbers and strings for JSON."""
        return {
            "states": list(self.known.names),
            "notes": list(self.known.notes),
            "residues": self.known.ca.shape[1],
            "ensembles": [
                {"name": data.name, "frames": len(data), "notes": list(data.notes),
                 **recovery.to_dict()}
                for data, recovery in zip(self.ensembles, self.recoveries, strict=True)
            ],
        }  # fmt: skip

    def csv_text(self) -> str:
        """Render CSV with one row for each ensemble, number of samples, and state or RMSDens."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        for data, found in zip(self.ensembles, self.recoveries, strict=True):
            for t, size in enumerate(found.sizes):
                writer.writerow([data.name, size, "RMSDens", found.ensemble[t],
                                 found.ensemble_sd[t]])  # fmt: skip
                for s, name in enumerate(found.names):
                    writer.writerow([data.name, size, name, found.best[t, s], found.best_sd[t, s]])
        return text.getvalue()

    def to_table(self) -> Table:
        """Render best RMSD, RMSDens and coverage as a table for `rich.print`."""
        cutoff = self.recoveries[0].cutoff
        table = Table(
            title=f"{len(self.known.names)} states, {self.known.ca.shape[1]} residues",
            caption="Best CA-RMSD (Å) among all samples, with 95 % intervals (split samples). "
            f"RMSDens: mean over the states. Coverage: fraction of states with a sample below "
            f"{cutoff:g} Å. RMSDens of fewer samples: mean ± sd over random subsets.",
            box=SIMPLE_HEAD,
            pad_edge=False,
        )
        table.add_column("State", no_wrap=True)
        for data in self.ensembles:
            table.add_column(f"{data.name} ({len(data)})", justify="right", no_wrap=True)
        intervals = [found.intervals() for found in self.recoveries]
        for s, name in enumerate(self.known.names):
            table.add_row(name, *(
                _cell(found.best[-1, s], bounds["best"][s])
                for found, bounds in zip(self.recoveries, intervals, strict=True)
            ), end_section=s == len(self.known.names) - 1)  # fmt: skip
        for label, key in (("RMSDens", "rmsd_ens"), ("Coverage", "coverage")):
            table.add_row(label, *(
                _cell(getattr(found, key), bounds[key])
                for found, bounds in zip(self.recoveries, intervals, strict=True)
            ))  # fmt: skip
        table.add_row("Hardest", *(found.names[found.hardest] for found in self.recoveries),
                      end_section=True)  # fmt: skip
        for size in sorted({int(n) for found in self.recoveries for n in found.sizes[:-1]}):
            table.add_row(
                f"RMSDens, {size}", *(_rmsd_ens_at(found, size) for found in self.recoveries)
            )
        return table


def evaluate_recovery(
    ensembles: Sequence[EnsembleData],
    known: KnownStates,
    sequence: str,
    *,
    covered: float = 2.0,
    seed: int = 0,
) -> RecoveryEvaluation:
    """Evaluate how closely ensembles approach known states.

    Parameters
    ----------
    ensembles : sequence of EnsembleData
        At least one; a single frame is sufficient. All are compared on their common residues.
    known : KnownStates
        States that were read with this sequence.
    sequence : str
        Sequence of the protein.
    covered : float
        CA-RMSD (Å) below which a state is covered.
    seed : int
        Seed for the subsets.

    Raises
    ------
    StructureError
        For an ensemble of another protein, or if too few residues are common.
    SettingsError
        Without an ensemble, or if two have the same name.
    """
    names = [data.name for data in ensembles]
    if not names:
        raise SettingsError("No ensemble was given. Give at least one.")
    if len(set(names)) < len(names):
        raise SettingsError(f"Ensembles are called {', '.join(names)}. Give each a different name.")
    parts = [data.of_protein(sequence) for data in ensembles]
    common, present = common_residues([(part.name, part.sequence) for part in parts], sequence)
    states = restrict_states(known, common)
    recoveries = []
    for part, indices in zip(parts, present, strict=True):
        ca = part.ca[:, np.searchsorted(indices, common)]
        recoveries.append(state_recovery(states.select(ca), states.ca, names=states.names,
                                         cutoff=covered, seed=seed))  # fmt: skip
    return RecoveryEvaluation(states, tuple(parts), tuple(recoveries))


def _cell(value: float, bounds: np.ndarray) -> str:
    return f"{number(value)} ({interval(*bounds)})"


def _rmsd_ens_at(found: Recovery, size: int) -> str:
    at = np.flatnonzero(found.sizes == size)
    return mean_sd(found.ensemble[at[0]], found.ensemble_sd[at[0]]) if len(at) else ""
