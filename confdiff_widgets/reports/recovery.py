"""Known states alone: how near ensembles come to them, where there is no reference to judge by."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from ..analysis import Recovery, state_recovery
from ..ensembles.ensemble_data import EnsembleData
from ..ensembles.sequence_matching import common_residues
from ..errors import SettingsError
from .known_states import KnownStates, states_on

CSV_COLUMNS = ("ensemble", "samples", "state", "best_rmsd", "sd")


@dataclass(frozen=True, eq=False)
class Recovered:
    """Recoveries of the same states on the same residues, one an ensemble.

    Attributes
    ----------
    known : KnownStates
        Cut to the residues that are compared.
    ensembles : tuple of EnsembleData
    recoveries : tuple of Recovery
    """

    known: KnownStates
    ensembles: tuple[EnsembleData, ...]
    recoveries: tuple[Recovery, ...]

    def to_dict(self) -> dict:
        """Plain numbers and strings, fit for JSON."""
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
        """The curves: one row an ensemble, number of samples, and state or RMSDens."""
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

    def table(self) -> Table:
        """Best RMSD to each state, RMSDens and coverage, for `rich.print`."""
        cutoff = self.recoveries[0].cutoff
        table = Table(
            title=f"{len(self.known.names)} states, {self.known.ca.shape[1]} residues",
            caption="Best CA-RMSD (Å) among all samples, 95 % by bootstrap. RMSDens: the mean over "
            f"the states. Coverage: states with a sample below {cutoff:g} Å. RMSDens at fewer "
            "samples: mean ± sd over random subsets.",
            box=SIMPLE_HEAD,
            pad_edge=False,
        )
        table.add_column("State", no_wrap=True)
        for data in self.ensembles:
            table.add_column(f"{data.name} ({len(data)})", justify="right", no_wrap=True)
        between = [found.intervals() for found in self.recoveries]
        for s, name in enumerate(self.known.names):
            table.add_row(name, *(
                _cell(found.best[-1, s], interval["best"][s])
                for found, interval in zip(self.recoveries, between, strict=True)
            ), end_section=s == len(self.known.names) - 1)  # fmt: skip
        for label, key in (("RMSDens", "rmsd_ens"), ("Coverage", "coverage")):
            table.add_row(label, *(
                _cell(getattr(found, key), interval[key])
                for found, interval in zip(self.recoveries, between, strict=True)
            ))  # fmt: skip
        table.add_row("Hardest", *(found.names[found.hardest] for found in self.recoveries),
                      end_section=True)  # fmt: skip
        for size in sorted({int(n) for found in self.recoveries for n in found.sizes[:-1]}):
            table.add_row(f"RMSDens, {size}", *(_at(found, size) for found in self.recoveries))
        return table


def recover(
    ensembles: Sequence[EnsembleData],
    known: KnownStates,
    sequence: str,
    *,
    covered: float = 2.0,
    seed: int = 0,
) -> Recovered:
    """How near ensembles come to known states.

    Parameters
    ----------
    ensembles : sequence of EnsembleData
        At least one; a single frame will do. Compared on the residues that all have.
    known : KnownStates
        Read with this sequence.
    sequence : str
        Of the protein.
    covered : float
        Å, CA-RMSD below which a state counts as found.
    seed : int
        Of the subsets.

    Raises
    ------
    StructureError
        An ensemble of another protein, or too little in common.
    SettingsError
        No ensemble, or two of the same name.
    """
    names = [data.name for data in ensembles]
    if not names:
        raise SettingsError("No ensemble was given: name one at least.")
    if len(set(names)) < len(names):
        raise SettingsError(f"Ensembles are called {', '.join(names)}: each needs its own name.")
    parts = [data.of_protein(sequence) for data in ensembles]
    common, places = common_residues([(part.name, part.sequence) for part in parts], sequence)
    states = states_on(known, common)
    recoveries = []
    for part, had in zip(parts, places, strict=True):
        ca = part.ca[:, np.searchsorted(had, common)]
        recoveries.append(state_recovery(states.of(ca), states.ca, names=states.names,
                                         cutoff=covered, seed=seed))  # fmt: skip
    return Recovered(states, tuple(parts), tuple(recoveries))


def _cell(value: float, interval: np.ndarray) -> str:
    return f"{value:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"


def _at(found: Recovery, size: int) -> str:
    at = np.flatnonzero(found.sizes == size)
    return f"{found.ensemble[at[0]]:.3f} ± {found.ensemble_sd[at[0]]:.3f}" if len(at) else ""
