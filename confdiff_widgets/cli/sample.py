"""``confdiff sample``: conformers of a protein into a file."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from ..errors import SettingsError
from ._console import messages, output, progress_bar

if TYPE_CHECKING:
    from ..geometry.rigid import Rigid
    from ..guidance import GammaMix, PhysicalTerm
    from ..sampling import Ensemble, Run
    from ..sampling.config import Guidance


def sample(
    protein: Annotated[
        str | None, typer.Argument(help="A bundled protein; `confdiff proteins` lists them.")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", "-n", help="Conformers.")] = 64,
    gamma: Annotated[
        float,
        typer.Option(help="γ, how much the sequence decides: 0 nothing, 1 everything."),
    ] = 1.0,
    eta: Annotated[
        float | None,
        typer.Option(
            help="η, how much the energy decides; 1 with --guidance, else 0.", show_default=False
        ),
    ] = None,
    guidance: Annotated[
        str | None,
        typer.Option(help="Physical guidance by the head for force or energy.", show_default=False),
    ] = None,
    guidance_network: Annotated[
        Path | None,
        typer.Option(help="Folder of `confdiff train` with the head, instead of the bundled one."),
    ] = None,
    eta_window: Annotated[
        tuple[float, float], typer.Option(help="Times t between which η acts.")
    ] = (1.0, 0.0),
    solver: Annotated[str, typer.Option(help="em, ddim, dpm or heun.")] = "",
    steps: Annotated[
        int | None, typer.Option(help="Steps from noise; 1000 for em.", show_default=False)
    ] = None,
    stochasticity: Annotated[
        float | None,
        typer.Option(help="Noise of ddim and dpm, 0 (ODE) to 1 (SDE).", show_default=False),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Fixes the random numbers.", show_default="random")
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option("--from", help="Structure file to start from, noised to --t-start."),
    ] = None,
    t_start: Annotated[
        float, typer.Option(help="Noise to start from: 1 is pure noise, 0.3 keeps the fold.")
    ] = 1.0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="PROTEIN.pdb, or a name in .pdb, .xtc or .npz."),
    ] = None,
    heavy: Annotated[bool, typer.Option(help="Write side chains too.")] = False,
    sequence: Annotated[
        str | None, typer.Option(help="Sequence instead of a bundled protein; needs --model.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="Folder of `confdiff train`, or its network.safetensors."),
    ] = None,
    unconditional: Annotated[
        Path | None, typer.Option(help="Unconditional network to go with --model.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, ... or auto.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON summary.")] = False,
) -> None:
    """Sample conformations of a protein.

    Example: confdiff sample chignolin -n 64 --gamma 0.8 --seed 1 --out chignolin.xtc
    """
    began = time.perf_counter()
    from ..guidance import Schedule
    from ..proteins import get
    from ..sampling import Run, SamplerConfig
    from ..sampling.config import DEFAULT_SOLVER, DEFAULT_STEPS
    from ..sampling.ensemble import check_output

    name = get(protein).name if protein is not None else "sample"
    path = check_output(out or _free_name(Path(f"{name}.pdb")))
    place = _device(device)
    mix, found = _mix(protein, sequence, model, unconditional, place)
    physical = _physical(found, guidance, guidance_network, place)
    if eta is None:
        eta = 0.0 if physical is None else 1.0
    config = SamplerConfig(
        samples=samples,
        solver=solver or DEFAULT_SOLVER,
        steps=(1000 if solver == "em" else DEFAULT_STEPS) if steps is None else steps,
        stochasticity=stochasticity,
        gamma=gamma,
        t_start=t_start,
        seed=secrets.randbelow(2**31) if seed is None else seed,
        eta=eta if eta_window == (1.0, 0.0) else Schedule(eta, *eta_window),
        guidance="none" if physical is None else cast("Guidance", physical.name),
    )
    structure = None if start is None else _structure(start, found)
    run = Run(mix, found, config, structure=structure, physical=physical, keep_every=config.steps)
    sampled = _run(run, quiet=as_json)
    ensemble = run.ensemble()
    files = ensemble.save(path, heavy=heavy)
    summary = _summary(ensemble, run, sampled, time.perf_counter() - began, files)
    if as_json:
        output.print_json(json.dumps(summary))
    else:
        _report(summary)


def _device(name: str) -> str:
    from ..sampling.device import choose_device

    place, notice = choose_device(name)
    if notice:
        messages.print(f"[yellow]{notice}[/]")
    return place


def _structure(path: Path, sequence: str) -> Rigid:
    from ..geometry.atom14 import backbone_frames
    from ..geometry.structure import load_atom14

    loaded = load_atom14(path, sequence=sequence)
    return backbone_frames(loaded.positions[0], loaded.mask, sequence)


def _physical(
    sequence: str, kind: str | None, network: Path | None, device: str
) -> PhysicalTerm | None:
    """The physical term that was asked for."""
    from .. import proteins
    from ..guidance.physical import HEADS

    if kind not in (None, *HEADS):
        raise SettingsError(f"Unknown guidance {kind!r}; use {' or '.join(HEADS)}.")
    if network is not None:
        from ..proteins.own import physical_from_file

        physical = physical_from_file(sequence, network, device)
        if kind not in (None, physical.name):
            raise SettingsError(
                f"{network} has a head for {physical.name}; ask for --guidance {physical.name}."
            )
        return physical
    if kind is None:
        return None
    bundled = proteins.by_sequence(sequence)
    if bundled is None:
        raise SettingsError(
            f"No head is bundled for the sequence {sequence}: train one with `confdiff train`, and "
            "give its folder as --guidance-network."
        )
    return bundled.physical(kind, device)


def _mix(
    protein: str | None,
    sequence: str | None,
    model: Path | None,
    unconditional: Path | None,
    device: str,
) -> tuple[GammaMix, str]:
    """Networks and sequence of what was asked for."""
    from .. import proteins
    from ..geometry.residues import check_sequence

    if (protein is None) == (sequence is None):
        raise SettingsError(
            "Name a bundled protein or give --sequence, one of the two. "
            f"Bundled: {', '.join(proteins.names())}."
        )
    bundled = proteins.get(protein) if protein is not None else None
    if bundled is None:
        assert sequence is not None
        sequence = check_sequence(sequence)
        bundled = proteins.by_sequence(sequence)
    if model is not None:
        from ..proteins.own import mix_from_files

        wanted = bundled.sequence if bundled is not None else sequence
        assert wanted is not None
        return mix_from_files(wanted, model, unconditional, device), wanted
    if unconditional is not None:
        raise SettingsError("--unconditional goes with --model; bundled proteins bring their own.")
    if bundled is None:
        raise SettingsError(
            f"No bundled model knows the sequence {sequence}: the bundled networks learned "
            f"{', '.join(proteins.names())} by heart. Train one on a trajectory of it with "
            "`confdiff train`, and give its folder as --model."
        )
    return bundled.mix(device), bundled.sequence


def _run(run: Run, *, quiet: bool) -> float:
    began = time.perf_counter()
    with progress_bar("steps", quiet=quiet) as bar:
        task = bar.add_task("Sampling", total=run.steps, note="")
        for state in run:
            bar.update(task, completed=state.step, note=f"t = {state.t:.2f}")
    return time.perf_counter() - began


def _summary(ensemble: Ensemble, run: Run, sampled: float, total: float, files: list[Path]) -> dict:
    from ..analysis.validity import val_bond, val_clash

    chain = len(ensemble.sequence) > 1
    return {
        "sequence": ensemble.sequence,
        "samples": len(ensemble),
        "device": str(run.device),
        "solver": run.config.solver,
        "steps": run.steps,
        "stochasticity": run.config.stochasticity,
        "gamma": run.config.gamma,
        "eta": max(run.etas, key=abs),
        "guidance": run.config.guidance,
        "t_start": run.config.t_start,
        "seed": run.config.seed,
        "network_evaluations": run.evaluations,
        "seconds_sampling": round(sampled, 3),
        "seconds_total": round(total, 3),
        "val_clash": val_clash(ensemble.ca) if chain else None,
        "val_bond": val_bond(ensemble.ca) if chain else None,
        "files": [str(file) for file in files],
    }


def _report(summary: dict) -> None:
    output.print(
        f"{summary['samples']} conformers of {summary['sequence']} in "
        f"{summary['seconds_total']:.1f} s ({summary['steps']} steps of {summary['solver']}, "
        f"{summary['network_evaluations']} network evaluations, γ {summary['gamma']:g}, "
        f"η {summary['eta']:g}, seed {summary['seed']}, {summary['device']})"
    )
    if summary["val_clash"] is not None:
        output.print(
            f"without clashes {summary['val_clash']:.1%}, "
            f"without broken bonds {summary['val_bond']:.1%}"
        )
    output.print("written: " + ", ".join(summary["files"]), markup=False)


def _free_name(path: Path) -> Path:
    """The path, or the first numbered one that does not exist yet."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate
