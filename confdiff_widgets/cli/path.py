"""``confdiff path``: find a path between two conformers and write its images and profile."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SettingsError
from ._arguments import find_device, find_targets, free_name, output_paths
from ._console import messages, output, progress_bar

if TYPE_CHECKING:
    from ..ensembles.sequence_files import NamedSequence
    from ..sampling.pathways import Pathway


def path(
    protein: Annotated[
        str, typer.Argument(help="Bundled protein, sequence, or FASTA, PDB or mmCIF file.")
    ],
    start: Annotated[Path, typer.Option("--from", help="Structure file of the start.")],
    end: Annotated[Path, typer.Option("--to", help="Structure file of the end.")],
    through: Annotated[
        list[Path] | None,
        typer.Option(help="Structure file of an intermediate, in order.", show_default=False),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            help="Temperature in K (default: that of the protein); needs a thermal network.",
            show_default=False,
        ),
    ] = None,
    gamma: Annotated[float, typer.Option(help="Classifier-free guidance scale γ.")] = 1.0,
    images: Annotated[int, typer.Option(help="Conformers along the path.")] = 32,
    t: Annotated[float, typer.Option("--t", help="Fixed time of the score, such as 0.03.")] = 0.03,
    zero_temperature: Annotated[
        bool,
        typer.Option("--zero-temperature", help="Follow the score instead of the mean of samples."),
    ] = False,
    iterations: Annotated[int, typer.Option(help="Largest number of iterations.")] = 300,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="File in .pdb, .cif, .xtc or .npz (default: PROTEIN-path.pdb)."
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Networks, as in `confdiff sample`.", show_default=False)
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, ... or auto.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON summary.")] = False,
) -> None:
    """Find a path between two conformers from the learned score.

    Writes the images as models of one file and NAME.csv with the log density along the path. Ctrl-C
    writes the path so far.

    Example: confdiff path chignolin --from unfolded.pdb --to folded.pdb --temperature 340
    """
    from ..files.writing import write_text
    from ..sampling.pathways.table import path_table

    target, *others = find_targets(protein)
    if others:
        raise SettingsError(
            f"{protein} has {1 + len(others)} sequences. Give a file with one, or a sequence."
        )
    file = output_paths([target], out or free_name(Path(f"{target.name}-path.pdb")))[0]
    started = time.perf_counter()
    found = _make_path(
        target, [start, *(through or []), end], find_device(device), model,
        gamma=gamma, temperature=temperature, images=images, t=t, seed=seed,
        zero_temperature=zero_temperature, iterations=iterations,
    )  # fmt: skip
    stopped = _relax(found, quiet=as_json)
    if not found.state.iteration:
        raise SettingsError("Stopped before the first iteration. Nothing is written.")
    written = found.ensemble().save(file)
    table = file.with_suffix(".csv")
    write_text(table, path_table(found))
    note = "Stopped: the path so far is written." if stopped else found.reason
    summary = _summary(found, [*written, table], time.perf_counter() - started, note)
    if as_json:
        output.print_json(json.dumps(summary))
    else:
        _report(summary)


def _make_path(target: NamedSequence, files: list[Path], device: str, model: str | None,
               *, temperature: float | None, **settings: object) -> Pathway:  # fmt: skip
    import torch

    from ..geometry.rigid import Rigid
    from ..proteins.starting_structure import read_starting_structure
    from ..proteins.system import load_system
    from ..sampling.pathways import PathConfig, Pathway

    system = load_system(target, model=model)
    if system.caution:
        messages.print(system.caution)
    if temperature is None:
        kind = system.sampling_guidance
        settings |= {"guidance": kind, "eta": system.default_eta(kind)}
    config = PathConfig(temperature=temperature, **settings)  # type: ignore[arg-type]
    system.check_guidance(config.guidance)
    frames = [read_starting_structure(file, system.sequence).rigid for file in files]
    points = Rigid(torch.stack([x.quat for x in frames]), torch.stack([x.trans for x in frames]))
    return Pathway(
        system.load_networks(device, config.guidance),
        system.sequence,
        config,
        points,
        physical=system.load_physical(config.guidance, device),
        names=tuple(file.name for file in files),
    )


def _relax(found: Pathway, *, quiet: bool) -> bool:
    """Iterate until the path is finished; return whether the user stopped it."""
    with progress_bar("iterations", quiet=quiet) as bar:
        task = bar.add_task("Relaxing", total=found.iterations, note="")
        try:
            for state in found:
                note = "" if state.change is None else f"moves {state.change:.0%}"
                bar.update(task, completed=state.iteration, note=note)
        except KeyboardInterrupt:
            return True
    return False


def _summary(found: Pathway, files: list[Path], seconds: float, note: str) -> dict:
    profile = found.profile()
    return {
        "sequence": found.sequence,
        "images": found.config.images,
        "t": found.config.t,
        "gamma": found.config.gamma,
        "temperature": found.kelvin,
        "zero_temperature": found.config.zero_temperature,
        "seed": found.config.seed,
        "iterations": found.state.iteration,
        "converged": found.converged,
        "note": note,
        "network_evaluations": found.evaluations,
        "length_angstrom": round(float(profile.arc[-1]), 3),
        "rotation_length_angstrom": round(found.metric.rotation_length, 3),
        "barrier_kt": round(profile.barrier, 3),
        "difference_kt": round(float(profile.values[-1]), 3),
        "seconds_total": round(seconds, 3),
        "files": [str(file) for file in files],
    }


def _report(summary: dict) -> None:
    if summary["note"]:
        messages.print(summary["note"], style="yellow", soft_wrap=True)
    kelvin = "" if summary["temperature"] is None else f", {summary['temperature']:g} K"
    output.print(
        f"{summary['images']} images of {summary['sequence']} in {summary['seconds_total']:.1f} s "
        f"({summary['iterations']} iterations, {summary['network_evaluations']} network "
        f"evaluations, t {summary['t']:g}, γ {summary['gamma']:g}{kelvin}, seed {summary['seed']})"
    )
    output.print(
        f"-log density along the path: highest {summary['barrier_kt']:.1f} kT above the start, "
        f"end {summary['difference_kt']:+.1f} kT (no free energy: without transverse entropy)"
    )
    output.print("written: " + ", ".join(summary["files"]))
