"""Run a simulation of a protein into a folder, resumably."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...ensembles.chain_geometry import check_heavy_atoms, require_connected_chain
from ...errors import SettingsError
from ...geometry.residues import encode_sequence, residue_tables
from ...geometry.structure import Atom14Trajectory
from ..chemistry import Chemistry
from ..molecular_ensemble import read_molecules
from ..platform import import_openmm
from .config import (
    EXCHANGE_PS,
    FORCE_FIELD,
    FRICTION,
    HYDROGEN_MASS,
    STEP_PS,
    STEPS,
    DynamicsConfig,
    random_seed,
)
from .engine import Engine, Replica, UnstableSimulationError, available_cores
from .exchange import Ladder
from .extended_chain import extended_chain
from .run_folder import RunFolder
from .simulated_protein import SimulatedProtein, prepare
from .starts import EXTENDED, FOLDED, make_starts
from .state import SimulationState

CHECKPOINT_SECONDS = 2.0
"""Least time between checkpoints."""

CHECKPOINT_SHARE = 0.02
"""Largest share of the time that checkpoints take."""


@dataclass(frozen=True, eq=False)
class SimulationInput:
    """A protein to simulate.

    Attributes
    ----------
    chemistry : Chemistry
    atom14 : array, shape (L + C, 14, 3), or None
        Heavy atoms of a structure, Å. None for a sequence, from which a chain is built.
    """

    chemistry: Chemistry
    atom14: NDArray[np.float64] | None = None

    def check_starts(self, starts: tuple[str, ...]) -> None:
        """Raise a SettingsError for starts that this input does not have."""
        wrong, right = ("folded", "extended") if self.atom14 is None else ("extended", "folded")
        if wrong in starts:
            what = "a structure file" if self.atom14 is None else "a sequence"
            raise SettingsError(
                f"--starts {wrong} needs {what}. Give one, or use --starts {right},heated."
            )


def read_input(path: Path) -> tuple[SimulationInput, tuple[str, ...]]:
    """Read the first structure of a file, with notes on what differs from it.

    Raises
    ------
    StructureError
        If it cannot be read, atoms are missing, or the chain has a gap.
    PhysicsError
        If ff14SB does not have the form of the protein.
    """
    molecules = read_molecules(path)
    first = molecules.ensemble.atom14[:1]
    sequence = molecules.ensemble.sequence
    mask = residue_tables().atom_mask[encode_sequence(sequence)]
    require_connected_chain(
        check_heavy_atoms(Atom14Trajectory(sequence, first, mask)), f"The structure {path}"
    )
    notes = molecules.notes
    if len(molecules) > 1:
        notes = (*notes, f"the first of {len(molecules)} conformers is used")
    return SimulationInput(molecules.chemistry, molecules.atom14[0].astype(np.float64)), notes


class Speed(NamedTuple):
    """Speed of a simulation so far."""

    ns_per_day: float  # of each replica
    seconds_left: float


Report = Callable[[str, int, int, Speed | None], None]
"""Called with what is done ("heating" in ps, "simulating" in frames), how much and of how much."""


def simulate(
    protein: SimulationInput,
    folder: str | Path,
    config: DynamicsConfig,
    *,
    platform: str,
    cores: int | None = None,
    report: Report = lambda what, done, total, speed: None,
) -> SimulationState:
    """Run a simulation, or resume it from its last checkpoint.

    The folder gets ``topology.pdb``, ``system.xml``, ``TAG_kk.xtc`` for each replica, and
    ``TAG.npz`` with ``potential_kj_mol`` and ``temperature_k`` [replica, frame]. TAG is ``remd`` or
    such as ``md_350K``.

    On a CPU a resumed simulation is equal to an uninterrupted one bit by bit, if each replica has
    the same number of cores. On a GPU it has as many frames and the same distribution.

    Parameters
    ----------
    protein : SimulationInput
    folder : path
    config : DynamicsConfig
    platform : str
        An available OpenMM platform.
    cores : int, optional
        Default: all.
    report : callable
        See `Report`.

    Raises
    ------
    OutputError
        If the folder belongs to another simulation or cannot be written; finished frames are kept.
    PhysicsError
        If the protein cannot be simulated.
    UnstableSimulationError
        If the simulation diverges; finished frames are kept.
    KeyboardInterrupt
        After finished frames were written.
    """
    protein.check_starts(config.starts)
    import_openmm()
    with RunFolder(Path(folder), config, _settings(protein, config)) as files:
        done = files.load()
        if done is not None and done.frames == config.frames:
            return done
        cores = cores or available_cores()
        if done is None:
            prepared = _prepare(protein, platform)
            xml = import_openmm().XmlSerializer.serialize(prepared.system)
            files.create(prepared.to_pdb(), xml)
            engine = Engine(prepared.system, config.replicas, platform, cores)
            heating = EXTENDED if protein.atom14 is None else FOLDED
            replicas = make_starts(
                prepared, config, heating, engine,
                lambda ps, total: report("heating", ps, total, None),
            )  # fmt: skip
            ladder = Ladder.ascending(config.temperatures) if config.exchanges else None
            none = np.zeros((config.replicas, 0), dtype=np.float32)
            done = SimulationState(0, replicas, ladder, none, none)
        else:
            xml = files.system_file.read_text(encoding="utf-8")
            system = import_openmm().XmlSerializer.deserialize(xml)
            engine = Engine(system, config.replicas, platform, cores)
        return _Run(files, config, engine, done, report).finish()


class _Run:
    """The loop over frames."""

    def __init__(
        self,
        files: RunFolder,
        config: DynamicsConfig,
        engine: Engine,
        done: SimulationState,
        report: Report,
    ):
        self._files, self._config, self._engine, self._report = files, config, engine, report
        self._saved, self._done = done.frames, done.frames
        self._replicas, self._ladder = done.replicas, done.ladder
        shape = (config.replicas, config.frames)
        self._potential = np.zeros(shape, dtype=np.float32)
        self._temperature = np.zeros(shape, dtype=np.float32)
        self._potential[:, : done.frames] = done.potential
        self._temperature[:, : done.frames] = done.temperature
        self._frames: list[list[NDArray]] = [[] for _ in range(config.replicas)]

    def finish(self) -> SimulationState:
        """Simulate the missing frames; finished ones are kept in any case."""
        config, start, first = self._config, time.monotonic(), self._done
        checkpoint, cost = start, 0.0
        self._report("simulating", first, config.frames, None)
        try:
            while self._done < config.frames:
                self._simulate_frame()
                now = time.monotonic()
                speed = self._speed(self._done - first, now - start)
                self._report("simulating", self._done, config.frames, speed)
                if now - checkpoint > max(CHECKPOINT_SECONDS, cost / CHECKPOINT_SHARE):
                    self._save()
                    checkpoint = time.monotonic()
                    cost = checkpoint - now
        except UnstableSimulationError as error:
            self._save()
            raise UnstableSimulationError(
                f"{error} {self._done} of {config.frames} frames are kept. Check the structure, or "
                "start again in another folder with a lower temperature or another --seed."
            ) from error
        except KeyboardInterrupt:
            self._save()
            raise
        self._save()
        return self._state()

    def _simulate_frame(self) -> None:
        config, replicas, ladder = self._config, self._replicas, self._ladder
        intervals = config.frame_ps // EXCHANGE_PS
        seeds = [random_seed(config.seed, 4, k, self._done) for k in range(config.replicas)]
        for i in range(intervals):
            replicas = self._engine.advance(replicas, STEPS, seeds if i == 0 else None)
            frame = replicas
            if ladder is not None:
                attempt = self._done * intervals + i
                uniform = np.random.default_rng([config.seed, 5, attempt]).random(len(replicas) - 1)
                ladder = ladder.exchange([r.potential for r in replicas], attempt, uniform)
                replicas = [
                    replica.at(kelvin)
                    for replica, kelvin in zip(replicas, ladder.of_replicas.tolist(), strict=True)
                ]
        with deferred_interrupt():
            self._record(frame)
            self._replicas, self._ladder = replicas, ladder

    def _record(self, frame: list[Replica]) -> None:
        """Keep the frame of each replica with its temperature before the last exchange."""
        for k, replica in enumerate(frame):
            self._frames[k].append(replica.positions)
            self._potential[k, self._done] = replica.potential
            self._temperature[k, self._done] = replica.temperature
        self._done += 1

    def _save(self) -> None:
        with deferred_interrupt():
            self._files.save(self._state(), self._frames)
            self._frames = [[] for _ in self._frames]

    def _state(self) -> SimulationState:
        done = self._done
        return SimulationState(done, self._replicas, self._ladder,
                        self._potential[:, :done], self._temperature[:, :done])  # fmt: skip

    def _speed(self, frames: int, seconds: float) -> Speed:
        ns = frames * self._config.frame_ps / 1000
        left = (self._config.frames - self._done) / frames * seconds
        return Speed(ns / seconds * 86400, left)


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Delay Ctrl-C to the end of a block, which then leaves a consistent state."""
    if threading.current_thread() is not threading.main_thread():  # which alone gets signals
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def _prepare(protein: SimulationInput, platform: str) -> SimulatedProtein:
    atom14 = protein.atom14
    if atom14 is None:
        atom14 = extended_chain(protein.chemistry.sequence)
    return prepare(protein.chemistry, atom14, platform)


def _settings(protein: SimulationInput, config: DynamicsConfig) -> dict[str, Any]:
    """Return what identifies a simulation and its protocol."""
    chemistry = protein.chemistry
    start = "extended chain"
    if protein.atom14 is not None:
        digest = hashlib.sha256(np.round(protein.atom14, 3).astype(np.float32).tobytes())
        start = f"structure {digest.hexdigest()[:12]}"
    return {
        "sequence": chemistry.sequence,
        "molecule": chemistry.describe(),
        "structure": start,
        "temperatures (K)": list(config.temperatures),
        "replicas": config.replicas,
        "starts": list(config.starts),
        "time (ns)": config.time_ns,
        "frame interval (ps)": config.frame_ps,
        "seed": config.seed,
        "force field": list(FORCE_FIELD),
        "time step (ps)": STEP_PS,
        "friction (1/ps)": FRICTION,
        "hydrogen mass (amu)": HYDROGEN_MASS,
        "exchange interval (ps)": EXCHANGE_PS,
    }
