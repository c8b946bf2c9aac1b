"""The branches of a session: their letters, and how one comes from settings, another or a disk."""

from __future__ import annotations

from string import ascii_uppercase

import numpy as np

from ..errors import SettingsError
from ..proteins.starting_structure import StartingStructure
from ..proteins.system import System
from ..sampling import SamplerConfig
from ..sampling.memory import available_bytes
from .branch import Branch
from .frame import recall
from .recording import Recording, RecordingError

STATE_BYTES = 700
"""A residue's share of what is kept of one step: frames, scores, torsions, atoms."""

MOST = len(ascii_uppercase)


class Branches(list[Branch]):
    """Branches in the order they came, each with a letter of its own."""

    def add(self, config: SamplerConfig, start: StartingStructure | None) -> Branch:
        """A branch of its own.

        Parameters
        ----------
        config : SamplerConfig
        start : StartingStructure or None
            Taken where its run begins at it or holds residues of it.

        Raises
        ------
        SettingsError
            If there are too many.
        """
        if len(self) >= MOST:
            raise SettingsError(f"{MOST} branches are open; remove one first.")
        taken = {branch.name for branch in self}
        name = next(letter for letter in ascii_uppercase if letter not in taken)
        branch = Branch(name, name, config, None)
        if start is not None and (config.t_start < 1 or start.fixed):
            branch.start = start
        self.append(branch)
        return branch

    def fork(self, parent: Branch, step: int, seed: int | None) -> Branch:
        """A branch that leaves ``parent`` after ``step`` steps, with its knobs as they stand.

        Raises
        ------
        SettingsError
            Where the parent has not been, or has nothing left to do.
        """
        run = parent.run
        if run is None:
            raise SettingsError("Continue this run first; a recording alone cannot branch.")
        made = run.state.step
        if not 0 <= step <= made or step >= parent.steps:
            raise SettingsError(
                f"Cannot branch at step {step}: the run has made {made} of {parent.steps} steps, "
                "and something must be left to do."
            )
        branch = self.add(parent.config, None)
        branch.parent, branch.fork, branch.start = parent.name, step, parent.start
        branch.make = lambda: run.branch(step, seed=seed)
        branch.knobs, branch.seed = parent.knobs, parent.seed if seed is None else seed
        branch.frames = {k: frame for k, frame in dict(parent.frames).items() if k <= step}
        branch.openmm = {k: found for k, found in dict(parent.openmm).items() if k <= step}
        return branch

    def reopen(self, recording: Recording, system: System) -> Branch:
        """A branch that shows what a recording holds.

        Raises
        ------
        RecordingError
            For a run of another protein.
        """
        if recording.sequence != system.sequence:
            raise RecordingError(
                f"{recording.folder} holds a run of {recording.sequence}; this is "
                f"{system.sequence}."
            )
        frames = {step.step: recall(step, system) for step in recording.steps}
        branch = self.add(recording.config, None)
        branch.recording, branch.start = recording, recording.start
        branch.title = recording.title or branch.name
        branch.knobs, branch.seed, branch.frames = recording.knobs, recording.seed, frames
        branch.openmm = {
            step: energies
            for step, energies in recording.openmm.items()
            if frames[step].t or np.isfinite(energies).all()  # of a result all are wanted
        }
        return branch

    def find(self, name: str) -> Branch:
        """The branch with a letter.

        Raises
        ------
        SettingsError
            If there is none.
        """
        for branch in self:
            if branch.name == name:
                return branch
        names = ", ".join(branch.name for branch in self)
        raise SettingsError(f"There is no branch {name!r}; there are {names}.")

    def forget(self, branch: Branch) -> None:
        """Take a branch away; its recorder is left to whoever closes it."""
        if branch in self:
            self.remove(branch)


def check_memory(config: SamplerConfig, length: int) -> None:
    """Refuse a batch of which the memory cannot keep all steps.

    Raises
    ------
    SettingsError
        With the estimate, what is free and what would fit.
    """
    need = config.samples * length * config.steps * STATE_BYTES
    free = available_bytes("cpu")
    if need > free / 2:
        raise SettingsError(
            f"{config.samples} conformers over {config.steps} steps take about "
            f"{need / 2**30:.1f} GB to keep, and {free / 2**30:.1f} GB are free: take at most "
            f"{max(1, int(config.samples * free / 2 / need))} at once, or fewer steps."
        )
