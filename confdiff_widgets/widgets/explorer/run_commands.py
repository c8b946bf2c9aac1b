"""Commands on the runs of a session: transport, seed, guidance parameters and branches."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from ...errors import SettingsError
from ...guidance.registry import has_temperature
from ...guidance.schedule import Schedule, Strength
from ...live.player import Status
from ...models.temperature import eta_of_temperature
from ...sampling.config import KELVIN_RANGE, new_seed
from .new_runs import restart
from .second_sequence import follow, in_both
from .state import ExplorerState, slider_value


def transport(state: ExplorerState, command: str) -> None:
    """Carry out a command of `TRANSPORT`, and follow the run again."""
    state.follow_run()
    TRANSPORT[command](state)


def _restart_and_play(state: ExplorerState) -> None:
    restart(state)
    in_both(state, lambda session: session.player.play())


def _play(state: ExplorerState) -> None:
    before = state.session.current
    state.session.play()
    second = state.second
    if second is None:
        return
    if state.session.current is not before:
        second.restart(state.session.current.config)
    if second.player.status is Status.FAILED:
        second.play()
    second.player.play()


TRANSPORT: dict[str, Callable[[ExplorerState], None]] = {
    "play": _play,
    "pause": lambda state: in_both(state, lambda session: session.player.pause()),
    "step": lambda state: in_both(state, lambda session: session.player.step()),
    "stop": lambda state: in_both(state, lambda session: session.player.stop()),
    "reset": lambda state: in_both(state, lambda session: session.reset()),
    "restart": _restart_and_play,
}


def set_speed(state: ExplorerState, speed: float | None) -> None:
    """Limit the number of steps per second; None removes the limit."""
    in_both(state, lambda session: session.player.set_speed(speed))


def set_seed(state: ExplorerState, seed: dict[str, Any]) -> None:
    """Set the seed of the next run (``value``), and whether restarts keep it (``locked``)."""
    in_both(state, lambda session: session.configure(seed=seed["value"]))
    state.session.seed_locked = seed["locked"]


def set_parameters(state: ExplorerState, values: dict[str, float]) -> None:
    """Set ``gamma``, ``eta`` or the ``temperature`` (K) of the next step.

    A schedule keeps its window.

    Raises
    ------
    SettingsError
        For a value outside its range, or a temperature without temperature guidance.
    """
    config = state.session.config
    if "temperature" in values:
        kelvin = KELVIN_RANGE.check(values["temperature"], "temperature")
        if not has_temperature(config.guidance):
            raise SettingsError(
                f"{kelvin:g} K needs temperature guidance. Choose it first; it needs thermal "
                "networks."
            )
        others = {name: value for name, value in values.items() if name != "temperature"}
        values = {**others, "eta": eta_of_temperature(kelvin)}
    for name, value in values.items():
        before = {"gamma": config.gamma, "eta": config.eta}[name]
        after: Strength = value
        if isinstance(before, Schedule):
            after = dataclasses.replace(before, value=value)
        _set_parameter(state, name, after)


def set_windows(state: ExplorerState, windows: dict[str, list[float]]) -> None:
    """Let ``gamma`` or ``eta`` act from one t to another only."""
    config = state.session.config
    for name, (start, stop) in windows.items():
        value: Strength = slider_value({"gamma": config.gamma, "eta": config.eta}[name])
        if (start, stop) != (1, 0):
            value = Schedule(slider_value(value), start=start, stop=stop)
        _set_parameter(state, name, value)


def _set_parameter(state: ExplorerState, name: str, value: Strength) -> None:
    in_both(state, lambda session: session.set_parameters(**{name: value}))


def seek(state: ExplorerState, step: int | None) -> None:
    """Show a step; None follows the run."""
    state.step = step


def fork(state: ExplorerState, step: int) -> None:
    """Branch the current run after a step, with a new seed unless it is locked."""
    session = state.session
    seed = session.config.seed if session.seed_locked else new_seed()
    if state.second is not None:  # first, because it may not have made the step yet
        state.second.fork(step, seed=seed)
    session.fork(step, seed=seed)
    state.follow_run()


def add_run(state: ExplorerState, _: object) -> None:
    """Start a new run next to the others."""
    state.session.restart(keep=True)
    if state.second is not None:
        state.second.restart(state.session.current.config, keep=True)
    state.follow_run()


def select_branch(state: ExplorerState, name: str) -> None:
    """Show another branch."""
    state.session.select(name)
    follow(state)
    state.follow_run()
    state.stop_comparing()


def compare(state: ExplorerState, name: str | None) -> None:
    """Show a branch in the second viewer; None removes the viewer.

    Raises
    ------
    SettingsError
        For an unknown branch, or while another sequence is in the second viewer.
    """
    if name is not None:
        state.session.branches.find(name)
        if state.second is not None:
            raise SettingsError(
                f"The second viewer shows {state.second.system.sequence}. Remove that sequence to "
                "compare two runs."
            )
    state.compared = name


def remove(state: ExplorerState, name: str) -> None:
    """Remove a branch."""
    state.session.remove(name)
    state.stop_comparing(name)


def undo(state: ExplorerState, _: object) -> None:
    """Bring back the branch that was removed or reset last."""
    state.session.undo()
    follow(state)
    state.follow_run()
    state.stop_comparing()


def rename(state: ExplorerState, change: dict[str, str]) -> None:
    """Give the branch ``name`` another ``title``."""
    state.session.rename(change["name"], change["title"])


def open_run(state: ExplorerState, folder: str) -> None:
    """Show a saved run of the present protein and networks."""
    state.session.open(folder)
    state.follow_run()
    state.stop_comparing()


def dismiss(state: ExplorerState, _: object) -> None:
    """Remove the notice."""
    state.notice, state.session.notice = "", None
