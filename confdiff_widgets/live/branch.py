"""One film of a session: a run with what was seen of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..guidance.parameters import GuidanceParameters
from ..guidance.schedule import strength_at
from ..proteins.starting_structure import StartingStructure
from ..proteins.system import System
from ..sampling import Run, SamplerConfig, State
from .frame import Frame
from .recorder import Recorder
from .recording import Recording


@dataclass(eq=False)
class Branch:
    """A run and its frames.

    Attributes
    ----------
    name : str
        A, B, C, ...; the branch is addressed by it.
    title : str
        What a person calls it.
    config : SamplerConfig
        That its run began with.
    knobs : GuidanceParameters
        γ and η of its next step.
    seed : int
        Of its next step.
    run : Run or None
        None while it is only known from its recording.
    parent : str or None
    fork : int
        Step at which it left its parent.
    frames : dict
        By step. Observing may lag behind the run.
    openmm : dict
        By step: OpenMM's energies of x̂_0, (B,) in kcal/mol, NaN where there is none (yet).
    start : StartingStructure or None
        What its run begins at, or holds residues of; None for neither.
    make : callable or None
        Makes its run out of its parent's, until that is done.
    instead_of : Branch or None
        The branch that it takes the place of once its run is made.
    recorder, recording
        Where it is written to, or was read from.
    reached : State or None
        The state of the run that was passed on to be seen last.
    """

    name: str
    title: str
    config: SamplerConfig
    run: Run | None
    parent: str | None = None
    fork: int = 0
    frames: dict[int, Frame] = field(default_factory=dict)
    openmm: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    start: StartingStructure | None = None
    make: Callable[[], Run] | None = None
    instead_of: Branch | None = None
    recorder: Recorder | None = None
    recording: Recording | None = None
    reached: State | None = None
    knobs: GuidanceParameters = field(init=False)
    seed: int = field(init=False)

    def __post_init__(self) -> None:
        self.knobs = GuidanceParameters(self.config.gamma, self.config.eta)
        self.seed = self.config.seed

    @property
    def settings(self) -> SamplerConfig:
        """Its settings as they stand now, fit for another run like it."""
        gamma, eta = self.knobs
        return replace(self.config, gamma=gamma, eta=eta, seed=self.seed)

    @cached_property
    def times(self) -> list[float]:
        """t after each step, from the start of its settings to 0; no run is needed."""
        config = self.config
        return [*config.make_solver().times(config.steps, config.t_start), 0.0]

    @property
    def steps(self) -> int:
        """Steps in all."""
        return len(self.times) - 1

    @property
    def folder(self) -> Path | None:
        """Where it is saved; None before there is anything to save."""
        recorder, recording = self.recorder, self.recording  # another thread may take them away
        if recorder is not None and recorder.on_disk:
            return recorder.folder
        return None if recording is None else recording.folder

    @property
    def last(self) -> Frame | None:
        """The frame farthest on."""
        frames = self._seen()
        return frames[max(frames)] if frames else None

    def nearest(self, step: int) -> Frame | None:
        """The frame of a step, or the one seen nearest to it."""
        frames = self._seen()
        return frames[min(frames, key=lambda known: abs(known - step))] if frames else None

    def in_order(self) -> list[Frame]:
        """The frames by step."""
        return [frame for _, frame in sorted(self._seen().items())]

    def _seen(self) -> dict[int, Frame]:
        """The frames now: the observer adds to them, and forgets some, in another thread."""
        return dict(self.frames)

    def turns(self) -> list[dict]:
        """When a knob was turned: ``{"step", "knob", "from", "to"}``."""
        found: list[dict] = []
        start = self.config.t_start
        before: dict[str, float | None] = {
            "γ": strength_at(self.config.gamma, start),
            "η": strength_at(self.config.eta, start),
        }
        for frame in self.in_order():
            if frame.step == 0:
                continue
            for knob, value in (("γ", frame.gamma), ("η", frame.eta)):
                if value != before[knob]:
                    found.append(
                        {"step": frame.step, "knob": knob, "from": before[knob], "to": value}
                    )
                before[knob] = value
        return found

    def begin(self, system: System, device: str) -> Run:
        """Its run: where it left its parent, where its recording ends, or at its start.

        Raises
        ------
        UserError
            For settings that no run can be made of, or a recording that cannot be repeated.
        """
        if self.make is not None:
            return self.make()
        start = self.start
        run = Run(
            system.load_networks(device),
            system.sequence,
            self.config,
            structure=start.rigid if start and self.config.t_start < 1 else None,
            physical=system.load_physical(self.config.guidance, device),
            fixed_residues=start.fixed_residues if start else None,
        )
        return run if self.recording is None else self.recording.replay(run)

    def cut(self, step: int) -> None:
        """Forget what came after a step."""
        for kept in (self.frames, self.openmm):
            for later in [known for known in list(kept) if known > step]:
                del kept[later]
