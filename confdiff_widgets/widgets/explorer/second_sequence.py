"""A second sequence next to the first one: its own session, which follows the first."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import SettingsError
from ...live.branch import Branch
from ...live.session import Session
from ...proteins.mutations import load_mutant, mutation_name
from .state import ExplorerState


def open_second(state: ExplorerState, sequence: str) -> None:
    """Compare with a sequence of the same length: same settings, seed, γ and η.

    Raises
    ------
    SettingsError
        For a sequence that cannot be compared, a run that starts from a structure, or guidance that
        is not available for the sequence.
    """
    first = state.session
    system = load_mutant(first.system, sequence)
    check_start(first.config.t_start < 1 or bool(first.start and first.start.fixed))
    system.check_guidance(first.config.guidance)
    second = Session(
        system,
        first.config,
        device=first.device,
        folder=state.folder,
        title=mutation_name(first.system.sequence, system.sequence),
    )
    second.energies.enabled = False  # those of other molecules cannot be compared
    second.player.set_speed(first.player.speed)
    close_second(state)
    state.second, state.compared = second, None


def close_second(state: ExplorerState) -> None:
    """Show the first sequence alone."""
    second, state.second = state.second, None
    if second is not None:
        second.close()


def check_start(from_structure: bool) -> None:
    """Refuse runs that use a structure of the first sequence.

    Raises
    ------
    SettingsError
    """
    if from_structure:
        raise SettingsError(
            "Two sequences are compared in runs that start from noise, without fixed residues. "
            "Start from noise, or remove the compared sequence."
        )


def in_both(state: ExplorerState, act: Callable[[Session], None]) -> None:
    """Act on the first session, and make the second one do the same."""
    first, second = state.session, state.second
    before = first.current
    act(first)
    if second is None:
        return
    if first.current is before:
        act(second)
    else:  # a new run, maybe with a new seed
        second.restart(first.current.config)


def follow(state: ExplorerState) -> None:
    """Show the run of the second sequence that corresponds to the current one, if there is one."""
    first, second = state.session.current, state.second
    if second is None:
        return
    for branch in second.branches:
        if correspond(first, branch):
            return second.select(branch.name)


def correspond(first: Branch, second: Branch) -> bool:
    """Return whether two runs have the same settings, seeds and initial noise."""
    return (first.config, first.fork, first.seed) == (second.config, second.fork, second.seed)


def titles(state: ExplorerState) -> tuple[str, str]:
    """Return the titles of both viewers; empty if nothing is compared."""
    session = state.session
    if state.second is not None:
        system = state.second.system
        name = mutation_name(session.system.sequence, system.sequence)
        other = "" if correspond(session.current, state.second.current) else " · another run"
        return session.system.sequence, f"{system.sequence} ({name}){other}"
    if state.compared is not None:
        return session.current.title, session.branches.find(state.compared).title
    return "", ""
