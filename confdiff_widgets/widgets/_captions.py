"""What is said of a run beside its pictures."""

from __future__ import annotations

from ..guidance.schedule import Schedule
from ..live.branch import Branch
from ..live.frame import Frame
from ..live.session import Session
from ..live.subject import Subject
from ._states import amount


def settings_line(branch: Branch, frame: Frame) -> str:
    """Knobs as they stood in a frame, and what else fixes the run."""
    config = branch.config
    gamma, eta = (
        amount(set_first) if now is None else now
        for now, set_first in ((frame.gamma, config.gamma), (frame.eta, config.eta))
    )
    physics = "no physical guidance"
    if config.guidance != "none":
        physics = f"η {eta:.3g}, {config.guidance} guidance"
        if isinstance(config.eta, Schedule):
            physics += f" for t {config.eta.start:g} to {config.eta.stop:g}"
    start, held = "" if config.t_start == 1 else f" from t {config.t_start:g}", ""
    if branch.start is not None and branch.start.fixed:
        held = f"  ·  residues {branch.start.fixed} held as in {branch.start.name}"
    return (
        f"γ {gamma:.3g}  ·  {physics}  ·  seed {config.seed}  ·  "
        f"{config.solver}, {config.steps} steps{start}  ·  {config.samples} conformers{held}"
    )


def moment_line(branch: Branch, frame: Frame) -> str:
    """Where in its run a frame is."""
    return f"step {frame.step}/{branch.steps}  ·  t {frame.t:.2f}"


def title_line(session: Session) -> str:
    """The protein and, where there are several, the branch."""
    subject, branch = session.subject, session.current
    title = f"{subject.title}  ·  {subject.sequence}" if subject.protein else subject.sequence
    return title if len(session.branches) == 1 else f"{title}  ·  branch {branch.title}"


def reference_line(subject: Subject) -> str:
    """What the free energy is of."""
    surface = subject.free_energy
    if surface is None:
        return "There is no reference ensemble of this sequence: no TICs, no free energy."
    frames = f"{surface.n_frames:,}".replace(",", "\u202f")
    return f"Free energy of {frames} MD frames at {surface.temperature_k:g} K"
