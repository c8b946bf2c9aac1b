"""``confdiff label``: compute energies and forces of the conformers in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._console import messages, output, progress_bar

LISTED = 10
"""Largest number of conformers that are printed one by one."""

if TYPE_CHECKING:
    from ..physics.evaluator import EnergyResult
    from ..physics.labels import Labels


def label(
    ensemble: Annotated[
        Path, typer.Argument(help="Conformers with all heavy atoms: .npz, .pdb, .cif, .xtc, ...")
    ],
    topology: Annotated[
        Path | None,
        typer.Option(
            help="Topology of a trajectory (default: NAME-topology.pdb or a similar file).",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Output file (default: NAME-labels.npz).", show_default=False
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Worker processes (default: all cores but one).", show_default=False),
    ] = None,
) -> None:
    """Compute energies and forces with OpenMM. Run the same command again to resume.

    Clashes are removed by a minimisation with restrained heavy atoms. The output contains the
    conformers, energies (kcal/mol), forces (kcal/mol/Å), and λ with its effective sample size.
    """
    from ..ensembles.file_formats import file_stem
    from ..physics.labelling import label as compute
    from ..physics.molecular_ensemble import read_molecules
    from ..physics.platform import import_openmm

    import_openmm()
    conformers = read_molecules(ensemble, topology)
    for note in conformers.notes:
        messages.print(f"{ensemble.name}: {note}", highlight=False, soft_wrap=True)
    path = out or ensemble.with_name(f"{file_stem(ensemble)}-labels.npz")
    with progress_bar("conformers", quiet=False) as bar:
        task = bar.add_task("Labelling", total=len(conformers), note="")

        def show(done: int, result: EnergyResult) -> None:
            bar.update(task, completed=done, note=f"{result.energy:.0f} kcal/mol")

        labels = compute(conformers, path, workers=workers, progress=show)
    _report(labels)
    output.print(f"written: {path}")


def _report(labels: Labels) -> None:
    import numpy as np

    failed = [(i, reason) for i, reason in enumerate(labels.reason.tolist()) if reason]
    if failed:
        messages.print(f"{len(failed)} of {len(labels)} conformers have no energy:", style="yellow")
        for i, reason in failed[:LISTED]:
            messages.print(f"conformer {i}: {reason}", highlight=False, soft_wrap=True)
        if len(failed) > LISTED:
            messages.print(f"and {len(failed) - LISTED} more; the output has their reasons")
    output.print(f"molecule: {labels.molecules.chemistry.describe()}", highlight=False)
    if len(labels) <= LISTED:
        for k in np.flatnonzero(np.isfinite(labels.energy)):
            output.print(f"conformer {k}: U = {labels.energy[k]:.1f} kcal/mol")
    energy = labels.energy[labels.included]
    spread = f" ± {energy.std():.1f}" if len(energy) > 1 else ""
    output.print(
        f"{len(energy)} of {len(labels)} conformers of {labels.ensemble.sequence} included, "
        f"U = {energy.mean():.1f}{spread} kcal/mol"
    )
    if labels.energy_scale is None or labels.ess is None:
        output.print("λ cannot be chosen: the energies are too few or too equal")
        return
    output.print(
        f"λ = {labels.energy_scale:.3g}, ESS = {labels.ess:.1f} "
        f"({labels.ess / len(energy):.0%}), equivalent to {labels.effective_temperature:.0f} K"
    )
