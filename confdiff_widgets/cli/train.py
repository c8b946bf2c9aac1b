"""``confdiff train``: a score network from trajectories, or a guidance head from energies."""

from __future__ import annotations

import dataclasses
import tempfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import SettingsError, UserError
from ._console import messages, output, progress_bar

if TYPE_CHECKING:
    from ..training.conformers import Conformers
    from ..training.recipe import Recipe


class TrainingMissingError(UserError):
    """The training extra is not installed."""


def train(
    data: Annotated[
        Path,
        typer.Argument(help="A recipe (.toml), or trajectories of one protein ('md/*.xtc')."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the results.")],
    topology: Annotated[
        Path | None, typer.Option(help="Structure file of the trajectories.")
    ] = None,
    root: Annotated[
        Path | None, typer.Option("--data", help="Folder that a recipe's paths are relative to.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the protein, without a recipe.")] = "protein",
    unconditional: Annotated[
        bool, typer.Option("--unconditional", help="Learn without the sequence.")
    ] = False,
    steps: Annotated[int | None, typer.Option(help="Optimiser steps in all.")] = None,
    skip: Annotated[int, typer.Option(help="Frames to leave out, without a recipe.")] = 0,
    seed: Annotated[int | None, typer.Option(help="Fixes the random numbers.")] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            help="Network (.safetensors, or the folder of a training) whose weights to start "
            "from. A guidance head goes with it; left out, with the bundled one."
        ),
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(
            help="Network of the tilted data (.safetensors or folder) for a guidance head to "
            "learn from, instead of energies."
        ),
    ] = None,
    accelerator: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    devices: Annotated[int, typer.Option(help="Devices of data-parallel training.")] = 1,
    precision: Annotated[str | None, typer.Option(help="32-true, bf16-mixed or 16-mixed.")] = None,
) -> None:
    """Train a score network, or a guidance head on top of one; run it again to resume.

    Writes last.ckpt, network.safetensors, losses.csv and losses.png into the folder.
    """
    try:
        import lightning_fabric  # noqa: F401
    except ImportError as error:
        raise TrainingMissingError(
            "Training needs Lightning Fabric: pip install 'confdiff-widgets[train]'"
        ) from error
    from ..models.checkpoints import load_network
    from ..representations import OneHot
    from ..training.trainer import Trainer

    recipe = _recipe(data, topology, root, name, unconditional, skip)
    changes: dict[str, Any] = {"steps": steps, "seed": seed, "precision": precision}
    training = dataclasses.replace(
        recipe.training, **{k: v for k, v in changes.items() if v is not None}
    )
    with messages.status("Reading conformers"):
        conformers = recipe.read()
    for part in conformers:
        messages.print(_describe(part))
    objective = None
    start = None if start is None else _network_file(start)
    if recipe.head is None and teacher is not None:
        raise SettingsError("--teacher is for a guidance head: give a recipe with a [head] table.")
    if recipe.head is not None:
        start = start or _bundled_network()
        base = load_network(start)[0]
        recipe.head.check_data(conformers, taught=teacher is not None)
        taught_by = None if teacher is None else load_network(_network_file(teacher))[0]
        objective = recipe.head.objective(base, training.t_min, taught_by)
        if dataclasses.replace(recipe.network, head=None) != base.config:
            start = None  # a head on a trunk of its own
    _make_folder(out)
    trainer = Trainer(
        recipe.network,
        training,
        conformers,
        recipe.probabilities,
        OneHot() if recipe.conditional else None,
        out,
        objective=objective,
        start=start,
        accelerator=accelerator,
        devices=devices,
    )
    if trainer.step:
        messages.print(f"Resuming at step {trainer.step}")
    with progress_bar("steps", quiet=not trainer.fabric.is_global_zero) as bar:
        task = bar.add_task("Training", total=training.steps, completed=trainer.step, note="")

        def show(step: int, losses: dict[str, float]) -> None:
            note = ", ".join(f"{key} {value:.3f}" for key, value in list(losses.items())[:3])
            bar.update(task, completed=step, note=note)

        trainer.run(show)
    output.print(
        f"Trained {trainer.step} steps. Network: {out / 'network.safetensors'}", markup=False
    )


def _describe(part: Conformers) -> str:
    told = f"{part.name}: {len(part)} conformers of {part.sequence}"
    if part.energy is None:
        return told
    span = float(part.energy.max() - part.energy.min())
    return f"{told}, λ {span:.3g}, effective sample size {part.ess:.0f}"


def _bundled_network() -> Path:
    weights = resources.files("confdiff_widgets.proteins") / "weights"
    return Path(str(weights / "conditional.safetensors"))


def _network_file(path: Path) -> Path:
    return path / "network.safetensors" if path.is_dir() else path


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise SettingsError(
            f"Cannot write into {out}: {error.strerror}. Choose another folder."
        ) from error


def _recipe(
    data: Path,
    topology: Path | None,
    root: Path | None,
    name: str,
    unconditional: bool,
    skip: int,
) -> Recipe:
    from ..training.recipe import BUNDLED_SIZE, ProteinData, load_recipe, make_recipe

    if data.suffix == ".toml":
        if topology is not None or unconditional or skip:
            raise SettingsError(
                "With a recipe, --topology, --unconditional and --skip are said in the recipe."
            )
        return load_recipe(data, data=root)
    protein = ProteinData(
        name=name,
        trajectories=str(data.absolute()),
        topology=None if topology is None else str(topology.absolute()),
        skip=skip,
    )
    return make_recipe(
        [protein],
        conditional=not unconditional,
        network=BUNDLED_SIZE,
        training={},
        folder=root or Path(),
    )
