"""Evaluate the bundled models: metrics, backbone geometry and figures.

    python benchmarks/quality.py [--samples N] [--bundle]

For each bundled protein: samples of the default solver at γ = 1 and the default temperature against
the bundled reference, with the sampling baseline and the single-structure baseline of each metric,
and the backbone geometry next to that of the reference. Writes
benchmarks/results/quality_PROTEIN.{md,json,png}; ``--bundle`` also stores the
scores that ``confdiff proteins`` shows.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from _report import RESULTS, publish
from matplotlib.figure import Figure

from confdiff_widgets import proteins
from confdiff_widgets.analysis import (
    LocalGeometry,
    backbone_clash_free,
    backbone_torsions,
    compare,
    free_energy,
    js_excess,
    local_geometry,
    radius_of_gyration,
    trajectory_groups,
)
from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.guidance.temperature import TemperatureGuidance
from confdiff_widgets.proteins import Protein, Reference
from confdiff_widgets.sampling import Run, SamplerConfig

DATA = Path(proteins.__file__).parent / "data"
LENGTHS = {
    "CA–CA": "ca_ca",
    "N–CA": "n_ca",
    "CA–C": "ca_c",
    "C–N": "c_n",
    "N–CA–C": "n_ca_c",
    "CA–C–N": "ca_c_n",
    "C–N–CA": "c_n_ca",
}


def sample(protein: Protein, **settings: int | float | str) -> Ensemble:
    """Sample an ensemble of the bundled model."""
    cfg = protein.load_networks(thermal=True)
    config = SamplerConfig(**settings, temperature=protein.temperature)  # type: ignore[arg-type]
    run = Run(
        cfg,
        protein.sequence,
        config,
        physical=TemperatureGuidance(cfg.model),
        keep_every=10**9,
    )
    for _ in run:
        pass
    return run.ensemble()


def geometry_rows(found: LocalGeometry, reference: LocalGeometry) -> list[dict]:
    """Return mean ± sd of bonds (Å) and angles (°), and of the deviation of ω from 180°."""
    rows = []
    for label, name in LENGTHS.items():
        unit = "°" if label.count("–") == 2 else "Å"
        values, known = getattr(found, name), getattr(reference, name)
        rows.append({"quantity": f"{label} ({unit})", "model": _spread(values, unit),
                     "reference": _spread(known, unit)})  # fmt: skip
    rows.append(
        {
            "quantity": "ω − 180 (°)",
            "model": _spread(_from_trans(found.omega), "°"),
            "reference": _spread(_from_trans(reference.omega), "°"),
        }
    )
    return rows


def _from_trans(omega: np.ndarray) -> np.ndarray:
    return np.mod(omega, 360.0) - 180.0


def _spread(values: np.ndarray, unit: str) -> str:
    digits = 1 if unit == "°" else 3
    return f"{values.mean():.{digits}f} ± {values.std():.{digits}f}"


def _ramachandran(ensemble: Ensemble, reference: Reference) -> str:
    """Describe the JS distance of all φ and ψ, with its baseline and excess."""
    torsions = [backbone_torsions(x.backbone) for x in (ensemble, reference)]
    groups = trajectory_groups(reference.replica)
    assert groups is not None  # the references have many trajectories
    found = js_excess(*torsions, groups, trajectory=reference.replica)
    return (
        f"Ramachandran JS (root mean square over φ and ψ): {found.divergence**0.5:.3f}, sampling "
        f"baseline {found.baseline**0.5:.3f} ({found.finite_samples**0.5:.3f} ⊕ "
        f"{found.reference_error**0.5:.3f}), excess {found.text()}."
    )


def figure(protein: Protein, ensemble: Ensemble, path: Path) -> None:
    """Plot Ramachandran maps, bonds, Rg and the TIC plane of model and reference."""
    reference = protein.reference()
    sets = {"model": ensemble.backbone, "reference": reference.backbone}
    geometry = {name: local_geometry(backbone) for name, backbone in sets.items()}
    plot = Figure(figsize=(13, 7.5), layout="constrained")
    axes = plot.subplots(2, 4)
    for axis, (name, local) in zip(axes[:, 0], geometry.items(), strict=True):
        # residues that have both φ and ψ
        axis.hist2d(
            local.phi[:, :-1].ravel(), local.psi[:, 1:].ravel(), bins=72,
            range=[[-180, 180], [-180, 180]], cmap="viridis", cmin=1,
        )  # fmt: skip
        axis.set(title=f"Ramachandran, {name}", xlabel="φ (°)", ylabel="ψ (°)")
    for axis, label in zip(axes[:, 1], ("CA–CA", "C–N"), strict=True):
        for name, local in geometry.items():
            axis.hist(getattr(local, LENGTHS[label]).ravel(), bins=80, density=True,
                      histtype="step", label=name)  # fmt: skip
        axis.set(title=label, xlabel="Å", ylabel="density (1/Å)")
        axis.legend()
    for name, local in geometry.items():
        axes[0, 2].hist(_from_trans(local.omega).ravel(), bins=80, range=(-60, 60), density=True,
                        histtype="step", label=name)  # fmt: skip
        axes[1, 2].hist(radius_of_gyration(sets[name][:, :, 1]), bins=60, density=True,
                        histtype="step", label=name)  # fmt: skip
    axes[0, 2].set(title="ω − 180", xlabel="°", ylabel="density (1/°)")
    axes[1, 2].set(title="Radius of gyration", xlabel="Å", ylabel="density (1/Å)")
    tics = {name: reference.tica.transform(b[:, :, 1])[:, :2] for name, b in sets.items()}
    low, high = tics["reference"].min(0), tics["reference"].max(0)
    grid = tuple(np.linspace(a, b, 41) for a, b in zip(low, high, strict=True))
    for axis, (name, points) in zip(axes[:, 3], tics.items(), strict=True):
        surface = free_energy(points, temperature_k=protein.temperature, bins=grid)
        mesh = axis.pcolormesh(surface.x_edges, surface.y_edges, surface.values.T, cmap="viridis")
        axis.set(title=f"Free energy, {name}", xlabel="TIC 1", ylabel="TIC 2")
        plot.colorbar(mesh, ax=axis, label="kcal/mol")
    plot.suptitle(f"{protein.title}, {len(ensemble)} samples; reference {protein.temperature:g} K")
    plot.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bundle", action="store_true")
    options = parser.parse_args()
    for name in proteins.names():
        protein = proteins.get(name)
        reference = protein.reference()
        ensemble = sample(protein, samples=options.samples, seed=options.seed)
        comparison = compare(
            ensemble.ca,
            reference.ca,
            folded=reference.folded_ca,
            tica=reference.tica,
            trajectory=reference.replica,
            seed=options.seed,
        )
        valid = [backbone_clash_free(x.backbone).mean() for x in (ensemble, reference)]
        rows = geometry_rows(local_geometry(ensemble.backbone), local_geometry(reference.backbone))
        about = (
            f"{protein.title}: {protein.reference_note}. {protein.caution}\n\n"
            f"{comparison.to_markdown()}\n"
            "Without backbone clashes (N, CA, C, O of |i - j| ≥ 2 closer than 2.5 Å): "
            f"{valid[0]:.3f}, reference {valid[1]:.3f}. {_ramachandran(ensemble, reference)}\n\n"
            "Backbone geometry, mean ± sd:"
        )
        publish(f"quality_{name}", rows, about)
        figure(protein, ensemble, RESULTS / f"quality_{name}.png")
        if options.bundle:
            scores = json.dumps(comparison.to_dict(), indent=1)
            (DATA / name / "scores.json").write_text(scores + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
