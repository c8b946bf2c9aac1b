"""One film of a session: a run with what was seen of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..guidance.schedule import knob_at
from ..sampling import Run, SamplerConfig
from .frame import Frame
from .recording import Recorder, Recording
from .start import Start
from .subject import Subject


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
    run : Run or None
        None while it is only known from its recording.
    parent : str or None
    fork : int
        Step at which it left its parent.
    frames : dict
        By step. Observing may lag behind the run.
    openmm : dict
        By step: OpenMM's energies of x̂_0, (B,) in kcal/mol, NaN where there is none (yet).
    start : Start or None
        What its run begins at, or holds residues of; None for neither.
    instead_of : Branch or None
        The branch that it takes the place of once its run is made.
    recorder, recording
        Where it is written to, or was read from.
    """

    name: str
    title: str
    config: SamplerConfig
    run: Run | None
    parent: str | None = None
    fork: int = 0
    frames: dict[int, Frame] = field(default_factory=dict)
    openmm: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    start: Start | None = None
    instead_of: Branch | None = None
    recorder: Recorder | None = None
    recording: Recording | None = None

    @cached_property
    def steps(self) -> int:
        """Steps in all."""
        return len(self.config.make_solver().times(self.config.steps, self.config.t_start))

    @property
    def folder(self) -> Path | None:
        """Where it is saved."""
        saved = self.recorder or self.recording
        return None if saved is None else saved.folder

    @property
    def last(self) -> Frame | None:
        """The frame farthest on."""
        return self.frames[max(self.frames)] if self.frames else None

    def nearest(self, step: int) -> Frame | None:
        """The frame of a step, or the one seen nearest to it."""
        if not self.frames:
            return None
        seen = list(self.frames)  # the observer adds to them meanwhile
        return self.frames[min(seen, key=lambda known: abs(known - step))]

    def in_order(self) -> list[Frame]:
        """The frames by step."""
        return [self.frames[step] for step in sorted(self.frames)]

    def turns(self) -> list[dict]:
        """When a knob was turned: ``{"step", "knob", "from", "to"}``."""
        found: list[dict] = []
        start = self.config.t_start
        before: dict[str, float | None] = {
            "γ": knob_at(self.config.gamma, start),
            "η": knob_at(self.config.eta, start),
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

    def begin(self, subject: Subject, device: str) -> Run:
        """A run of its settings: at its start or, if it is recorded, where the recording ends.

        Raises
        ------
        UserError
            For settings that no run can be made of, or a recording that cannot be repeated.
        """
        start = self.start
        run = Run(
            subject.mix(device),
            subject.sequence,
            self.config,
            structure=start.rigid if start and self.config.t_start < 1 else None,
            physical=subject.physical(self.config.guidance, device),
            restraint=start.restraint if start else None,
        )
        return run if self.recording is None else self.recording.replay(run)

    def cut(self, step: int) -> None:
        """Forget what came after a step."""
        for kept in (self.frames, self.openmm):
            for later in [known for known in list(kept) if known > step]:
                del kept[later]
