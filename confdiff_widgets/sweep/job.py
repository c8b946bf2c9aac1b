"""The job of a sweep cell: sample, and evaluate the ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ..analysis import clash_free, compare, mean_pairwise_rmsd, unbroken
from ..ensembles import Ensemble
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from ..physics import EnergyConfig, EnergyEvaluator, choose_platform, make_molecule
from ..proteins.starting_structure import folded_structure
from ..proteins.system import System, load_system
from ..sampling import Run
from ..sampling.device import choose_device
from .cell import Cell, CellResult, cell_key, fingerprint
from .cluster import worker_device

METRICS_VERSION = 1
"""Increase when the definition of a metric changes: cells are then computed again."""

METRICS_KEY = "judgement"
"""Key of the version in the hashed content of a cell, as stored sweeps have it."""

FLOORS = 4
"""Draws of the reference that are averaged to the sampling baseline."""

DISTANCES = ("js_pwd", "js_rg", "js_tic", "js_tic2d")
"""Divergences from the reference."""


@dataclass(frozen=True)
class SweepJob:
    """Samples and evaluates cells. It is sent to the workers, which need access to its files.

    Attributes
    ----------
    model, unconditional, head : str, optional
        Networks that replace the bundled ones; ``head`` is the guidance network.
    energies : int
        Conformers per cell that OpenMM minimises; 0 for no energies.
    device : str
        "auto" assigns a GPU to each worker, or the CPU if there is none.
    """

    model: str | None = None
    unconditional: str | None = None
    head: str | None = None
    energies: int = 32
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.energies < 0:
            raise SettingsError(f"The number of energies is {self.energies}. Give 0 or more.")

    def keys(self, cells: Sequence[Cell]) -> list[tuple[str, Cell]]:
        """Return the cells with their keys, by settings, weights and seed.

        Raises
        ------
        UserError
            If a protein or a network cannot be used.
        """
        metrics = {"energies": self.energies, METRICS_KEY: METRICS_VERSION}
        return [(cell_key(cell, self._fingerprint(cell), metrics), cell) for cell in cells]

    def guidance(self, protein: str, kind: str | None = None) -> str:
        """Return the requested kind of physical guidance, or the protein's default.

        Raises
        ------
        SettingsError
            If the protein has no guidance head.
        """
        if kind is not None:
            return kind
        default = self.system(protein).default_guidance
        if default == "none":
            raise SettingsError(
                f"η other than 0 needs a guidance head, and {protein} has none. Train one with "
                "`confdiff train` and give its folder as the guidance network, or set η to 0."
            )
        return default

    def system(self, protein: str) -> System:
        """Return the system of a cell's protein (loaded once)."""
        return _system(*self._sources(protein))

    def _sources(self, protein: str) -> tuple[str, str | None, str | None, str | None]:
        return protein, self.model, self.unconditional, self.head

    def __call__(self, cell: Cell) -> CellResult:
        """Compute a cell.

        Raises
        ------
        UserError
            If the settings cannot be run.
        """
        device = worker_device() if self.device == "auto" else choose_device(self.device)[0]
        system = self.system(cell.protein)
        run = Run(
            system.load_networks(device),
            system.sequence,
            cell.config,
            structure=_structure(system) if cell.config.t_start < 1 else None,
            physical=system.load_physical(cell.config.guidance, device),
            keep_every=cell.config.steps,
        )
        for _ in run:
            pass
        ensemble = run.ensemble()
        return CellResult(ensemble, evaluate_cell(ensemble, system, self.energies))

    def _fingerprint(self, cell: Cell) -> str:
        config = cell.config
        return _fingerprint(self._sources(cell.protein), config.guidance, config.t_start < 1)


def evaluate_cell(ensemble: Ensemble, system: System, energies: int) -> dict[str, float]:
    """Compute the metrics of a cell.

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
def _system(
    protein: str, model: str | None, unconditional: str | None, guidance_network: str | None
) -> System:
    return load_system(protein, model, unconditional, guidance_network=guidance_network)


@cache
def _fingerprint(
    sources: tuple[str, str | None, str | None, str | None], kind: str, from_structure: bool
) -> str:
    system = _system(*sources)
    cfg, physical = system.load_networks("cpu"), system.load_physical(kind, "cpu")
    features = () if cfg.features is None else (cfg.features.node, cfg.features.pair)
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
