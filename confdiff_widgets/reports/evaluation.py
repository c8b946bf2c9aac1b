"""Evaluation of ensembles against a target: the results that tables and figures show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ..analysis import (
    Comparison,
    StateModel,
    ca_rmsd,
    compare,
    find_states,
    representatives,
)
from ..analysis.metrics import stored_key
from ..ensembles.ensemble_data import EnsembleData
from ..errors import SettingsError
from ..ranges import Range, shown
from .common_residues import restrict_to_common_residues
from .ensemble_statistics import EnsembleStatistics, StatisticsCalculator
from .known_states import KnownStates
from .target import Target

Progress = Callable[[str], object]
"""Called with the name of each stage as it starts."""


RANGES = {
    "n_states": Range(2, 100, whole=True),
    "covered": Range(0, 100, above=True, unit="Å"),
    "baseline_draws": Range(2, 1000, whole=True),
    "n_bootstrap": Range(2, 1000, whole=True),
    "seed": Range(0, 2**53 - 1, whole=True),
}
"""Ranges of the settings."""


@dataclass(frozen=True)
class EvaluationSettings:
    """Settings of an evaluation.

    Attributes
    ----------
    n_states : int
        Number of metastable states of the reference.
    covered : float
        CA-RMSD (Å) below which a state is covered.
    baseline_draws : int
        Number of draws for the sampling baseline.
    n_bootstrap : int
        Number of bootstrap samples for the intervals.
    outside : {"drop", "clip"}
        Treatment of values beyond the range of the reference, see
        :mod:`confdiff_widgets.analysis.jensen_shannon`.
    seed : int

    Raises
    ------
    SettingsError
        For a value outside its range (`RANGES`).
    """

    n_states: int = 4
    covered: float = 2.0
    baseline_draws: int = 10
    n_bootstrap: int = 20
    outside: str = "drop"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, allowed in RANGES.items():
            object.__setattr__(self, name, allowed.check(getattr(self, name), name))
        if self.outside not in ("drop", "clip"):
            raise SettingsError(f"outside is {shown(self.outside)}. Use 'drop' or 'clip'.")


@dataclass(frozen=True, eq=False)
class EvaluatedEnsemble:
    """One ensemble with its metrics and statistics."""

    data: EnsembleData
    comparison: Comparison
    statistics: EnsembleStatistics


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Ensembles compared with a reference and with each other.

    Attributes
    ----------
    target : Target
        Restricted to the residues that all ensembles have.
    ensembles : tuple of EvaluatedEnsemble
    reference : EnsembleStatistics
        Statistics of the reference. Its recovery is the sampling baseline of the sampling
        efficiency, from random frames.
    single_structure_rmsd : ndarray, shape (S,), or None
        CA-RMSD (Å) of the folded structure to each known state: the single-structure baseline.
    states : StateModel or None
        Metastable states of the reference.
    medoids : ndarray of int, shape (S,), or None
        Frames of the reference that represent its metastable states.
    known : KnownStates or None
        States of the sampling efficiency.
    settings : EvaluationSettings
    """

    target: Target
    ensembles: tuple[EvaluatedEnsemble, ...]
    reference: EnsembleStatistics
    single_structure_rmsd: NDArray | None
    states: StateModel | None
    medoids: NDArray | None
    known: KnownStates | None
    settings: EvaluationSettings

    def to_dict(self) -> dict:
        """Return plain numbers and strings for JSON, under the stored keys."""
        recovery, single_structure = self.reference.recovery, self.single_structure_rmsd
        return {
            "target": self.target.name,
            "sequence": self.target.sequence,
            "residues": self.target.residues.tolist(),
            "temperature_k": self.target.temperature,
            "notes": list(self.target.notes),
            "settings": {stored_key(name): value for name, value in asdict(self.settings).items()},
            "states": None if self.states is None else _states_dict(self.states, self.medoids),
            stored_key("baseline_recovery"): None if recovery is None else recovery.to_dict(),
            stored_key("single_structure_recovery"): _list(single_structure),
            "ensembles": [
                {
                    "name": one.data.name,
                    "notes": list(one.data.notes),
                    **one.comparison.to_dict(),
                    "population": _list(one.statistics.population),
                    "population_error": _list(one.statistics.population_error),
                    "recovery": None
                    if one.statistics.recovery is None
                    else one.statistics.recovery.to_dict(),
                }
                for one in self.ensembles
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
    """Evaluate ensembles of one protein against a target.

    Parameters
    ----------
    ensembles : sequence of EnsembleData
        At least one, with two or more frames each. Ensembles with missing or exchanged residues
        are aligned by sequence, and all are compared on the residues that they have in common.
    target : Target
    known : KnownStates, optional
        States of the sampling efficiency. Default: the metastable states of the reference.
    settings : EvaluationSettings, optional
    progress : callable
        Called with the name of each stage as it starts.

    Raises
    ------
    StructureError
        If an ensemble has less than half of the residues of the target.
    SettingsError
        Without an ensemble, or if an ensemble has one frame or two have the same name.
    """
    settings = settings or EvaluationSettings()
    ensembles, target, known = restrict_to_common_residues(ensembles, target, known)
    ensembles = [_compare_temperature(data, target) for data in ensembles]
    _check(ensembles, target)
    # matrix products are small here, so that BLAS threads cost more time than they save, and
    # `compare` runs two threads
    with threadpool_limits(1, "blas"):
        return _evaluate(ensembles, target, known, settings, progress)


def _evaluate(
    ensembles: Sequence[EnsembleData],
    target: Target,
    known: KnownStates | None,
    settings: EvaluationSettings,
    progress: Progress,
) -> Evaluation:
    progress("states of the reference")
    states, medoids = _metastable_states(target, settings)
    if known is None and medoids is not None:
        names = tuple(f"state {s + 1}" for s in range(len(medoids)))
        origin = "medoids of the metastable states of the reference"
        known = KnownStates(names, target.ca[medoids], origin, medoids)
    if known is not None and known.notes:
        target = replace(target, notes=(*target.notes, *(f"State {note}." for note in known.notes)))
    calculator = StatisticsCalculator(target, states, known, settings.covered, settings.seed)
    progress("the reference")
    reference = calculator.reference([len(data) for data in ensembles])
    evaluated = []
    backbones = [_backbones(data, target) for data in ensembles]
    complete = None not in backbones
    if not complete:
        note = "Backbone clashes are not counted, because not all ensembles have N, CA, C and O."
        target = replace(target, notes=(*target.notes, note))
    for data, backbone in zip(ensembles, backbones, strict=True):
        progress(data.name)
        try:
            comparison = compare(
                data.ca,
                target.ca,
                folded=target.folded,
                tica=target.tica,
                folded_cutoff=target.folded_cutoff,
                baseline_draws=settings.baseline_draws,
                trajectory=target.trajectory,
                backbones=backbone if complete else None,
                n_bootstrap=settings.n_bootstrap,
                outside=settings.outside,
                residues=target.residues,
                seed=settings.seed,
            )
        except ValueError as error:
            raise SettingsError(f"{data.name} cannot be compared: {error}.") from error
        evaluated.append(EvaluatedEnsemble(data, comparison, calculator.compute(data.ca)))
    single_structure = None
    if known is not None:
        folded = known.select(target.folded[None])
        single_structure = np.array([ca_rmsd(folded, state)[0] for state in known.ca])
    return Evaluation(
        target, tuple(evaluated), reference, single_structure, states, medoids, known, settings
    )


def _backbones(data: EnsembleData, target: Target) -> tuple[NDArray, NDArray, NDArray] | None:
    """Return the backbones of an ensemble, the reference and the folded structure."""
    folded = target.folded_backbone
    if data.backbone is None or target.backbone is None or folded is None:
        return None
    return data.backbone, target.backbone, folded[None]


def _compare_temperature(data: EnsembleData, target: Target) -> EnsembleData:
    """Add a note to an ensemble that states another temperature than the reference."""
    if data.temperature is None or abs(data.temperature - target.temperature) < 0.5:
        return data
    note = (
        f"sampled at {data.temperature:.4g} K, but the reference is at {target.temperature:g} K. "
        f"Give --temperature {data.temperature:.4g} to compare at that of the ensemble"
    )
    return replace(data, notes=(*data.notes, note))


def _check(ensembles: Sequence[EnsembleData], target: Target) -> None:
    if not ensembles:
        raise SettingsError("No ensemble was given. Give at least one.")
    if len(target.ca) < 4:
        raise SettingsError(
            f"The reference has {len(target.ca)} frames. At least 4 are required for an evaluation."
        )
    names = [data.name for data in ensembles]
    for data in ensembles:
        if len(data) < 2:
            raise SettingsError(
                f"{data.name} has one frame, which has no distribution. Give at least two frames, "
                "and a few hundred for meaningful results."
            )
        if names.count(data.name) > 1:
            raise SettingsError(
                f"Two ensembles are called {data.name}. Give each a different name (NAME=FILE)."
            )


def _metastable_states(
    target: Target, settings: EvaluationSettings
) -> tuple[StateModel | None, NDArray | None]:
    """Find the metastable states of the reference and their medoids."""
    if target.tica is None or len(target.ca) < 10 * settings.n_states:
        return None, None
    tics = target.tica.transform(target.ca)[:, :2]
    parts, seed = target.split(tics), settings.seed
    states = None
    if target.frame_ps is not None:
        # fails for trajectories that are too short for a Markov model; figures state the method
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


def _states_dict(states: StateModel, medoids: NDArray | None) -> dict:
    return {
        "method": states.method,
        "lag_ps": states.lag_ps,
        "population": _list(states.population),
        "population_error": _list(states.population_error),
        "stationary": _list(states.stationary),
        "timescales_ps": _list(states.timescales_ps),
        "representative_frames": _list(medoids),
    }


def _list(values: NDArray | None) -> list | None:
    return None if values is None else values.tolist()
