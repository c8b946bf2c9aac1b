"""What is said of a run beside its pictures."""

from __future__ import annotations

import numpy as np

from ...analysis import distance_correlations, pair_indices
from ...geometry.residues import LETTERS, NAMES
from ...guidance.schedule import Schedule
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.session import Session
from ...proteins.system import System
from .view_model import amount

RESIDUES = {letter: name.capitalize() for letter, name in zip(LETTERS, NAMES, strict=True)}
WEAK = 0.5
"""A correlation up to which a second distance says little of what a TIC means."""


def settings_line(branch: Branch, frame: Frame) -> str:
    """GuidanceParameters as they stood in a frame, and what else fixes the run."""
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
    system, branch = session.system, session.current
    title = f"{system.title}  ·  {system.sequence}" if system.protein else system.sequence
    return title if len(session.branches) == 1 else f"{title}  ·  branch {branch.title}"


def reference_line(system: System) -> str:
    """What the free energy is of."""
    surface = system.free_energy
    if surface is None:
        return "There is no reference ensemble of this sequence: no TICs, no free energy."
    frames = f"{surface.n_frames:,}".replace(",", "\u202f")
    return f"Free energy of {frames} MD frames at {surface.temperature_k:g} K"


def about_plane(system: System) -> str:
    """What the TIC plane is, and which distances its axes stand for."""
    if system.reference is None:
        return reference_line(system)
    return (
        "The two slowest coordinates (TICs) of the reference dynamics, found by TICA on all CA–CA "
        "distances; shades are F = −kT ln p of the reference on them (kcal/mol, from its lowest). "
        "Points are the batch in its colours, with trails of the last steps; click one to see it "
        "alone, draw around several to overlay them.\n" + "\n".join(meaning_of_tics(system))
    )


def meaning_of_tics(system: System) -> list[str]:
    """For each of two TICs, one or two CA–CA distances that it correlates with most."""
    reference = system.reference
    if reference is None:
        return []
    found = distance_correlations(reference.tica, reference.ca)[:, :2]
    pairs = np.stack(pair_indices(reference.ca.shape[1]), axis=1)
    return [_meaning(f"TIC {k + 1}", found[:, k], pairs, system.sequence) for k in range(2)]


def _meaning(tic: str, correlations: np.ndarray, pairs: np.ndarray, sequence: str) -> str:
    order = np.argsort(-np.abs(correlations))
    best = order[0]
    strong = [k for k in order if abs(correlations[k]) > WEAK]
    other = next((k for k in strong if np.abs(pairs[k] - pairs[best]).min() > 1), None)
    parts = []
    for k in [best] if other is None else [best, other]:
        ends = "–".join(f"{RESIDUES[sequence[i]]}{i + 1}" for i in pairs[k])
        way = "grows" if correlations[k] > 0 else "falls"
        parts.append(f"{way} with the {ends} distance (r = {correlations[k]:+.2f})")
    return f"{tic}: {', '.join(parts)}."
