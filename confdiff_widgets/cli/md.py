"""``confdiff md``: molecular dynamics of a protein with OpenMM."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SettingsError
from ..ranges import Range
from ._console import messages, output, progress_bar

if TYPE_CHECKING:
    from ..physics.dynamics.config import DynamicsConfig
    from ..physics.dynamics.simulation import SimulationInput, Speed
    from ..physics.dynamics.state import SimulationState

LOG_SECONDS = 60
"""Time between the lines that replace the progress bar where there is no terminal."""

LOW_ACCEPTANCE = 0.1
"""Acceptance of exchanges below which replicas hardly walk in temperature."""


def md(
    protein: Annotated[
        str,
        typer.Argument(
            help="Sequence, bundled protein, FASTA file, or structure with all heavy atoms (.pdb, "
            ".cif, ...)."
        ),
    ],
    temperature: Annotated[
        float | None,
        typer.Option(help="Constant temperature in K (default: 350).", show_default=False),
    ] = None,
    replica_exchange: Annotated[
        str | None,
        typer.Option(
            help="Replica exchange at LOWEST:HIGHEST:NUMBER temperatures in K, such as 300:450:16."
        ),
    ] = None,
    ns: Annotated[float, typer.Option(help="Time of each replica in ns.")] = 1.0,
    replicas: Annotated[
        int | None,
        typer.Option(
            help="Independent trajectories at constant temperature (default: one for each start).",
            show_default=False,
        ),
    ] = None,
    starts: Annotated[
        str | None,
        typer.Option(
            help="Starts of the replicas in turn: extended (sequence), folded (structure), heated "
            "(default: heated for a sequence, folded,heated for a structure).",
            show_default=False,
        ),
    ] = None,
    frame_ps: Annotated[int, typer.Option(help="Time between frames in ps.")] = 10,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    platform: Annotated[
        str, typer.Option(help="OpenMM platform: auto, CPU, CUDA, OpenCL or Reference.")
    ] = "auto",
    cores: Annotated[
        int | None, typer.Option(help="Cores of the CPU (default: all).", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Output folder (default: NAME-md).", show_default=False),
    ] = None,
) -> None:
    """Simulate a protein with OpenMM. Run the same command again to resume.

    Amber ff14SB with GBn2 implicit solvent, bonds to hydrogen constrained, Langevin-middle
    integrator with 4 fs. The folder gets topology.pdb, system.xml, a trajectory (.xtc) for each
    replica, and an .npz file with energies and temperatures. Ctrl-C keeps all finished frames.

    Example: confdiff md GASPK --replica-exchange 300:450:16 --ns 1
    """
    from ..physics.dynamics.simulation import simulate
    from ..physics.platform import choose_platform, import_openmm

    import_openmm()
    name, molecule = _read(protein)
    config = _config(molecule, temperature, replica_exchange, ns, replicas, starts, frame_ps, seed)
    molecule.check_starts(config.starts)
    if cores is not None:
        Range(1, 4096, whole=True).check(cores, "The number of cores")
    chosen, notice = choose_platform(platform)
    if notice:
        messages.print(notice, style="yellow")
    folder = out or Path(f"{name}-md")
    messages.print(_describe(molecule, config, chosen), highlight=False, soft_wrap=True)
    log = _Log(config)
    try:
        with log:
            done = simulate(
                molecule, folder, config, platform=chosen, cores=cores, report=log.report
            )
    except KeyboardInterrupt:
        kept = "" if log.frames is None else f"{log.frames} of {config.frames} frames are kept. "
        messages.print(f"{kept}Run the same command again to resume.", highlight=False)
        raise
    if not log.simulated:
        messages.print("This simulation is already finished; nothing was computed.")
    _report(done, config, folder, log.speed)


def _read(protein: str) -> tuple[str, SimulationInput]:
    """Return the name and the molecule of PROTEIN."""
    from ..ensembles.file_formats import FASTA, file_ending, file_stem
    from ..ensembles.sequence_files import is_sequence_file
    from ..physics.chemistry import Chemistry
    from ..physics.dynamics.simulation import SimulationInput, read_input
    from ..proteins.find_sequences import find_sequences

    path = Path(protein)
    if is_sequence_file(protein) and file_ending(path) not in FASTA:
        molecule, notes = read_input(path)
        for note in notes:
            messages.print(f"{path.name}: {note}", highlight=False, soft_wrap=True)
        return file_stem(path), molecule
    if protein.isalpha() and protein.isupper() and len(protein) < 4:  # too short to be a name
        return protein, SimulationInput(Chemistry.standard(protein))
    found = find_sequences(protein)
    if len(found) > 1:
        raise SettingsError(
            f"{path.name} has {len(found)} sequences. Give a file with one, or a sequence."
        )
    sequence = found[0].checked()
    name = found[0].name if is_sequence_file(protein) else protein[:30]
    return "".join(name.split()), SimulationInput(Chemistry.standard(sequence))


def _config(
    molecule: SimulationInput,
    temperature: float | None,
    replica_exchange: str | None,
    ns: float,
    replicas: int | None,
    starts: str | None,
    frame_ps: int,
    seed: int,
) -> DynamicsConfig:
    from ..physics.dynamics.config import DynamicsConfig, parse_ladder

    default = "heated" if molecule.atom14 is None else "folded,heated"
    given = tuple(part.strip() for part in (starts or default).split(","))
    if replica_exchange is None:
        temperatures: tuple[float, ...] = (350.0 if temperature is None else temperature,)
        count = len(given) if replicas is None else replicas
    elif temperature is not None or replicas is not None:
        option = "--replicas" if temperature is None else "--temperature"
        raise SettingsError(
            f"{option} cannot be used with --replica-exchange, which has one replica for each of "
            f"its temperatures. Remove one of the two."
        )
    else:
        temperatures = parse_ladder(replica_exchange)
        count = len(temperatures)
    return DynamicsConfig(temperatures, ns, frame_ps, given, count, seed)


def _describe(molecule: SimulationInput, config: DynamicsConfig, platform: str) -> str:
    sequence = molecule.chemistry.sequence
    kelvin = config.temperatures
    kind = f"at {kelvin[0]:g} K"
    if config.exchanges:
        kind = f"replica exchange, {kelvin[0]:g} to {kelvin[-1]:g} K"
    plural = "s" if config.replicas > 1 else ""
    return (
        f"{sequence:.60} ({len(sequence)} residues, {molecule.chemistry.describe()}): "
        f"{config.replicas} replica{plural} of {config.time_ns:g} ns {kind}, "
        f"starts {', '.join(config.starts)}, on {platform}"
    )


class _Log:
    """Progress bar in a terminal, and lines from time to time elsewhere."""

    def __init__(self, config: DynamicsConfig):
        self._config = config
        self._bar = progress_bar("", quiet=False)
        self._task = self._bar.add_task("Preparing", total=None, note="")
        self._next = time.monotonic() + LOG_SECONDS
        self.simulated = False
        self.frames: int | None = None
        self.speed: Speed | None = None

    def __enter__(self) -> _Log:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def report(self, what: str, done: int, total: int, speed: Speed | None) -> None:
        """Show the progress; see `Report`."""
        self.simulated = True
        if what == "heating":
            self._bar.update(
                self._task, description="Heating", total=total, completed=done, note="ps"
            )
            return
        self.speed, self.frames, note = speed, done, "frames"
        if speed is not None:
            note = f"frames, {speed.ns_per_day:.3g} ns/day per replica"
        self._bar.update(
            self._task, description="Simulating", total=total, completed=done, note=note
        )
        if speed is not None and not messages.is_terminal and time.monotonic() > self._next:
            self._next = time.monotonic() + LOG_SECONDS
            messages.print(f"{done} of {total} {note}, {_duration(speed.seconds_left)} left")


def _report(
    done: SimulationState, config: DynamicsConfig, folder: Path, speed: Speed | None
) -> None:
    import numpy as np

    if speed is not None:
        output.print(
            f"{speed.ns_per_day:.3g} ns/day per replica, {speed.ns_per_day * config.replicas:.3g} "
            "in all"
        )
    mean, spread = done.potential.mean(), done.potential.std()
    if done.ladder is None:
        output.print(f"potential energy {mean:.1f} ± {spread:.1f} kJ/mol")
    else:
        low, high = np.nanmin(done.ladder.rate), np.nanmax(done.ladder.rate)
        output.print(f"acceptance of exchanges between neighbours: {low:.2f} to {high:.2f}")
        if low < LOW_ACCEPTANCE:
            messages.print(
                f"Some neighbours exchange in less than {LOW_ACCEPTANCE:.0%} of the attempts. Use "
                "more temperatures.",
                style="yellow",
            )
    output.print(
        f"written: {folder} ({config.replicas} × {done.frames} frames, {config.tag}_*.xtc, "
        f"{config.tag}.npz, topology.pdb)"
    )


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
