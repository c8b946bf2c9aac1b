"""What a sweep does in each cell: sample, and judge what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ..analysis import clash_free, compare, mean_pairwise_rmsd, unbroken
from ..ensembles import Ensemble
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from ..guidance.cfg import ClassifierFreeGuidance
from ..guidance.physical import PhysicalGuidance
from ..physics import EnergyConfig, EnergyEvaluator, choose_platform, make_molecule
from ..proteins.checkpoint_models import physical_from_checkpoint
from ..proteins.starting_structure import folded_structure
from ..proteins.system import System, load_system
from ..sampling import Run
from ..sampling.device import choose_device
from . import Cell, CellResult, cell_key
from .cell import fingerprint
from .cluster import worker_device

JUDGEMENT = 1
"""Goes up when a cell's numbers come to mean something else: they are then computed anew."""

GUIDANCES = ("force", "energy")
"""Kinds of heads, the first one that there is being the usual one."""

FLOORS = 4
"""Draws of the reference that a floor is the mean of."""

DISTANCES = ("js_pwd", "js_rg", "js_tic", "js_tic2d")
"""To a reference."""


@dataclass(frozen=True)
class SweepJob:
    """Samples and judges cells; travels to the workers, which must find its files.

    Attributes
    ----------
    model, unconditional, head : str, optional
        Networks of the user's own in place of the bundled ones.
    energies : int
        Conformers of a cell that OpenMM minimises; 0 leaves energies out.
    device : str
        "auto" gives each worker a GPU, or without one the CPU.
    """

    model: str | None = None
    unconditional: str | None = None
    head: str | None = None
    energies: int = 32
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.energies < 0:
            raise SettingsError(f"{self.energies} energies: give 0 or more.")

    def keys(self, cells: Sequence[Cell]) -> list[tuple[str, Cell]]:
        """The cells with their names, by settings, weights and seed.

        Raises
        ------
        UserError
            For a protein or a network that cannot be used.
        """
        judged = {"energies": self.energies, "judgement": JUDGEMENT}
        return [(cell_key(cell, self._weights(cell), judged), cell) for cell in cells]

    def guidance(self, protein: str, wanted: str | None = None) -> str:
        """The kind of head that is wanted, or the first that there is for a protein.

        Raises
        ------
        SettingsError
            If there is none.
        """
        if wanted is not None:
            return wanted
        kinds = self._guidances(protein)
        if not kinds:
            raise SettingsError(
                f"η other than 0 needs a head, and none is bundled for {protein}: train one with "
                "`confdiff train` and give its folder as the guidance network, or leave η at 0."
            )
        return kinds[0]

    def _guidances(self, protein: str) -> tuple[str, ...]:
        system = _system(protein, self.model, self.unconditional)
        if self.head is not None:
            return (physical_from_checkpoint(system.sequence, self.head).name,)
        return tuple(kind for kind in GUIDANCES if not system.guidance_unavailable(kind))

    def __call__(self, cell: Cell) -> CellResult:
        """Compute a cell.

        Raises
        ------
        UserError
            For settings that cannot be run.
        """
        device = worker_device() if self.device == "auto" else choose_device(self.device)[0]
        sources = (cell.protein, self.model, self.unconditional)
        system = _system(*sources)
        run = Run(
            _mix(*sources, device),
            system.sequence,
            cell.config,
            structure=_structure(system) if cell.config.t_start < 1 else None,
            physical=_physical(*sources, cell.config.guidance, self.head, device),
            keep_every=cell.config.steps,
        )
        for _ in run:
            pass
        ensemble = run.ensemble()
        return CellResult(ensemble, judge(ensemble, system, self.energies))

    def _weights(self, cell: Cell) -> str:
        config = cell.config
        sources = (cell.protein, self.model, self.unconditional)
        return _fingerprint(*sources, config.guidance, self.head, config.t_start < 1)


def judge(ensemble: Ensemble, system: System, energies: int) -> dict[str, float]:
    """The numbers of a cell.

    Returns
    -------
    dict
        ``diversity`` (mean pairwise CA-RMSD, Å); ``validity``, the fraction of conformers without
        clash and broken bond, and its parts ``val_clash`` and ``val_bond``; with a reference
        ``js_pwd``, ``js_rg``, ``js_tic``, ``js_tic2d``, each with its ``..._floor``, and
        ``folded``; with energies ``energy`` (median, kcal/mol), ``energy_sd`` (1.48
        times the median absolute deviation: a clash that the minimisation leaves can cost
        thousands), ``energy_mean`` and ``energies``, how many could be computed.
    """
    ca = ensemble.ca
    whole, chained = clash_free(ca), unbroken(ca)
    found = {
        "diversity": mean_pairwise_rmsd(ca),
        "validity": float((whole & chained).mean()),
        "val_clash": float(whole.mean()),
        "val_bond": float(chained.mean()),
    }
    reference = system.reference
    if reference is not None:
        compared = compare(
            ca,
            reference.ca,
            folded=reference.folded_ca,
            tica=reference.tica,
            baseline_draws=FLOORS,
            baseline_frames=min(len(ca), len(reference.ca)),
            n_bootstrap=2,
        )
        found["folded"] = compared["folded"].value
        for key in DISTANCES:
            found[key] = compared[key].value
            found[f"{key}_floor"] = compared[key].baseline_mean
    if energies:
        found |= _energies(ensemble, energies)
    return found


def _energies(ensemble: Ensemble, count: int) -> dict[str, float]:
    evaluator = _evaluator(ensemble.sequence)
    atoms = ensemble.atom14.numpy()[:count]
    values = np.array([evaluator(i, conformer).energy for i, conformer in enumerate(atoms)])
    values = values[np.isfinite(values)]
    if not len(values):
        return {"energies": 0}
    return {
        "energy": float(np.median(values)),
        "energy_mean": float(values.mean()),
        "energy_sd": float(1.4826 * np.median(np.abs(values - np.median(values)))),
        "energies": len(values),
    }


def _structure(system: System) -> Rigid:
    start = folded_structure(system)
    if start is None:
        raise SettingsError(
            "A sweep with t_start below 1 starts from the reference's folded structure, and "
            f"{system.title} has no reference."
        )
    return start.rigid


@cache
def _system(protein: str, model: str | None, unconditional: str | None) -> System:
    return load_system(protein, model, unconditional)


@cache
def _mix(
    protein: str, model: str | None, unconditional: str | None, device: str
) -> ClassifierFreeGuidance:
    return _system(protein, model, unconditional).load_networks(device)


@cache
def _physical(
    protein: str,
    model: str | None,
    unconditional: str | None,
    kind: str,
    head: str | None,
    device: str,
) -> PhysicalGuidance | None:
    system = _system(protein, model, unconditional)
    if kind == "none" or head is None:
        return system.load_physical(kind, device)
    physical = physical_from_checkpoint(system.sequence, head, device)
    if physical.name != kind:
        raise SettingsError(f"{head} has a head for {physical.name}, not for {kind}.")
    return physical


@cache
def _fingerprint(
    protein: str,
    model: str | None,
    unconditional: str | None,
    kind: str,
    head: str | None,
    from_structure: bool,
) -> str:
    sources = (protein, model, unconditional)
    cfg = _mix(*sources, "cpu")
    physical = _physical(*sources, kind, head, "cpu")
    features = () if cfg.features is None else (cfg.features.node, cfg.features.pair)
    system = _system(*sources)
    start = _structure(system).to_tensor7() if from_structure else None
    return fingerprint(
        system.sequence,
        (cfg.conditional, cfg.unconditional, getattr(physical, "network", None)),
        (*features, start),
    )


@cache
def _evaluator(sequence: str) -> EnergyEvaluator:
    platform, _ = choose_platform("auto")
    config = EnergyConfig(platform=platform)
    return EnergyEvaluator(make_molecule(sequence, config.force_field), config)
