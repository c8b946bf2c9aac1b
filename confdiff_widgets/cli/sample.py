"""``confdiff sample``: conformers of a protein into a file."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SettingsError
from ._console import messages, output, progress_bar

if TYPE_CHECKING:
    from ..guidance.mix import GammaMix
    from ..sampling import Ensemble, Run, SamplerConfig


def sample(
    protein: Annotated[
        str | None, typer.Argument(help="A bundled protein; `confdiff proteins` lists them.")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", "-n", help="Conformers.")] = 64,
    gamma: Annotated[
        float,
        typer.Option(help="γ, how much the sequence decides: 0 nothing, 1 everything."),
    ] = 1.0,
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
    from ..proteins import get
    from ..sampling.ensemble import check_output

    name = get(protein).name if protein is not None else "sample"
    path = check_output(out or _free_name(Path(f"{name}.pdb")))
    config = _config(samples, gamma, solver, steps, stochasticity, t_start, seed)
    run = _prepare(protein, sequence, model, unconditional, device, start, config)
    sampled = _run(run, quiet=as_json)
    ensemble = run.ensemble()
    files = ensemble.save(path, heavy=heavy)
    summary = _summary(ensemble, run, sampled, time.perf_counter() - began, files)
    if as_json:
        output.print_json(json.dumps(summary))
    else:
        _report(summary)


def _config(
    samples: int,
    gamma: float,
    solver: str,
    steps: int | None,
    stochasticity: float | None,
    t_start: float,
    seed: int | None,
) -> SamplerConfig:
    from ..sampling.config import SamplerConfig

    defaults = SamplerConfig()
    solver = solver or defaults.solver
    return SamplerConfig(
        samples=samples,
        solver=solver,
        steps=(1000 if solver == "em" else defaults.steps) if steps is None else steps,
        stochasticity=stochasticity,
        gamma=gamma,
        t_start=t_start,
        seed=secrets.randbelow(2**31) if seed is None else seed,
    )


def _prepare(
    protein: str | None,
    sequence: str | None,
    model: Path | None,
    unconditional: Path | None,
    device: str,
    start: Path | None,
    config: SamplerConfig,
) -> Run:
    from ..sampling.device import choose_device
    from ..sampling.run import Run

    place, notice = choose_device(device)
    if notice:
        messages.print(f"[yellow]{notice}[/]")
    mix, found = _mix(protein, sequence, model, unconditional, place)
    structure = None
    if start is not None:
        from ..geometry.atom14 import frames_and_torsions
        from ..geometry.residues import encode_sequence
        from ..geometry.structure import load_atom14

        loaded = load_atom14(start, sequence=found)
        mask = loaded.mask.expand(1, *loaded.mask.shape)
        structure = frames_and_torsions(loaded.positions[:1], mask, encode_sequence(found)).frames
    return Run(mix, found, config, structure=structure, keep_every=config.steps)


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
        f"seed {summary['seed']}, {summary['device']})"
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
