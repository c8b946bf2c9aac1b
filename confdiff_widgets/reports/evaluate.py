"""Ensembles judged against a target, side by side: all that the tables and figures show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ..analysis import (
    Comparison,
    MetastableStates,
    ca_rmsd,
    compare,
    find_states,
    representatives,
)
from ..ensembles.ensemble_data import EnsembleData
from ..errors import SettingsError
from .common_residues import on_common_residues
from .known_states import KnownStates
from .target import Target
from .views import View, Viewpoint

Progress = Callable[[str], object]
"""Called with what begins."""


@dataclass(frozen=True)
class EvaluationSettings:
    """How ensembles are judged.

    Attributes
    ----------
    n_states : int
        Metastable states that are looked for in the reference.
    covered : float
        Å, CA-RMSD below which a state counts as found.
    folded_cutoff : float
        Å, CA-RMSD below which a frame counts as folded.
    n_floor, n_bootstrap : int
        Draws for floors and intervals.
    outside : {"drop", "clip"}
        What becomes of values beyond the reference's range; see `analysis.divergence`.
    seed : int
    """

    n_states: int = 4
    covered: float = 2.0
    folded_cutoff: float = 2.0
    n_floor: int = 10
    n_bootstrap: int = 20
    outside: str = "drop"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n_states < 2:
            raise SettingsError(f"n_states is {self.n_states}: two at least.")
        if not (self.covered > 0 and self.folded_cutoff > 0):
            raise SettingsError(
                f"covered is {self.covered} Å, folded_cutoff {self.folded_cutoff} Å: both must be "
                "positive."
            )
        if self.n_floor < 2 or self.n_bootstrap < 2:
            raise SettingsError(
                f"n_floor is {self.n_floor}, n_bootstrap {self.n_bootstrap}: two at least."
            )
        if self.outside not in ("drop", "clip"):
            raise SettingsError(f"outside is {self.outside!r}: drop or clip.")


@dataclass(frozen=True, eq=False)
class Judgement:
    """One ensemble, its numbers and what is drawn of it."""

    data: EnsembleData
    comparison: Comparison
    view: View


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Ensembles beside each other and beside the reference.

    Attributes
    ----------
    target : Target
        Cut to the residues that all ensembles have.
    judged : tuple of Judgement
    reference : View
        The same of the reference; its recovery is the floor of the sampling efficiency, from
        frames drawn at random.
    static_rmsd : ndarray, shape (S,), or None
        CA-RMSD of the folded structure alone to each state, Å: the static baseline.
    states : MetastableStates or None
        Of the reference.
    middles : ndarray of int, shape (S,), or None
        Frames of the reference that stand for its states.
    known : KnownStates or None
        What the sampling efficiency is about.
    settings : EvaluationSettings
    """

    target: Target
    judged: tuple[Judgement, ...]
    reference: View
    static_rmsd: NDArray | None
    states: MetastableStates | None
    middles: NDArray | None
    known: KnownStates | None
    settings: EvaluationSettings

    def to_dict(self) -> dict:
        """Plain numbers and strings, fit for JSON."""
        recovery = self.reference.recovery
        return {
            "target": self.target.name,
            "sequence": self.target.sequence,
            "residues": self.target.residues.tolist(),
            "temperature_k": self.target.temperature,
            "notes": list(self.target.notes),
            "settings": asdict(self.settings),
            "states": None if self.states is None else _states(self.states, self.middles),
            "recovery_floor": None if recovery is None else recovery.to_dict(),
            "recovery_static": None if self.static_rmsd is None else self.static_rmsd.tolist(),
            "ensembles": [
                {
                    "name": one.data.name,
                    "notes": list(one.data.notes),
                    **one.comparison.to_dict(),
                    "population": _list(one.view.population),
                    "population_error": _list(one.view.population_error),
                    "recovery": None if one.view.recovery is None else one.view.recovery.to_dict(),
                }
                for one in self.judged
            ],
        }


def evaluate(
    ensembles: Sequence[EnsembleData],
    target: Target,
    *,
    known: KnownStates | None = None,
    settings: EvaluationSettings | None = None,
    progress: Progress = lambda _: None,
) -> Evaluation:
    """Judge ensembles of one protein against a target.

    Parameters
    ----------
    ensembles : sequence of EnsembleData
        At least one; of two frames or more each. Those that lack residues of the target, or have
        others in their place, are aligned by sequence, and all are compared on the residues that
        they have in common.
    target : Target
    known : KnownStates, optional
        States for the sampling efficiency. Default: those found in the reference.
    settings : EvaluationSettings, optional
    progress : callable

    Raises
    ------
    StructureError
        Another sequence: less than half of the target's residues are there.
    SettingsError
        No ensemble, one of a single frame, or two of the same name.
    """
    settings = settings or EvaluationSettings()
    ensembles, target, known = on_common_residues(ensembles, target, known)
    _check(ensembles, target)
    # products here are small: threads that wait for each other cost more than they bring, and
    # `compare` has two of its own
    with threadpool_limits(1, "blas"):
        return _judge(ensembles, target, known, settings, progress)


def _judge(
    ensembles: Sequence[EnsembleData],
    target: Target,
    known: KnownStates | None,
    settings: EvaluationSettings,
    progress: Progress,
) -> Evaluation:
    progress("states of the reference")
    states, middles = _find(target, settings)
    if known is None and middles is not None:
        names = tuple(f"state {s + 1}" for s in range(len(middles)))
        origin = "medoids of the reference's states"
        known = KnownStates(names, target.ca[middles], origin, middles)
    if known is not None and known.notes:
        target = replace(target, notes=(*target.notes, *(f"State {note}." for note in known.notes)))
    viewpoint = Viewpoint(target, states, known, settings.covered, settings.seed)
    progress("the reference")
    reference = viewpoint.reference([len(data) for data in ensembles])
    judged = []
    for data in ensembles:
        progress(data.name)
        comparison = compare(
            data.ca,
            target.ca,
            folded=target.folded,
            tica=target.tica,
            folded_cutoff=settings.folded_cutoff,
            n_floor=settings.n_floor,
            # a floor drawn from more than half of the reference would be the reference itself
            floor_frames=min(len(data), max(2, len(target.ca) // 2)),
            n_bootstrap=settings.n_bootstrap,
            outside=settings.outside,
            residues=target.residues,
            seed=settings.seed,
        )
        judged.append(Judgement(data, comparison, viewpoint.look(data.ca)))
    static = None
    if known is not None:
        folded = known.of(target.folded[None])
        static = np.array([ca_rmsd(folded, state)[0] for state in known.ca])
    return Evaluation(target, tuple(judged), reference, static, states, middles, known, settings)


def _check(ensembles: Sequence[EnsembleData], target: Target) -> None:
    if not ensembles:
        raise SettingsError("No ensemble was given: name one at least.")
    if len(target.ca) < 4:
        raise SettingsError(
            f"The reference has {len(target.ca)} frames: too few to judge anything by."
        )
    names = [data.name for data in ensembles]
    for data in ensembles:
        if len(data) < 2:
            raise SettingsError(
                f"{data.name} has one frame: a structure has no distribution to compare. Two "
                "frames are the least, a few hundred say something."
            )
        if names.count(data.name) > 1:
            raise SettingsError(
                f"Two ensembles are called {data.name}: give them names of their own (NAME=FILE)."
            )


def _find(
    target: Target, settings: EvaluationSettings
) -> tuple[MetastableStates | None, NDArray | None]:
    """Metastable states of the reference, and the frames that stand for them."""
    if target.tica is None or len(target.ca) < 10 * settings.n_states:
        return None, None
    tics = target.tica.transform(target.ca)[:, :2]
    parts, seed = target.split(tics), settings.seed
    states = None
    if target.frame_ps is not None:
        # trajectories too short for a Markov model: the method that is shown with the states says
        with suppress(ValueError):
            states = find_states(
                parts,
                settings.n_states,
                lag_ps=target.tica.lag_ps,
                frame_ps=target.frame_ps,
                seed=seed,
            )
    if states is None:
        states = find_states(parts, settings.n_states, method="gmm", seed=seed)
    labels = states.assign(tics)
    return states, representatives(target.ca, labels, len(states), seed=settings.seed)


def _states(states: MetastableStates, middles: NDArray | None) -> dict:
    return {
        "method": states.method,
        "lag_ps": states.lag_ps,
        "population": _list(states.population),
        "population_error": _list(states.population_error),
        "stationary": _list(states.stationary),
        "timescales_ps": _list(states.timescales_ps),
        "representative_frames": _list(middles),
    }


def _list(values: NDArray | None) -> list | None:
    return None if values is None else values.tolist()
