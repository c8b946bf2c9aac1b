"""``confdiff label``: energies and forces of the conformers of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._console import messages, output, progress_bar

if TYPE_CHECKING:
    from ..physics.evaluator import EnergyResult
    from ..physics.labels import Labels


def label(
    ensemble: Annotated[
        Path, typer.Argument(help="Conformers with all heavy atoms: .npz, .pdb, .xtc, ...")
    ],
    topology: Annotated[
        Path | None,
        typer.Option(
            help="Structure file of a trajectory; NAME-topology.pdb is found by itself.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="NAME-labels.npz, or another .npz.", show_default=False),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; all cores but one.", show_default=False)
    ] = None,
) -> None:
    """Compute energies and forces with OpenMM; run it again to resume.

    Heavy atoms are restrained while clashes are minimised away. The result holds the conformers
    too, energies in kcal/mol, forces in kcal/mol/Å, and λ for guidance with its effective sample
    size (ESS).
    """
    from ..physics.labelling import label as compute
    from ..physics.labelling import read_heavy_atoms

    conformers = read_heavy_atoms(ensemble, topology)
    path = out or ensemble.with_name(f"{ensemble.stem}-labels.npz")
    with progress_bar("conformers", quiet=False) as bar:
        task = bar.add_task("Labelling", total=len(conformers), note="")

        def show(done: int, result: EnergyResult) -> None:
            bar.update(task, completed=done, note=f"{result.energy:.0f} kcal/mol")

        labels = compute(conformers, path, workers=workers, report=show)
    _report(labels)
    output.print(f"written: {path}", markup=False)


def _report(labels: Labels) -> None:
    failed = [(i, reason) for i, reason in enumerate(labels.reason.tolist()) if reason]
    if failed:
        messages.print(
            f"[yellow]{len(failed)} of {len(labels)} conformers have no energy[/], "
            f"the first is number {failed[0][0]}:",
        )
        messages.print(failed[0][1], markup=False)
    energy = labels.energy[labels.counted]
    output.print(
        f"{len(energy)} of {len(labels)} conformers of {labels.ensemble.sequence} count, "
        f"U = {energy.mean():.1f} ± {energy.std():.1f} kcal/mol"
    )
    output.print(
        f"λ = {labels.strength:.3g}, ESS = {labels.ess:.1f} "
        f"({labels.ess / len(energy):.0%}), as at {labels.temperature:.0f} K"
    )
