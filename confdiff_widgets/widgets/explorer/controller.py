"""What lies on the Explorer's controller, and what a person's messages do to it."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import SettingsError, UserError
from ...guidance.schedule import Schedule
from ...live.frame import Frame
from ...live.recording import RunHeader
from ...live.session import Session, new_seed
from ...proteins.starting_structure import (
    StartingStructure,
    folded_structure,
    read_starting_structure,
)
from ...proteins.system import System, load_system
from ...sampling.device import choose_device
from . import view_model
from .display_options import DisplayOptions
from .exports import make_export
from .saved_runs import saved_states
from .screen import Screen

log = logging.getLogger(__name__)

T_START = 0.3
"""Where a structure is noised to unless a person says otherwise."""


class ExplorerController:
    """A session and how a person looks at it. Messages may come on any thread.

    Attributes
    ----------
    session : Session
    look : DisplayOptions
    at : int or None
        Step that is looked at; None follows the run.
    compared : str or None
        Branch in the second viewer.
    notice, told : str
        What went wrong; what became of the last export.
    only_sound : bool
        Leave conformers that clash or are broken out of the table and of files.
    runs : list of dict
        Saved runs that can be opened.
    given : dict
        Models that are not bundled, by name or path: the system that they came with.
    tour : bool
        Begin with the guided tour.
    """

    def __init__(
        self,
        session: Session,
        screen: Screen,
        *,
        folder: str | Path | None,
        notice: str = "",
        tour: bool = False,
    ):
        self.tour = tour
        self.session, self.folder = session, folder
        self.display = DisplayOptions()
        self.at: int | None = None
        self.compared: str | None = None
        self.notice, self.told = notice, ""
        self.only_sound = False
        self.runs: list[dict[str, str]] = []
        self.given: dict[str, System] = {}
        self._keep_model(session.system)
        self._screen = screen
        self._lock = threading.RLock()

    @property
    def frame(self) -> Frame | None:
        """The frame that is looked at."""
        branch = self.session.current
        return branch.last if self.at is None else branch.nearest(self.at)

    def taken(self, frame: Frame) -> list[int]:
        """Conformers that files hold: the chosen ones or all, those that are sound if wished."""
        count = len(frame.noisy)
        some = sorted({i for i in self.display.chosen if i < count}) or range(count)
        if frame.valid is None or not self.only_sound:
            return list(some)
        return [i for i in some if frame.valid[i].all()]

    def hear(self, message: dict[str, Any]) -> None:
        """Do what a part's message says; an error becomes a notice and changes nothing."""
        with self._lock:
            self.told = ""
            for name, value in message.items():
                self._attempt(getattr(self, f"_{name}"), value)

    def _attempt(self, act: Callable[[Any], None], value: Any) -> None:
        try:
            act(value)
        except UserError as error:
            self.notice = str(error)
        except Exception as error:
            log.exception("A message could not be followed")
            self.notice = (
                f"That did not work, by a defect of the Explorer: {type(error).__name__}: {error}. "
                "The run is as it was; please report it with what JupyterLab's log says."
            )

    def choose(self, conformers: list[int]) -> None:
        """Show these conformers; none: the first ones again."""
        self.display.chosen = conformers

    # --- transport ----------------------------------------------------------------------------

    def _do(self, command: str) -> None:
        self.notice, self.at = "", None
        session, player = self.session, self.session.player
        if command == "restart":
            self._restart()
            player.play()
        elif command in ("play", "reset"):
            getattr(session, command)()
        else:
            getattr(player, command)()

    def _seed(self, seed: dict[str, Any]) -> None:
        self._configure(seed=int(seed["value"]))
        self.session.seed_locked = bool(seed["locked"])

    def _speed(self, speed: float | None) -> None:
        self.session.player.set_speed(speed)

    def _dark(self, dark: bool) -> None:
        self._screen.dark(dark)

    def _type(self, pixels: float) -> None:
        self._screen.type_size(float(pixels))

    def _dismiss(self, _: object) -> None:
        self.notice, self.session.notice = "", None

    # --- knobs and settings -------------------------------------------------------------------

    def _turn(self, knobs: dict[str, float]) -> None:
        for knob, value in knobs.items():
            before = getattr(self.session.config, knob)
            windowed = isinstance(before, Schedule)
            now = dataclasses.replace(before, value=float(value)) if windowed else float(value)
            self.session.set_parameters(**{knob: now})

    def _window(self, windows: dict[str, list[float]]) -> None:
        for knob, (start, stop) in windows.items():
            value = view_model.amount(getattr(self.session.config, knob))
            self.session.set_parameters(**{knob: Schedule(value, start=start, stop=stop)})

    def _guidance(self, guidance: str) -> None:
        if guidance != "none" and (why := self.session.system.guidance_unavailable(guidance)):
            raise SettingsError(why[0].upper() + why[1:] + ".")
        self._restart(guidance=guidance, eta=0.0 if guidance == "none" else 1.0)

    def _settings(self, settings: dict[str, Any]) -> None:
        if "protein" in settings or "model" in settings:
            system = self.session.system
            protein = settings.get("protein", system.protein and system.name)
            model = settings.get("model", system.model)
            networks = {} if model is None else {"model": model, **self._came_with(model)}
            self._switch(protein or system.sequence, networks)
        elif "device" in settings:
            self.session.device, notice = choose_device(settings["device"])
            self._restart()
            self.notice = notice or ""
        else:
            self._restart(**settings)

    def _structure(self, file: dict[str, str]) -> None:
        session = self.session
        fixed = session.start.fixed if session.start else ""
        start = read_starting_structure(
            file["name"], session.system.sequence, text=file["text"], fixed=fixed
        )
        used = fixed or session.config.t_start < 1
        self._restart(start, **({} if used else {"t_start": T_START}))

    def _fix(self, residues: str) -> None:
        start = self.session.start
        if start is None:
            raise SettingsError("Residues are held as in a structure: choose one first.")
        self._restart(dataclasses.replace(start, fixed=residues))

    def _configure(self, **settings: Any) -> None:
        self.session.configure(**settings)

    def _restart(self, start: StartingStructure | None = None, **settings: Any) -> None:
        config = self.session.config
        if "solver" in settings:  # each has its own usual steps and noise
            usual = 1000 if settings["solver"] == "em" else view_model.STEPS
            settings = {"steps": usual, "stochasticity": None, **settings}
        if "seed" not in settings and not self.session.seed_locked:
            settings["seed"] = new_seed()
        self.session.restart(dataclasses.replace(config, **settings), start=start)
        self.notice, self.at = "", None

    def _keep_model(self, system: System) -> None:
        if system.model is not None:
            self.given[str(system.model)] = system

    def _switch(self, protein: str, networks: dict[str, Any], run: str | None = None) -> None:
        """Lay another protein or other networks on the controller, then open a saved run of theirs."""
        if not networks:
            self._take(load_system(protein))
            if run is not None:
                self._show(run)
            return
        self.notice = f"Loading {networks['model']} …"
        load = threading.Thread(target=self._load, args=(protein, networks, run), daemon=True)
        load.start()

    def _load(self, protein: str, networks: dict[str, Any], run: str | None) -> None:
        """In a thread of its own, for it may be a download."""

        def take(_: object) -> None:
            system = load_system(protein, **networks)
            _ = system.network_config  # reads the file
            with self._lock:
                self._take(system)

        self._attempt(take, None)
        if run is not None:  # can be looked at without its networks too
            with self._lock:
                failed = self.notice
                self._attempt(self._show, run)
                self.notice = failed or self.notice
        self._screen.refresh()

    def _came_with(self, model: str | Path) -> dict[str, Any]:
        """What `load_system` was told about a model before."""
        given = self.given.get(str(model))
        names = ("unconditional", "representation", "features")
        return {} if given is None else {name: getattr(given, name) for name in names}

    def _take(self, system: System) -> None:
        old = self.session
        config = dataclasses.replace(
            old.config,
            t_start=1.0,
            guidance=system.default_guidance,
            eta=0.0,
            gamma=system.default_gamma,
        )
        self._keep_model(system)
        same = system.sequence == old.system.sequence
        start = old.start if same else folded_structure(system)
        self.session = Session(system, config, device=old.device, folder=self.folder, start=start)
        self.session.seed_locked = old.seed_locked
        self.display, self.at, self.compared, self.notice = DisplayOptions(), None, None, ""
        self._screen.rebuild()
        old.close()

    # --- timeline -----------------------------------------------------------------------------

    def _scrub(self, step: int | None) -> None:
        self.at = step

    def _fork(self, step: int) -> None:
        session = self.session
        session.fork(step, seed=session.config.seed if session.seed_locked else new_seed())
        self.notice, self.at = "", None

    def _select(self, name: str) -> None:
        self.session.select(name)
        self.notice, self.at = "", None
        self._compare_with_another()

    def _compare(self, name: str | None) -> None:
        self.compared = name

    def _compare_with_another(self, gone: str = "") -> None:
        """End a comparison with the current branch itself, or with one that has gone."""
        if self.compared in (gone, self.session.current.name):
            self.compared = None

    def _remove(self, name: str) -> None:
        self.session.remove(name)
        self._compare_with_another(name)

    def _rename(self, change: dict[str, str]) -> None:
        self.session.rename(change["name"], change["title"])

    def _add(self, _: object) -> None:
        self.session.restart(keep=True)
        self.notice, self.at = "", None

    # --- looking and keeping ------------------------------------------------------------------

    def _set(self, change: dict[str, Any]) -> None:
        key, value = change["key"], change["value"]
        if key == "reset_view":
            self._screen.centre()
        elif key == "view":
            self._screen.show_curves(value)
        else:
            self.display.set(key, value)

    def _choose(self, conformers: list[int]) -> None:
        self.choose(conformers)

    def _only_sound(self, wanted: bool) -> None:
        self.only_sound = bool(wanted)

    def _export(self, kind: str) -> None:
        frame = self.frame
        some = None if frame is None else self.taken(frame)
        self._screen.hand_over(make_export(kind, self.session, frame, some, self.display))

    def _list(self, _: object) -> None:
        self.runs = saved_states(self.folder, self.session.system)

    def _open(self, folder: str) -> None:
        header, system = RunHeader(folder), self.session.system
        known = header.networks is None or header.networks == system.networks
        if known or header.sequence != system.sequence:
            self._show(folder)
        else:
            protein = system.name if system.protein else system.sequence
            self._switch(protein, header.networks or {}, folder)

    def _show(self, folder: str) -> None:
        self.session.open(folder)
        self.notice, self.at = "", None
        self._compare_with_another()
