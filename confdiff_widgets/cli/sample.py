"""``confdiff sample``: sample conformers and write them to files."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from ..errors import SettingsError, UserError
from ._arguments import find_device, find_targets, output_paths
from ._console import messages, output, progress_bar
from ._summary import report, summarise

if TYPE_CHECKING:
    from ..ensembles import Ensemble
    from ..ensembles.sequence_files import NamedSequence
    from ..proteins.system import System
    from ..sampling import Run, SamplerConfig


def sample(
    protein: Annotated[
        str | None,
        typer.Argument(
            help="Bundled protein (see `confdiff proteins`), sequence, or FASTA, PDB or mmCIF "
            "file; a FASTA file may contain several sequences."
        ),
    ] = None,
    samples: Annotated[int, typer.Option("--samples", "-n", help="Number of conformers.")] = 64,
    gamma: Annotated[
        float,
        typer.Option(help="Classifier-free guidance scale γ: 0 unconditional, 1 conditional."),
    ] = 1.0,
    eta: Annotated[
        float | None,
        typer.Option(
            help="Physical guidance strength η (default: 1 with --guidance, otherwise 0).",
            show_default=False,
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            help="Temperature of the ensemble in K, instead of η; needs a thermal network.",
            show_default=False,
        ),
    ] = None,
    guidance: Annotated[
        str | None,
        typer.Option(
            help="Kind of physical guidance: force, energy or temperature.", show_default=False
        ),
    ] = None,
    guidance_network: Annotated[
        str | None,
        typer.Option(help="Checkpoint with the guidance head, if --model has none."),
    ] = None,
    eta_window: Annotated[
        tuple[float, float], typer.Option(help="Range of t, from high to low, in which η acts.")
    ] = (1.0, 0.0),
    solver: Annotated[str, typer.Option(help="em, ddim, dpm or heun.")] = "",
    steps: Annotated[
        int | None,
        typer.Option(help="Solver steps (default: 1000 for em, otherwise 20).", show_default=False),
    ] = None,
    stochasticity: Annotated[
        float | None,
        typer.Option(help="Noise of ddim and dpm, from 0 (ODE) to 1 (SDE).", show_default=False),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed.", show_default="random")] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Structure file to start from (noised to --t-start) or for --fix."
        ),
    ] = None,
    t_start: Annotated[
        float, typer.Option(help="Starting time: 1 is pure noise, 0.3 keeps the fold.")
    ] = 1.0,
    fix: Annotated[
        str | None,
        typer.Option(
            help="Residues that keep their conformation from the --from structure, such as 3-8,12."
        ),
    ] = None,
    chain: Annotated[
        str | None, typer.Option(help="Chain of a structure file with several chains.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="File in .pdb, .cif, .xtc or .npz (default: PROTEIN.pdb); a folder for several "
            "proteins.",
        ),
    ] = None,
    heavy: Annotated[bool, typer.Option(help="Write all heavy atoms.")] = False,
    hydrogens: Annotated[
        bool, typer.Option("--hydrogens", help="Write all atoms, including hydrogens.")
    ] = False,
    minimise: Annotated[
        bool, typer.Option("--minimise", help="Remove clashes with OpenMM before writing.")
    ] = False,
    sequence: Annotated[str | None, typer.Option(help="Sequence, instead of PROTEIN.")] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Networks: a published name (ConfDiff-ESM-r3-FORCE), a folder of `confdiff "
            "train`, a .safetensors or a Lightning .ckpt file."
        ),
    ] = None,
    unconditional: Annotated[
        str | None, typer.Option(help="Unconditional network, in addition to --model.")
    ] = None,
    representation: Annotated[
        str | None,
        typer.Option(
            help="Representation, if the file of --model does not state it: esmfold-r3, ..."
        ),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(help="Precomputed features: a folder or an NPZ (default: compute them)."),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, ... or auto.")] = "auto",
    max_hours: Annotated[
        float, typer.Option(help="Longest estimated time that is accepted, in hours.")
    ] = 168.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON summary.")] = False,
) -> None:
    """Sample conformers of one or several proteins.

    Example: confdiff sample chignolin -n 64 --gamma 0.8 --seed 1 --out chignolin.xtc
    """
    from ..diffusion.solvers import DEFAULT_SOLVER, default_steps
    from ..guidance import Schedule
    from ..proteins.system import load_system
    from ..sampling import SamplerConfig
    from ..sampling.config import new_seed

    started = time.perf_counter()
    if start is not None and t_start == 1 and fix is None:
        raise SettingsError(
            "--from has no effect with --t-start 1. Give --t-start below 1, or --fix."
        )
    if temperature is not None and eta_window != (1.0, 0.0):
        raise SettingsError(
            "--eta-window cannot be used with --temperature, because the result would have no "
            "single temperature. Remove one of the two, or give --guidance temperature and --eta."
        )
    targets = find_targets(protein, sequence, chain, start=start)
    paths = output_paths(targets, out)
    device = find_device(device)
    files = _Files(heavy, hydrogens, minimise)
    files.check_packages()
    seed = new_seed() if seed is None else seed

    def run(target: NamedSequence) -> Run:
        system = load_system(
            target,
            model=model,
            unconditional=unconditional,
            guidance_network=guidance_network,
            representation=representation,
            features=features,
        )
        kind = guidance or system.sampling_guidance
        physical: dict[str, Any]
        if temperature is None:
            system.check_guidance(kind)
            strength = system.default_eta(kind) if eta is None else eta
            acts_always = eta_window == (1.0, 0.0)
            physical = {
                "eta": strength if acts_always else Schedule(strength, *eta_window),
                "guidance": kind,
            }
        else:
            physical = {"eta": eta, "temperature": temperature, "guidance": guidance or "none"}
        config = SamplerConfig(
            samples=samples,
            solver=solver or DEFAULT_SOLVER,
            steps=default_steps(solver or DEFAULT_SOLVER) if steps is None else steps,
            stochasticity=stochasticity,
            gamma=gamma,
            t_start=t_start,
            seed=seed,
            **physical,
        )
        system.check_guidance(config.guidance)
        if system.caution:
            messages.print(system.caution)
        return _make_run(system, device, config, start=start, fix=fix, chain=chain)

    summaries, failed = [], 0
    for target, path in zip(targets, paths, strict=True):
        try:
            made = run(target)
            _check_time(made, max_hours)
            summary = _sample_one(made, path, files, started, quiet=as_json)
        except UserError as error:
            if len(targets) == 1:
                raise
            failed += 1
            messages.print(Text.assemble((f"{target.name} failed:", "bold red"), f" {error}"))
            continue
        if len(targets) > 1:
            summary = {"name": target.name, **summary}
        summaries.append(summary)
        if not as_json:
            report(summary)
        started = time.perf_counter()
    if as_json:
        output.print_json(json.dumps(summaries[0] if len(targets) == 1 else summaries))
    if failed:
        raise UserError(f"{failed} of {len(targets)} proteins failed; the others are written.")


@dataclass(frozen=True)
class _Files:
    """Which atoms are written."""

    heavy: bool
    hydrogens: bool
    minimise: bool

    def check_packages(self) -> None:
        """Raise an OpenMMMissingError if the files need OpenMM and it is not installed."""
        if self.hydrogens or self.minimise:
            from ..physics.platform import import_openmm

            import_openmm()

    def save(self, ensemble: Ensemble, path: Path, *, quiet: bool) -> tuple[Ensemble, list[Path]]:
        """Write an ensemble and return it as written, with the files."""
        if not (self.hydrogens or self.minimise):
            return ensemble, ensemble.save(path, heavy=self.heavy)
        from ..physics.all_atom import add_hydrogens, save_all_atoms

        with progress_bar("conformers", quiet=quiet or not self.minimise) as bar:
            task = bar.add_task("Minimising", total=len(ensemble), note="")
            found = add_hydrogens(
                ensemble,
                minimise=self.minimise,
                progress=lambda done: bar.update(task, completed=done),
            )
        for numbers, what in (
            (found.undirected, "have atoms that coincide, and hydrogens at the same positions"),
            (found.failed, "could not be minimised and are written as sampled"),
        ):
            if numbers:
                listed = ", ".join(map(str, numbers[:8])) + (", …" if len(numbers) > 8 else "")
                messages.print(f"{len(numbers)} conformers {what}: {listed}", style="yellow")
        if self.hydrogens or self.heavy:
            return found.ensemble, save_all_atoms(path, found, hydrogens=self.hydrogens)
        return found.ensemble, found.ensemble.save(path)


def _make_run(
    system: System,
    device: str,
    config: SamplerConfig,
    *,
    start: Path | None,
    fix: str | None,
    chain: str | None,
) -> Run:
    from ..proteins.starting_structure import read_starting_structure
    from ..sampling import Run

    if fix is not None and (start is None or not fix):
        raise SettingsError(
            "--fix takes residues, such as 3-8,12, from a structure. Give one with --from."
        )
    structure = None
    if start is not None:
        structure = read_starting_structure(start, system.sequence, chain=chain, fixed=fix or "")
    return Run(
        system.load_networks(device, config.guidance),
        system.sequence,
        config,
        structure=None if structure is None or config.t_start == 1 else structure.frames,
        physical=system.load_physical(config.guidance, device),
        fixed_residues=None if structure is None else structure.fixed_residues,
        keep_every=config.steps,
    )


def _check_time(run: Run, max_hours: float) -> None:
    """Print the estimated time, or refuse the run if it is too long."""
    from ..sampling.estimate import estimate

    found = estimate(run)
    found.check_time(max_hours)
    messages.print(found.describe(), style="dim", highlight=False, soft_wrap=True)


def _sample_one(run: Run, path: Path, files: _Files, started: float, *, quiet: bool) -> dict:
    sampled = _advance(run, quiet=quiet)
    ensemble, written = files.save(run.ensemble(), path, quiet=quiet)
    return summarise(ensemble, run, sampled, time.perf_counter() - started, written)


def _advance(run: Run, *, quiet: bool) -> float:
    """Run all steps and return the time in seconds."""
    started = time.perf_counter()
    with progress_bar("steps", quiet=quiet) as bar:
        task = bar.add_task("Sampling", total=run.steps, note="")
        for state in run:
            bar.update(task, completed=state.step, note=f"t = {state.t:.2f}")
    return time.perf_counter() - started
