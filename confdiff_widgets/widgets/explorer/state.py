"""The state of the Explorer: a session, and what the user has chosen to see of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ...guidance.schedule import Schedule, Strength
from ...live.frame import Frame
from ...live.session import Session
from ...proteins.system import System
from .display_options import DisplayOptions
from .panel_states import SavedRun

DEFAULT_SAMPLES, DEFAULT_STEPS = 16, 40
"""Of a new run: enough frames for a film, and enough conformers for a distribution."""


@dataclass(eq=False)
class ExplorerState:
    """What the controller changes and the view model shows.

    Attributes
    ----------
    session : Session
    folder : path or None
        Where runs are saved; None saves nothing.
    notice : str
        Why the last message had no effect; empty if it had.
    tour : bool
        Start with the guided tour.
    display : DisplayOptions
    step : int or None
        Step that is shown; None follows the run.
    compared : str or None
        Branch in the second viewer.
    second : Session or None
        Session of another sequence, which is in the second viewer then and follows `session`.
    export_message : str
        Result of the last export.
    only_valid : bool
        Leave invalid conformers out of the table and of exported files.
    saved_runs : list of SavedRun
        Saved runs of this protein.
    systems : dict of System
        Systems with networks that are not bundled, by the name or path of the model ("" for the
        bundled one with another guidance network). They keep the arguments with which they were
        loaded.
    """

    session: Session
    folder: str | Path | None
    notice: str = ""
    tour: bool = False
    display: DisplayOptions = field(default_factory=DisplayOptions)
    step: int | None = None
    compared: str | None = None
    second: Session | None = None
    export_message: str = ""
    only_valid: bool = False
    saved_runs: list[SavedRun] = field(default_factory=list)
    systems: dict[str, System] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.remember(self.session.system)

    @property
    def frame(self) -> Frame | None:
        """The frame that is shown."""
        branch = self.session.current
        return branch.last if self.step is None else branch.nearest(self.step)

    def exported_conformers(self, frame: Frame) -> list[int]:
        """Return the conformers to export: the selected ones or all, without invalid ones if asked.

        Parameters
        ----------
        frame : Frame
        """
        count = len(frame.noisy)
        conformers = sorted({i for i in self.display.selected if i < count}) or range(count)
        if frame.valid is None or not self.only_valid:
            return list(conformers)
        return [i for i in conformers if frame.valid[i].all()]

    def follow_run(self) -> None:
        """Show the newest frame, and clear the notice."""
        self.notice, self.step = "", None

    def stop_comparing(self, removed: str = "") -> None:
        """End a comparison of the current branch with itself, or with a removed branch."""
        if self.compared in (removed, self.session.current.name):
            self.compared = None

    def remember(self, system: System) -> None:
        """Keep a system whose networks are not bundled, so that its model stays on offer."""
        if system.network_sources:
            self.systems[str(system.model or "")] = system


def slider_value(strength: Strength) -> float:
    """Return the number that a slider shows: that of a schedule inside its window."""
    return strength.value if isinstance(strength, Schedule) else strength
