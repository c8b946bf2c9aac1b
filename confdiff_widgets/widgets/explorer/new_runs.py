"""Start new runs: with other settings, guidance, structures, networks or another protein."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from ...diffusion.solvers import default_steps
from ...errors import SettingsError
from ...live.session import Session
from ...proteins.reference import SimulatedReference
from ...proteins.starting_structure import (
    StartingStructure,
    folded_structure,
    read_starting_structure,
)
from ...proteins.system import System
from ...sampling import SamplerConfig
from ...sampling.config import new_seed
from ...sampling.device import choose_device
from .display_options import DisplayOptions
from .initial_session import initial_eta
from .second_sequence import check_start, close_second
from .state import DEFAULT_STEPS, ExplorerState

DEFAULT_T_START = 0.3
"""Time to which a structure is noised when the user has chosen a structure only."""


def restart(state: ExplorerState, start: StartingStructure | None = None, **settings: Any) -> None:
    """Start a new run in place of the current branch.

    A new solver comes with its default number of steps and noise. A new seed is drawn unless the
    seed is locked.

    Parameters
    ----------
    state : ExplorerState
    start : StartingStructure, optional
        Default: the present one.
    **settings
        Changed settings of `SamplerConfig`.
    """
    session = state.session
    if "solver" in settings:
        steps = max(default_steps(settings["solver"]), DEFAULT_STEPS)
        settings = {"steps": steps, "stochasticity": None, **settings}
    if "seed" not in settings and not session.seed_locked:
        settings["seed"] = new_seed()
    config = dataclasses.replace(session.config, **settings)
    if state.second is not None:
        chosen = start or session.start
        check_start(config.t_start < 1 or bool(chosen and chosen.fixed))
        state.second.system.check_guidance(config.guidance)
    session.restart(config, start=start)
    if state.second is not None:
        state.second.restart(session.current.config)
    state.follow_run()


def restart_on_device(state: ExplorerState, name: str) -> None:
    """Start a new run on another device."""
    state.session.device, notice = choose_device(name)
    if state.second is not None:
        state.second.device = state.session.device
    restart(state)
    state.notice = notice or ""


def restart_guided(state: ExplorerState, kind: str) -> None:
    """Start a new run with another kind of physical guidance, at its default strength.

    Raises
    ------
    SettingsError
        If there is no head for it.
    """
    state.session.system.check_guidance(kind)
    restart(state, guidance=kind, eta=state.session.system.default_eta(kind))


def restart_from_structure(state: ExplorerState, file: dict[str, str]) -> None:
    """Start a new run from an uploaded structure (``name``, ``text``), or with its residues fixed.

    Raises
    ------
    UserError
        For a file that cannot be read or is of another sequence.
    """
    session = state.session
    fixed = session.start.fixed if session.start else ""
    start = read_starting_structure(
        file["name"], session.system.sequence, text=file["text"], fixed=fixed
    )
    used = fixed or session.config.t_start < 1
    restart(state, start, **({} if used else {"t_start": DEFAULT_T_START}))


def restart_with_fixed_residues(state: ExplorerState, residues: str) -> None:
    """Start a new run that keeps these residues as in the starting structure; "" keeps none.

    Raises
    ------
    SettingsError
        Without a starting structure, or for residues that it does not have.
    """
    start = state.session.start
    if start is None:
        raise SettingsError("Fixed residues need a structure. Choose a structure file first.")
    restart(state, dataclasses.replace(start, fixed=residues))


def use_system(state: ExplorerState, system: System) -> Session:
    """Open a new session with another protein or other networks.

    Returns
    -------
    Session
        The former session, which the caller closes.
    """
    former = state.session
    config = dataclasses.replace(
        former.config,
        t_start=1.0,
        guidance=system.default_guidance,
        eta=initial_eta(system, system.default_guidance),
        gamma=system.default_gamma,
    )
    same = system.sequence == former.system.sequence
    if same:
        system = dataclasses.replace(system, own_reference=former.system.own_reference)
    start = former.start if same else folded_structure(system)
    return _replace_session(state, system, config, start)


def use_reference(state: ExplorerState, reference: SimulatedReference | None) -> Session:
    """Open a new session with another reference, and the same settings.

    Parameters
    ----------
    state : ExplorerState
    reference : SimulatedReference or None
        None returns to the bundled one, or to the ensemble of the model itself.

    Returns
    -------
    Session
        The former session, which the caller closes.
    """
    former = state.session
    system = dataclasses.replace(former.system, own_reference=reference)
    return _replace_session(state, system, former.config, former.start)


def _replace_session(
    state: ExplorerState, system: System, config: SamplerConfig, start: StartingStructure | None
) -> Session:
    former = state.session
    close_second(state)
    state.remember(system)
    state.session = Session(system, config, device=former.device, folder=state.folder, start=start)
    state.session.seed_locked = former.seed_locked
    state.display, state.compared = DisplayOptions(), None
    state.follow_run()
    return former


def arguments_of_model(state: ExplorerState, model: str | Path | None) -> dict[str, Any]:
    """Return the arguments of `load_system` for a model: those that it was loaded with before.

    Parameters
    ----------
    state : ExplorerState
    model : str, path or None
        None for the bundled networks.
    """
    known = state.systems.get(str(model or ""))
    if known is not None:
        return known.network_sources
    return {} if model is None else {"model": model}
