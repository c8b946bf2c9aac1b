"""The branches of a session: create them from settings, another branch or a saved run."""

from __future__ import annotations

from string import ascii_uppercase

import numpy as np

from ..errors import SettingsError
from ..proteins.starting_structure import StartingStructure
from ..proteins.system import System
from ..ranges import shown
from ..sampling import SamplerConfig
from ..sampling.memory import BYTES_PER_RESIDUE, available_bytes
from .branch import Branch
from .frame import frame_of_recorded_step
from .recording import Recording
from .run_format import RecordingError
from .step_values import values_of_recorded_steps

MAX_BRANCHES = len(ascii_uppercase)


class Branches(list[Branch]):
    """Branches in the order of their creation, each named by a letter.

    Parameters
    ----------
    title : str
        Title of new branches. Default: their letters.
    """

    def __init__(self, title: str = "") -> None:
        super().__init__()
        self._title = title

    def add(self, config: SamplerConfig, start: StartingStructure | None) -> Branch:
        """Add a branch without a parent.

        Parameters
        ----------
        config : SamplerConfig
        start : StartingStructure or None
            Used if the run starts from it or has fixed residues of it.

        Raises
        ------
        SettingsError
            If there are too many branches.
        """
        self.check_room()
        name = self.free_letter()
        branch = Branch(name, self._title or name, config, None)
        if start is not None and (config.t_start < 1 or start.fixed):
            branch.start = start
        self.append(branch)
        return branch

    def fork(self, parent: Branch, step: int, seed: int | None) -> Branch:
        """Add a branch that leaves ``parent`` after ``step`` steps, with its present γ and η.

        Raises
        ------
        SettingsError
            If the parent has not reached this step, or has no steps left after it.
        """
        run = parent.run
        if run is None:
            raise SettingsError(
                "A saved run cannot be branched before it is loaded. Continue it first."
            )
        made = run.state.step
        if not 0 <= step <= made or step >= parent.steps:
            raise SettingsError(
                f"Cannot branch at step {step}: the run has made {made} of {parent.steps} steps. "
                f"Choose a step from 0 to {min(made, parent.steps - 1)}."
            )
        branch = self.add(parent.config, None)
        branch.parent, branch.fork, branch.start = parent.name, step, parent.start
        branch.fork_run = lambda: run.branch(step, seed=seed)
        branch.parameters = parent.parameters
        branch.seed = parent.seed if seed is None else seed
        branch.frames = {k: frame for k, frame in dict(parent.frames).items() if k <= step}
        branch.openmm = {k: energies for k, energies in dict(parent.openmm).items() if k <= step}
        branch.values = {k: values for k, values in dict(parent.values).items() if k <= step}
        return branch

    def reopen(self, recording: Recording, system: System) -> Branch:
        """Add a branch that shows a saved run.

        Raises
        ------
        RecordingError
            For a run of another protein.
        SettingsError
            For a run that does not fit into the memory.
        """
        if recording.sequence != system.sequence:
            raise RecordingError(
                f"{recording.folder} contains a run of {recording.sequence}, but the current "
                f"sequence is {system.sequence}. Select that protein first."
            )
        check_memory(recording.config, len(system.sequence))
        frames = {step.step: frame_of_recorded_step(step, system) for step in recording.steps}
        branch = self.add(recording.config, None)
        branch.recording, branch.start = recording, recording.start
        branch.title = recording.title or branch.name
        branch.parameters, branch.seed = recording.parameters, recording.seed
        branch.frames = frames
        numbers = [step.step for step in recording.steps]
        branch.values = dict(
            zip(numbers, values_of_recorded_steps(recording.steps, system), strict=True)
        )
        branch.openmm = {
            step: energies
            for step, energies in recording.openmm.items()
            if frames[step].t or np.isfinite(energies).all()  # a result needs all of them
        }
        return branch

    def check_room(self) -> None:
        """Raise `SettingsError` if there are too many branches to add another one."""
        if len(self) >= MAX_BRANCHES:
            raise SettingsError(f"{MAX_BRANCHES} branches are open. Remove one first.")

    def free_letter(self) -> str:
        """Return the first letter that no branch has."""
        taken = {branch.name for branch in self}
        return next(letter for letter in ascii_uppercase if letter not in taken)

    def find(self, name: str) -> Branch:
        """Return the branch with a name.

        Raises
        ------
        SettingsError
            If there is none.
        """
        for branch in self:
            if branch.name == name:
                return branch
        names = ", ".join(branch.name for branch in self)
        raise SettingsError(f"There is no branch {shown(name)}. Choose one of {names}.")

    def surplus(self, current: Branch) -> list[Branch]:
        """Return the oldest saved run, a finished one if any, if no letter is left for another."""
        if len(self) < MAX_BRANCHES:
            return []
        saved = [b for b in self if b.folder is not None and b is not current]
        return sorted(saved, key=lambda branch: not branch.finished)[:1]

    def discard(self, branch: Branch) -> None:
        """Remove a branch if it is there; does not close its recorder."""
        if branch in self:
            self.remove(branch)


def check_memory(config: SamplerConfig, length: int) -> None:
    """Check that all steps of a run fit into the memory.

    Raises
    ------
    SettingsError
        With the estimate, the memory that is available, and a number of conformers that fits.
    """
    needed = config.samples * length * config.steps * BYTES_PER_RESIDUE
    free = available_bytes("cpu")
    if needed > free / 2:
        fitting = max(1, int(config.samples * free / 2 / needed))
        raise SettingsError(
            f"{config.samples} conformers over {config.steps} steps need about "
            f"{needed / 2**30:.1f} GB of memory, and {free / 2 / 2**30:.1f} GB may be used. "
            f"Use at most {fitting} conformers, or fewer steps, or remove branches."
        )
