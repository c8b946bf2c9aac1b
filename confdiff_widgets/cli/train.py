"""``confdiff train``: train a score network or a guidance head."""

from __future__ import annotations

import dataclasses
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import SettingsError, UserError
from ..files.writing import make_folder
from ._console import messages, output, progress_bar

if TYPE_CHECKING:
    from ..models.config import NetworkConfig
    from ..training.conformers import Conformers
    from ..training.recipe import Recipe


class TrainingMissingError(UserError):
    """The training extra is not installed."""


def train(
    data: Annotated[
        Path,
        typer.Argument(
            help="Recipe (.toml), trajectories of one protein ('md/*.xtc'), or a folder of "
            "trajectories or of PDB or mmCIF structures."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Output folder.")],
    topology: Annotated[
        Path | None, typer.Option(help="Structure file of the trajectories.")
    ] = None,
    root: Annotated[
        Path | None, typer.Option("--data", help="Base folder of the recipe's paths.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the protein, without a recipe.")] = "protein",
    unconditional: Annotated[
        bool, typer.Option("--unconditional", help="Train an unconditional network.")
    ] = False,
    steps: Annotated[int | None, typer.Option(help="Total number of optimiser steps.")] = None,
    skip: Annotated[int, typer.Option(help="Initial frames to skip, without a recipe.")] = 0,
    seed: Annotated[int | None, typer.Option(help="Random seed.")] = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="Initial weights: a training folder, a .safetensors file, or a published "
            "checkpoint by name or file. For a guidance head, the score network that it guides "
            "(default: the bundled one)."
        ),
    ] = None,
    representation: Annotated[
        str | None,
        typer.Option(
            help="Sequence representation: one-hot, esm2-650M, esmfold-r3, ...",
            show_default=False,
        ),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(help="Precomputed features: a folder or an NPZ (default: compute them)."),
    ] = None,
    validate: Annotated[
        float,
        typer.Option(help="Fraction of held-out conformers; the best network on them is kept."),
    ] = 0.0,
    patience: Annotated[
        int,
        typer.Option(help="Checkpoints without improvement before stopping; 0 for never."),
    ] = 0,
    teacher: Annotated[
        Path | None,
        typer.Option(
            help="Teacher network from which the guidance head is distilled, instead of learning "
            "from energies (.safetensors or training folder)."
        ),
    ] = None,
    accelerator: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    devices: Annotated[int, typer.Option(help="Number of devices for data-parallel training.")] = 1,
    precision: Annotated[str | None, typer.Option(help="32-true, bf16-mixed or 16-mixed.")] = None,
) -> None:
    """Train a score network or a guidance head. Run the same command again to resume.

    Writes last.ckpt, network.safetensors, losses.csv and losses.png into the output folder.
    """
    try:
        import lightning_fabric  # noqa: F401
    except ImportError as error:
        raise TrainingMissingError(
            "Training needs Lightning Fabric: pip install 'confdiff-widgets[train]'"
        ) from error
    from ..models.checkpoints import load_network
    from ..representations import find_representation
    from ..training.trainer import Trainer
    from ..training.validation import Validation

    initial = None if start is None else _start_file(start, out, representation)
    recipe = _recipe(data, topology, root, name, unconditional, skip, representation, initial)
    changes: dict[str, Any] = {"steps": steps, "seed": seed, "precision": precision}
    training = dataclasses.replace(
        recipe.training, **{k: v for k, v in changes.items() if v is not None}
    )
    with messages.status("Reading conformers"):
        conformers = recipe.read()
    for part in conformers:
        messages.print(_describe(part))
    conformers, held = _hold_out(conformers, validate, patience)
    objective, network = None, recipe.network
    if recipe.head is None and teacher is not None:
        raise SettingsError("--teacher needs a guidance head. Give a recipe with a [head] table.")
    if recipe.head is not None:
        initial = initial or _bundled_network()
        base = load_network(initial)[0]
        recipe.head.check_data(conformers, has_teacher=teacher is not None)
        taught_by = None if teacher is None else load_network(_network_file(teacher))[0]
        objective = recipe.head.objective(base, training.t_min, taught_by)
        network = dataclasses.replace(network, sigma_min=base.config.sigma_min)
        if not _same_trunk(network, base.config):
            initial = None
    known = (
        None
        if recipe.representation is None
        else find_representation(recipe.representation, features=features)
    )
    make_folder(out)
    validation = None
    if held:
        validation = Validation(
            held, recipe.probabilities, training.residues, known, patience=patience
        )
    trainer = Trainer(
        network,
        training,
        conformers,
        recipe.probabilities,
        known,
        out,
        objective=objective,
        start=initial,
        accelerator=accelerator,
        devices=devices,
        validation=validation,
    )
    if trainer.step:
        messages.print(f"Resuming at step {trainer.step}")
    with progress_bar("steps", quiet=not trainer.fabric.is_global_zero) as bar:
        task = bar.add_task("Training", total=training.steps, completed=trainer.step, note="")

        def show(step: int, losses: dict[str, float]) -> None:
            note = ", ".join(f"{key} {value:.3f}" for key, value in list(losses.items())[:3])
            bar.update(task, completed=step, note=note)

        trainer.run(show)
    if validation is not None and validation.history:
        best = min(validation.history, key=lambda step_and_loss: step_and_loss[1])
        stopped = " and stopped early" if validation.exhausted else ""
        messages.print(f"Best on held-out conformers at step {best[0]}: {best[1]:.4f}{stopped}")
    output.print(f"Trained {trainer.step} steps. Network: {out / 'network.safetensors'}")


def _describe(part: Conformers) -> str:
    text = f"{part.name}: {len(part)} conformers of {part.sequence}"
    if part.energy is None:
        return text
    span = float(part.energy.max() - part.energy.min())
    return f"{text}, λ {span:.3g}, effective sample size {part.ess:.0f}"


def _same_trunk(head: NetworkConfig, base: NetworkConfig) -> bool:
    """Return whether a head has a trunk of the base's sizes, whose weights it can start from.

    It has no temperature input, because it estimates the gradient of one temperature.
    """
    return dataclasses.replace(head, head=None, t_min=base.t_min) == dataclasses.replace(
        base, temperature=0
    )


def _bundled_network() -> Path:
    weights = resources.files("confdiff_widgets.proteins") / "weights"
    return Path(str(weights / "conditional.safetensors"))


def _hold_out(
    conformers: list[Conformers], fraction: float, patience: int
) -> tuple[list[Conformers], list[Conformers]]:
    """Split the conformers into training and held-out ones."""
    from ..training.validation import split_conformers

    if not 0 <= fraction < 1:
        raise SettingsError(f"--validate is {fraction}. Give a fraction of at least 0 and below 1.")
    if fraction == 0:
        if patience:
            raise SettingsError("--patience needs held-out conformers. Give --validate 0.1.")
        return conformers, []
    parts = [split_conformers(part, fraction) for part in conformers]
    for learned, held in parts:
        messages.print(f"{learned.name}: {len(held)} held out, {len(learned)} for training")
    return [learned for learned, _ in parts], [held for _, held in parts]


def _start_file(start: str, out: Path, representation: str | None) -> Path:
    """Return the file of the initial network; a published checkpoint is converted first."""
    from ..models.checkpoints import load, load_network, save_network

    path = _network_file(Path(start))
    if path.suffix == ".safetensors":
        if load_network(path)[0].config.head is not None:
            raise SettingsError(
                f"{start} is a guidance head only. --start needs the score network that it guides."
            )
        return path

    found = load(start, representation=representation)
    messages.print(found.describe(), soft_wrap=True)
    network = found.conditional or found.unconditional
    assert network is not None
    if found.conditional is not None and found.representation is None:
        raise SettingsError(f"{start} does not state its representation. Give --representation.")
    make_folder(out)
    converted = out / "start.safetensors"
    save_network(
        converted,
        network.config,
        network.state_dict(),
        representation=found.representation if found.conditional else None,
    )
    return converted


def _network_file(path: Path) -> Path:
    return path / "network.safetensors" if path.is_dir() else path


def _recipe(
    data: Path,
    topology: Path | None,
    root: Path | None,
    name: str,
    unconditional: bool,
    skip: int,
    representation: str | None,
    start: Path | None,
) -> Recipe:
    from ..models.checkpoints import load_network
    from ..training.folder import FileSet, find_proteins
    from ..training.recipe import BUNDLED_SIZE, ProteinData, load_recipe, make_recipe

    if data.suffix == ".toml":
        if topology is not None or unconditional or skip or representation is not None:
            raise SettingsError(
                "--topology, --unconditional, --skip and --representation do not apply to a "
                "recipe. Set them in the recipe."
            )
        return load_recipe(data, data=root)
    proteins: list[ProteinData] | list[FileSet]
    if data.is_dir():
        proteins = find_proteins(data.absolute(), name, topology=topology, skip=skip)
    else:
        protein = ProteinData(
            name=name,
            trajectories=str(data.absolute()),
            topology=None if topology is None else str(topology.absolute()),
            skip=skip,
        )
        proteins = [protein]
    size: dict[str, Any] = BUNDLED_SIZE
    if start is not None:  # sizes and representation come from the initial network
        network, trained_on = load_network(start)
        size = network.config.to_dict()
        unconditional = trained_on is None
        if representation not in (None, trained_on):
            raise SettingsError(f"{start} was trained on {trained_on}, not on {representation}.")
        representation = trained_on
    return make_recipe(
        proteins,
        conditional=not unconditional,
        network=size,
        training={},
        folder=root or Path(),
        representation=representation or "one-hot",
    )
