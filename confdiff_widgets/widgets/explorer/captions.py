"""Captions of a run's figures: settings, step, reference, and the meaning of the TICs."""

from __future__ import annotations

import numpy as np

from ...analysis import distance_correlations, pair_indices
from ...geometry.residues import LETTERS, NAMES
from ...guidance.schedule import Schedule
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.session import Session
from ...live.step_values import StepValues
from ...proteins.system import System
from .background import Background
from .state import slider_value

RESIDUES = {letter: name.capitalize() for letter, name in zip(LETTERS, NAMES, strict=True)}
MIN_CORRELATION = 0.5
"""Correlation from which a second distance helps to explain a TIC."""


def settings_line(branch: Branch, frame: Frame) -> str:
    """Return γ and η of a frame, and the other settings of its run."""
    config = branch.config
    gamma = slider_value(config.gamma) if frame.gamma is None else frame.gamma
    eta = slider_value(config.eta) if frame.eta is None else frame.eta
    physical = "no physical guidance"
    if config.guidance != "none":
        physical = f"η {eta:.3g}, {config.guidance} guidance"
        if branch.temperature is not None:
            physical = f"η {eta:.3g}, {guidance_line(branch)}"
        if isinstance(config.eta, Schedule):
            physical += f" for t {config.eta.start:g} to {config.eta.stop:g}"
    start = "" if config.t_start == 1 else f" from t {config.t_start:g}"
    fixed = ""
    if branch.start is not None and branch.start.fixed:
        fixed = f"  ·  residues {branch.start.fixed} fixed as in {branch.start.name}"
    return (
        f"γ {gamma:.3g}  ·  {physical}  ·  seed {config.seed}  ·  "
        f"{config.solver}, {config.steps} steps{start}  ·  {config.samples} conformers{fixed}"
    )


def guidance_line(branch: Branch) -> str:
    """Return the kind of physical guidance, with the temperature of the run if it has one."""
    if branch.config.guidance == "none":
        return "no physical guidance"
    line = f"{branch.config.guidance} guidance"
    return line if branch.temperature is None else f"{line} {branch.temperature.label}"


def branch_settings(branch: Branch) -> str:
    """Return γ, η, the guidance, seed and size of a run; "varied" for what changed during it."""
    used = branch.used_parameters() or [branch.parameters]
    gammas = {slider_value(parameters.gamma) for parameters in used}
    etas = {slider_value(parameters.eta) for parameters in used}
    config = branch.config
    parts = [
        f"γ {gammas.pop():.3g}" if len(gammas) == 1 else "γ varied",
        f"η {etas.pop():.3g}" if len(etas) == 1 else "η varied",
        guidance_line(branch),
        f"seed {config.seed}",
        f"{config.samples} conformers",
    ]
    if config.guidance == "none":
        del parts[1]
    return " · ".join(parts)


def step_line(branch: Branch, frame: Frame) -> str:
    """Return the step and the time t of a frame."""
    return f"step {frame.step}/{branch.steps}  ·  t {frame.t:.2f}"


def conformer_label(
    frame: Frame, i: int, openmm: np.ndarray | None, values: StepValues | None
) -> str:
    """Return the tooltip of a conformer, with its energies (kcal/mol) as far as they are known."""
    parts = [f"conformer {i}"]
    if openmm is not None and np.isfinite(openmm[i]):
        parts.append(f"OpenMM energy {openmm[i]:.1f} kcal/mol")
    if values is not None and values.energy is not None:
        parts.append(f"estimated energy {values.energy[i]:.0f} kcal/mol")
    if frame.energy is not None:
        parts.append(f"learned energy {frame.energy[i]:.2f}")
    if frame.rmsd is not None:
        parts.append(f"RMSD to folded {frame.rmsd[i]:.2f} Å")
    if frame.radius is not None:
        parts.append(f"Rg {frame.radius[i]:.2f} Å")
    return "<br>".join(parts)


def title_line(session: Session, branch: Branch) -> str:
    """Return the protein and, if there are several branches, which one it is."""
    system = session.system
    title = f"{system.title}  ·  {system.sequence}" if system.protein else system.sequence
    return title if len(session.branches) == 1 else f"{title}  ·  branch {branch.title}"


def about_plane(system: System, background: Background, meaning: list[str]) -> str:
    """Explain the TIC plane, its background, and which distances its axes correlate with.

    Parameters
    ----------
    system : System
    background : Background
    meaning : list of str
        `meaning_of_tics` of the system.
    """
    if system.reference is None:
        return " ".join(filter(None, [f"{background.title}.", background.note]))
    return (
        "The axes are the two slowest coordinates (TICs) of the reference dynamics, found by TICA "
        "on all CA–CA distances. The shading is the free energy of the reference, "
        "F = −kT ln p, in kcal/mol above its minimum, at the temperature of the run. Points are "
        "the conformers of the batch in their colours, with trails over the last steps. Click a "
        "point to show that conformer alone; draw around several to overlay them.\n"
        + "\n".join(filter(None, [f"{background.title}.", background.note, *meaning]))
    )


def meaning_of_tics(system: System) -> list[str]:
    """Name, for each of the two TICs, the CA–CA distances that it correlates with most.

    Returns
    -------
    list of str
        Empty without a reference.
    """
    reference = system.reference
    if reference is None:
        return []
    correlations = distance_correlations(reference.tica, reference.ca)[:, :2]
    pairs = np.stack(pair_indices(reference.ca.shape[1]), axis=1)
    return [_meaning(f"TIC {k + 1}", correlations[:, k], pairs, system.sequence) for k in range(2)]


def _meaning(tic: str, correlations: np.ndarray, pairs: np.ndarray, sequence: str) -> str:
    order = np.argsort(-np.abs(correlations))
    best = order[0]
    strong = [k for k in order if abs(correlations[k]) > MIN_CORRELATION]
    # pairs next to the best one carry the same information
    other = next((k for k in strong if np.abs(pairs[k] - pairs[best]).min() > 1), None)
    parts = []
    for k in [best] if other is None else [best, other]:
        ends = "–".join(f"{RESIDUES[sequence[i]]}{i + 1}" for i in pairs[k])
        verb = "increases" if correlations[k] > 0 else "decreases"
        parts.append(f"{verb} as the {ends} distance increases (r = {correlations[k]:+.2f})")
    return f"{tic}: {', '.join(parts)}."
