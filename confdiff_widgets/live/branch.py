"""One branch of a session: a run, its frames, and where it is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from ..guidance.parameters import GuidanceParameters
from ..guidance.sampled_temperature import SampledTemperature, sampled_temperature
from ..proteins.starting_structure import StartingStructure
from ..sampling import Run, SamplerConfig, State
from .frame import Frame
from .recorder import Recorder
from .recording import Recording
from .step_values import StepValues

ParameterChange = TypedDict(
    "ParameterChange", {"step": int, "parameter": str, "from": float, "to": float}
)
"""A step at which γ or η changed, and its values before and in that step."""


@dataclass(eq=False)
class Branch:
    """A run and its frames.

    Attributes
    ----------
    name : str
        A, B, C, ...; unique in the session.
    title : str
        Title given by the user, otherwise the name.
    config : SamplerConfig
        Settings that the run started with.
    parameters : GuidanceParameters
        γ and η of the next step.
    seed : int
        Seed of the next step.
    run : Run or None
        None until it is created; a saved run can be shown without it.
    parent : str or None
    fork : int
        Step at which the branch leaves its parent.
    frames : dict
        Frames by step. They may lag behind the run.
    openmm : dict
        OpenMM energies of x̂₀ by step, (B,) in kcal/mol; NaN where there is none (yet), infinity
        where none can be computed.
    values : dict
        `StepValues` by step, of all steps that the observer has received.
    start : StartingStructure or None
        Structure that the run starts from or has fixed residues of; None for neither.
    fork_run : callable or None
        Creates the run from the parent's run; None without a parent, and once the run exists.
    replaces : Branch or None
        Branch that this one replaces once its run exists, unless that one has made steps.
    recorder, recording
        Where the run is saved, and what it was read from.
    queued_state : State or None
        State that was passed to the observer last.
    """

    name: str
    title: str
    config: SamplerConfig
    run: Run | None
    parent: str | None = None
    fork: int = 0
    frames: dict[int, Frame] = field(default_factory=dict)
    openmm: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    values: dict[int, StepValues] = field(default_factory=dict)
    start: StartingStructure | None = None
    fork_run: Callable[[], Run] | None = None
    replaces: Branch | None = None
    recorder: Recorder | None = None
    recording: Recording | None = None
    queued_state: State | None = None
    parameters: GuidanceParameters = field(init=False)
    seed: int = field(init=False)

    def __post_init__(self) -> None:
        self.parameters = self.config.guidance_parameters
        self.seed = self.config.seed

    @property
    def next_config(self) -> SamplerConfig:
        """Settings of a new run with the present γ, η and seed of this branch.

        Those of a saved run may be outside the ranges of new runs.
        """
        gamma, eta = self.parameters
        return self.config.with_recorded(gamma=gamma, eta=eta, seed=self.seed)

    @cached_property
    def times(self) -> list[float]:
        """t at the start and after each step, down to 0; needs no run."""
        config = self.config
        return [*config.make_solver().times(config.steps, config.t_start), 0.0]

    @property
    def steps(self) -> int:
        """Number of steps of the whole run."""
        return len(self.times) - 1

    @property
    def finished(self) -> bool:
        """Whether its run has made all steps."""
        run, recording = self.run, self.recording  # another thread may change them
        saved = 0 if recording is None else len(recording.steps)
        return (saved if run is None else run.state.step) >= self.steps

    @property
    def has_own_steps(self) -> bool:
        """Whether its run has made steps that its parent has not."""
        run, recording = self.run, self.recording  # another thread may change them
        saved = 0 if recording is None else len(recording.steps)
        return (saved if run is None else run.state.step) > self.fork

    @property
    def folder(self) -> Path | None:
        """Folder in which the run is saved; None before the first step."""
        recorder, recording = self.recorder, self.recording  # another thread may remove them
        if recorder is not None and recorder.on_disk:
            return recorder.folder
        return None if recording is None else recording.folder

    @property
    def last(self) -> Frame | None:
        """Frame with the highest step."""
        frames = self._copy_frames()
        return frames[max(frames)] if frames else None

    def nearest(self, step: int) -> Frame | None:
        """Return the frame of a step, or the one closest to it."""
        frames = self._copy_frames()
        return frames[min(frames, key=lambda known: abs(known - step))] if frames else None

    def in_order(self) -> list[Frame]:
        """Return the frames sorted by step."""
        return [frame for _, frame in sorted(self._copy_frames().items())]

    def parameter_changes(self) -> list[ParameterChange]:
        """Return the steps at which γ or η changed."""
        gamma, eta = self.config.guidance_parameters.at(self.times[0])
        before: dict[str, float] = {"γ": gamma, "η": eta}
        changes: list[ParameterChange] = []
        for frame in self.in_order():
            for parameter, value in (("γ", frame.gamma), ("η", frame.eta)):
                if value is None:  # the start
                    continue
                if value != before[parameter]:
                    changes.append(
                        {
                            "step": frame.step,
                            "parameter": parameter,
                            "from": before[parameter],
                            "to": value,
                        }
                    )
                before[parameter] = value
        return changes

    @property
    def temperature(self) -> SampledTemperature | None:
        """Temperature that the run samples; None if its kind of guidance has none."""
        used = self.used_parameters() or [self.parameters]
        return sampled_temperature(self.config.guidance, used)

    def used_parameters(self) -> list[GuidanceParameters]:
        """Return γ and η of the completed steps, numbers or schedules."""
        run, recording = self.run, self.recording  # another thread may change them
        if run is not None:
            return run.parameter_history
        if recording is not None:
            return [step.parameters for step in recording.steps]
        frames = self._copy_frames().values()  # of a fork whose run is being created
        return [frame.parameters for frame in frames if frame.parameters is not None]

    def rename(self, title: str) -> None:
        """Set and save the title; an empty one restores the name."""
        self.title = title.strip() or self.name
        recorder = self.recorder  # another thread may remove it
        if recorder is not None:
            recorder.set_title("" if self.title == self.name else self.title)

    def truncate(self, step: int) -> None:
        """Remove the frames, energies and values of all steps after ``step``."""
        for by_step in (self.frames, self.openmm, self.values):
            for later in [known for known in list(by_step) if known > step]:
                del by_step[later]

    def _copy_frames(self) -> dict[int, Frame]:
        """Copy the frames, which the observer changes in another thread."""
        return dict(self.frames)
