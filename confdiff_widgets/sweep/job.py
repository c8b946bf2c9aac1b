"""The job of a sweep cell: sample an ensemble and evaluate it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..analysis import (
    backbone_clash_free,
    backbone_torsions,
    clash_free,
    compare,
    js_excess,
    mean_pairwise_rmsd,
    trajectory_groups,
    unbroken,
)
from ..ensembles import Ensemble
from ..errors import SettingsError
from ..files.reading import FormatError, fill
from ..geometry.rigid import Rigid
from ..models.fingerprint import fingerprint
from ..physics import EnergyConfig, EnergyEvaluator, choose_platform, make_molecule
from ..proteins.reference import ReferenceEnsemble
from ..proteins.starting_structure import folded_structure
from ..proteins.system import System, load_system
from ..ranges import Range
from ..sampling import Run
from ..sampling.device import choose_device
from .cell import Cell, CellResult
from .cluster import worker_device
from .stored_keys import NEWER_SETTINGS, STORED_NAMES, baseline_key, cell_key, excess_key

ENERGIES_RANGE = Range(0, 1_000_000, whole=True)

METRICS_VERSION = 3
"""Increase when the definition of a metric changes: cells are then computed again."""

BASELINE_DRAWS = 4
"""Samples of the reference that the sampling baseline averages over."""

NEGLIGIBLE = 1e-3
"""Weight of a frame of the reference, in units of the largest, below which it is left out."""

DISTANCES = ("js_pwd", "js_rg", "js_tic", "js_tic2d")
"""Jensen-Shannon distances to the reference."""


@dataclass(frozen=True)
class SweepJob:
    """Samples and evaluates cells. Workers receive a copy and read its files themselves.

    Attributes
    ----------
    model, unconditional, guidance_network : str, optional
        Networks in place of the bundled ones; as in `proteins.system.load_system`.
    energies : int
        Conformers per cell whose energy OpenMM computes; 0 for none.
    device : str
        "auto" assigns a GPU to each worker, or the CPU if there is none.
    representation, features : str, optional
        As in `proteins.system.load_system`.
    """

    model: str | None = None
    unconditional: str | None = None
    guidance_network: str | None = None
    energies: int = 32
    device: str = "auto"
    representation: str | None = None
    features: str | None = None

    def __post_init__(self) -> None:
        energies = ENERGIES_RANGE.check(self.energies, "The number of energies")
        object.__setattr__(self, "energies", energies)

    def to_dict(self) -> dict[str, Any]:
        """Return the job as stored in ``sweep.json``."""
        stored = {STORED_NAMES.get(name, name): value for name, value in vars(self).items()}
        return {
            name: value
            for name, value in stored.items()
            if value is not None or name not in NEWER_SETTINGS
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> SweepJob:
        """Return the job that :meth:`to_dict` stored.

        Raises
        ------
        SettingsError
            If a setting is unknown to this version, of another type or out of range.
        """
        names = {stored_name: name for name, stored_name in STORED_NAMES.items()}
        try:
            return fill(cls, {names.get(name, name): value for name, value in stored.items()})
        except FormatError as error:
            raise SettingsError(
                f"The settings of a stored sweep do not fit this version: "
                f"{str(error).rstrip('.')}. Use the version that stored it."
            ) from error

    def system(self, protein: str) -> System:
        """Load the system of a protein with the networks of this job."""
        return load_system(
            protein,
            model=self.model,
            unconditional=self.unconditional,
            guidance_network=self.guidance_network,
            representation=self.representation,
            features=self.features,
        )

    def physical_settings(
        self, protein: str, kind: str | None, axes: Mapping[str, Sequence[Any]]
    ) -> dict[str, Any]:
        """Return the settings of physical guidance that the axes of a grid leave open.

        Parameters
        ----------
        protein : str
        kind : str, optional
            The requested kind of guidance. Default: that of the protein.
        axes : dict
            Values of settings; without ``eta`` and ``temperature``, η has its default.

        Raises
        ------
        SettingsError
            If η other than 0 needs a guidance head and there is none.
        """
        system = self.system(protein)
        if kind is None:
            needed = any(axes.get("eta", ()))
            kind = system.require_guidance() if needed else system.sampling_guidance
        if "eta" in axes or "temperature" in axes:
            return {"guidance": kind}
        return {"guidance": kind, "eta": system.default_eta(kind)}

    def keys(self, cells: Sequence[Cell]) -> list[tuple[str, Cell]]:
        """Return the cells with their keys, by settings, weights and seed.

        Raises
        ------
        UserError
            If a protein or a network cannot be used.
        """
        fingerprints: dict[tuple[str, str, bool], str] = {}  # hashing the weights takes time
        keyed = []
        for cell in cells:
            inputs = cell.protein, cell.config.guidance, cell.config.t_start < 1
            if inputs not in fingerprints:
                fingerprints[inputs] = self._fingerprint(*inputs)
            key = cell_key(cell, fingerprints[inputs], self.energies, METRICS_VERSION)
            keyed.append((key, cell))
        return keyed

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
            system.load_networks(device, cell.config.guidance),
            system.sequence,
            cell.config,
            structure=_starting_frames(system) if cell.config.t_start < 1 else None,
            physical=system.load_physical(cell.config.guidance, device),
            keep_every=cell.config.steps,
        )
        for _ in run:
            pass
        ensemble = run.ensemble()
        metrics = evaluate_cell(ensemble, system, self.energies, cell.temperature)
        return CellResult(ensemble, metrics)

    def _fingerprint(self, protein: str, kind: str, from_structure: bool) -> str:
        system = self.system(protein)
        cfg, physical = system.load_networks("cpu", kind), system.load_physical(kind, "cpu")
        features = cfg.conditional.inputs() if cfg.conditional else ()
        start = _starting_frames(system).to_tensor7() if from_structure else None
        return fingerprint(
            system.sequence,
            (cfg.conditional, cfg.unconditional, physical.model if physical else None),
            (*features, start),
        )


def evaluate_cell(
    ensemble: Ensemble, system: System, energies: int, temperature: float | None = None
) -> dict[str, float]:
    """Compute the metrics of a cell.

    Parameters
    ----------
    ensemble : Ensemble
    system : System
    energies : int
        Number of conformers whose energy is computed.
    temperature : float, optional
        Temperature (K) of the reference that the ensemble is compared with. Default: that of the
        protein. There is no comparison at one that the reference does not cover.

    Returns
    -------
    dict
        ``diversity`` (mean pairwise CA-RMSD, Å); ``validity``, the fraction of conformers without
        clashes and broken bonds, and its parts ``val_clash``, ``val_bond`` (CA
        atoms) and ``val_backbone`` (N, CA, C, O). With a reference:
        ``js_pwd``, ``js_rg``, ``js_tic``, ``js_tic2d``, ``js_torsions`` (φ and ψ, root mean
        square), the sampling baseline and the excess of each, and ``folded``. With energies:
        ``energy`` (median, kcal/mol), ``energy_sd`` (1.48 times the median absolute deviation,
        because a remaining clash can cost thousands of kcal/mol), ``energy_mean``, and
        ``energies``, the number of conformers with an energy.
    """
    ca = ensemble.ca
    no_clash, no_break = clash_free(ca), unbroken(ca)
    no_backbone_clash = backbone_clash_free(ensemble.backbone)
    metrics = {
        "diversity": mean_pairwise_rmsd(ca),
        "validity": float((no_clash & no_backbone_clash & no_break).mean()),
        "val_clash": float(no_clash.mean()),
        "val_bond": float(no_break.mean()),
        "val_backbone": float(no_backbone_clash.mean()),
    }
    protein = system.protein
    reference = None if protein is None else protein.reference()
    if (
        protein is not None
        and reference is not None
        and (temperature is None or reference.covers(temperature))
    ):
        kelvin = reference.temperature if temperature is None else temperature
        weighted = reference.at(kelvin)
        frames = weighted.unweighted
        compared = compare(
            ca,
            frames.ca,
            folded=reference.folded_ca,
            folded_cutoff=protein.folded_cutoff,
            tica=reference.tica,
            baseline_draws=BASELINE_DRAWS,
            trajectory=frames.replica,
            n_bootstrap=2,
        )
        metrics["folded"] = compared["folded"].value
        for key in DISTANCES:
            metrics[key] = compared[key].value
            metrics[baseline_key(key)] = compared[key].baseline_mean
            metrics[excess_key(key)] = compared[key].excess or 0.0
        metrics |= _torsions(ensemble, weighted)
    if energies:
        metrics |= _energies(ensemble, energies)
    return metrics


def _torsions(ensemble: Ensemble, reference: ReferenceEnsemble) -> dict[str, float]:
    """Return the JS distance of φ and ψ, its sampling baseline and its excess."""
    some = reference.weights > NEGLIGIBLE * reference.weights.max()
    replica = reference.replica[some]
    groups = trajectory_groups(replica)
    assert groups is not None  # the references have many trajectories
    found = js_excess(
        backbone_torsions(ensemble.backbone),
        backbone_torsions(reference.backbone[some]),
        groups,
        trajectory=replica,
        weights=reference.weights[some],
    )
    return {
        "js_torsions": found.divergence**0.5,
        baseline_key("js_torsions"): found.baseline**0.5,
        excess_key("js_torsions"): found.root,
    }


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


def _starting_frames(system: System) -> Rigid:
    start = folded_structure(system)
    if start is None:
        raise SettingsError(
            "A sweep with t_start below 1 starts from the folded structure of the reference, but "
            f"{system.title} has no reference. Set t_start to 1."
        )
    return start.rigid


@cache
def _evaluator(sequence: str) -> EnergyEvaluator:
    platform, _ = choose_platform("auto")
    config = EnergyConfig(platform=platform)
    return EnergyEvaluator(make_molecule(sequence, config.force_field), config)
