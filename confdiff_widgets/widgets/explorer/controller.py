"""Handle the messages of the page: each changes the state of the Explorer, or is refused."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, cast

from ...errors import SettingsError, UserError, without_middle
from ...live.recording import RunHeader
from ...live.session import Session
from ...proteins.system import System, load_system
from ...ranges import Range, shown
from ...reports.own_reference import own_reference
from . import film, new_runs, run_commands, second_sequence
from .curves import TABS
from .dropped_files import open_file
from .exports import Export, make_export
from .messages import (
    MessageError,
    Parser,
    any_value,
    content,
    fields,
    flag,
    index,
    list_of,
    number,
    one_of,
    optional,
    text,
    whole,
    within,
)
from .saved_runs import list_saved_runs
from .screen import Screen
from .state import ExplorerState

log = logging.getLogger(__name__)

LONGEST_NOTICE = 800
"""Characters of a notice; names in messages have any length."""


class ExplorerController:
    """Changes the state of an Explorer. Messages may arrive on any thread.

    Parameters
    ----------
    state : ExplorerState
    screen : Screen
    """

    def __init__(self, state: ExplorerState, screen: Screen):
        self.state = state
        self._screen = screen
        self._lock = threading.RLock()
        self._film: film.FilmExport | None = None

    def receive(self, message: Any) -> None:
        """Handle a message of the page, ``{name: value, ...}``.

        An error becomes a notice. A message with an unknown name changes nothing at all.
        """
        with self._lock:
            self.state.export_message = ""
            try:
                handlers = find_handlers(message)
            except MessageError as error:
                self.state.notice = without_middle(str(error), LONGEST_NOTICE)
                return
            for handler, value in handlers:
                self._attempt(partial(handler.handle, self, value))

    def select_conformers(self, conformers: list[int]) -> None:
        """Show these conformers; an empty list shows the first ones."""
        self.state.display.selected = conformers

    # --- inside -----------------------------------------------------------------------------

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            act()
        except UserError as error:
            self.state.notice = without_middle(str(error), LONGEST_NOTICE)
        except Exception as error:
            log.exception("A message could not be handled")
            self.state.notice = (
                f"Internal error in the Explorer: {type(error).__name__}: {error}. Your run is "
                "unchanged. Please report this, with the JupyterLab log."
            )

    # --- another protein or model -------------------------------------------------------------

    def _change_settings(self, settings: dict[str, Any]) -> None:
        if "protein" in settings or "model" in settings:
            system = self.state.session.system
            protein = settings.get("protein", system.protein and system.name)
            model = settings.get("model", system.model)
            arguments = new_runs.arguments_of_model(self.state, model)
            self._switch_system(protein or system.sequence, arguments)
        elif "device" in settings:
            new_runs.restart_on_device(self.state, settings["device"])
        else:
            new_runs.restart(self.state, **settings)

    def _open_file(self, file: dict[str, str]) -> None:
        if (sequence := open_file(self.state, file)) is not None:
            self._change_settings({"protein": sequence})

    def _switch_system(
        self, protein: str, arguments: dict[str, Any], run: str | None = None
    ) -> None:
        """Load another protein or model, then open one of its saved runs if given.

        Parameters
        ----------
        protein : str
        arguments : dict
            Other arguments of `load_system`. If there are any, it is called in a background thread,
            because a model may have to be downloaded.
        run : str, optional
            Folder of the saved run.
        """
        if not arguments:
            self._use_system(load_system(protein))
            if run is not None:
                run_commands.open_run(self.state, run)
            return
        self.state.notice = f"Loading {arguments.get('model', arguments)} …"
        load = threading.Thread(target=self._load, args=(protein, arguments, run), daemon=True)
        load.start()

    def _load(self, protein: str, arguments: dict[str, Any], run: str | None) -> None:
        def load_and_use() -> None:
            system = load_system(protein, **arguments)
            _ = system.evaluation_bytes()  # reads the file
            with self._lock:
                self._use_system(system)

        self._attempt(load_and_use)
        if run is not None:  # it can be shown without its networks too
            with self._lock:
                failure = self.state.notice
                self._attempt(partial(run_commands.open_run, self.state, run))
                self.state.notice = without_middle(failure or self.state.notice, LONGEST_NOTICE)
        self._screen.refresh()

    def _use_system(self, system: System) -> None:
        self._show(new_runs.use_system(self.state, system))

    def _show(self, former: Session) -> None:
        """Build the panels of a new session, and close the former one."""
        self._screen.rebuild()
        former.close()

    # --- references and other sequences -------------------------------------------------------

    def _use_reference(self, folder: str) -> None:
        """Put new runs onto the plane of a simulation; "" returns to the bundled or own plane."""
        if not folder:
            if self.state.session.system.own_reference is not None:
                self._show(new_runs.use_reference(self.state, None))
            return
        self.state.notice = f"Reading {shown(folder)} …"
        threading.Thread(target=self._read_reference, args=(folder,), daemon=True).start()

    def _read_reference(self, folder: str) -> None:
        sequence = self.state.session.system.sequence

        def read_and_use() -> None:
            reference = own_reference(folder, sequence)
            with self._lock:
                if self.state.session.system.sequence == sequence:
                    self._show(new_runs.use_reference(self.state, reference))

        self._attempt(read_and_use)
        self._screen.refresh()

    def _compare_sequence(self, sequence: str) -> None:
        """Show another sequence in the second viewer; "" removes it."""
        if sequence:
            second_sequence.open_second(self.state, sequence)
        else:
            second_sequence.close_second(self.state)
        self._screen.rebuild()

    # --- display ------------------------------------------------------------------------------

    def _set_option(self, change: dict[str, Any]) -> None:
        key, value = change["key"], change["value"]
        if key == "reset_view":
            self._screen.reset_view()
        elif key == "view":
            self._screen.show_curves(one_of(TABS)(value))
        else:
            self.state.display.set(key, value)

    def _set_dark(self, dark: bool) -> None:
        self._screen.dark(dark)

    def _set_font_size(self, pixels: float) -> None:
        self._screen.font_size(pixels)

    # --- exports and saved runs ---------------------------------------------------------------

    def _set_only_valid(self, only_valid: bool) -> None:
        self.state.only_valid = only_valid

    def _export(self, kind: str) -> None:
        if kind in film.FILMS:
            self._export_film(cast(film.FilmKind, kind))
            return
        state, frame = self.state, self.state.frame
        conformers = None if frame is None else state.exported_conformers(frame)
        self._screen.deliver(make_export(kind, state.session, frame, conformers, state.display))

    def _export_film(self, kind: film.FilmKind) -> None:
        if self._film is not None and self._film.is_alive():
            raise SettingsError(
                "A film is being drawn. Wait for it, or close its notice to cancel it."
            )
        session, display = self.state.session, replace(self.state.display)
        film.film_frames(session.current, display)  # raises now if there are no steps
        self._film = film.FilmExport(kind, session, display, self._report_film, self._deliver_film)
        self._film.start()

    def _report_film(self, drawn: int, count: int) -> None:
        with self._lock:
            if not self.state.notice or film.is_progress(self.state.notice):  # errors stay
                self.state.notice = film.progress_notice(drawn, count)
        self._screen.refresh()

    def _deliver_film(self, export: Callable[[], Export]) -> None:
        def deliver() -> None:
            made = export()
            with self._lock:
                if film.is_progress(self.state.notice):
                    self.state.notice = ""
                self._screen.deliver(made)

        self._attempt(deliver)
        self._screen.refresh()

    def cancel_film(self) -> None:
        """Cancel the film that is being drawn, if there is one."""
        if self._film is not None:
            self._film.cancel()

    def _dismiss(self, _: object) -> None:
        if film.is_progress(self.state.notice):
            self.cancel_film()
        run_commands.dismiss(self.state, None)

    def _list_runs(self, _: object) -> None:
        self.state.saved_runs = list_saved_runs(self.state.folder, self.state.session.system)

    def _open_run(self, folder: str) -> None:
        header, system = RunHeader(folder), self.state.session.system
        known = header.networks is None or header.networks == system.network_sources
        if known or header.sequence != system.sequence:
            run_commands.open_run(self.state, folder)
        else:
            protein = system.name if system.protein else system.sequence
            self._switch_system(protein, header.networks or {}, folder)


class Handler(NamedTuple):
    """Checks the value of a message, and acts on it."""

    parse: Parser
    act: Callable[[ExplorerController, Any], None]

    def handle(self, controller: ExplorerController, value: Any) -> None:
        """Check a value and act on it."""
        self.act(controller, self.parse(value))


def _on_state(act: Callable[[ExplorerState, Any], None]) -> Callable[..., None]:
    return lambda controller, value: act(controller.state, value)


SETTINGS: dict[str, Parser] = {
    "protein": text,
    "model": optional(text),
    "solver": text,
    "steps": whole,
    "samples": whole,
    "t_start": number,
    "device": text,
}

NUMBERS = fields({"gamma": number, "eta": number, "temperature": number}, required=False)
WINDOWS = fields({"gamma": list_of(number, 2), "eta": list_of(number, 2)}, required=False)
FONT_SIZES = Range(1, 200, unit="pixels")
FILE = fields({"name": text, "text": content})

HANDLERS: dict[str, Handler] = {
    "transport": Handler(one_of(run_commands.TRANSPORT), _on_state(run_commands.transport)),
    "seed": Handler(fields({"value": whole, "locked": flag}), _on_state(run_commands.set_seed)),
    "speed": Handler(optional(number), _on_state(run_commands.set_speed)),
    "dismiss": Handler(any_value, ExplorerController._dismiss),
    "dark": Handler(flag, ExplorerController._set_dark),
    "font_size": Handler(within(FONT_SIZES), ExplorerController._set_font_size),
    "set_parameters": Handler(NUMBERS, _on_state(run_commands.set_parameters)),
    "set_windows": Handler(WINDOWS, _on_state(run_commands.set_windows)),
    "guidance": Handler(text, _on_state(new_runs.restart_guided)),
    "settings": Handler(fields(SETTINGS, required=False), ExplorerController._change_settings),
    "structure": Handler(FILE, _on_state(new_runs.restart_from_structure)),
    "open_file": Handler(FILE, ExplorerController._open_file),
    "fix_residues": Handler(text, _on_state(new_runs.restart_with_fixed_residues)),
    "reference": Handler(text, ExplorerController._use_reference),
    "compare_sequence": Handler(text, ExplorerController._compare_sequence),
    "seek": Handler(optional(index), _on_state(run_commands.seek)),
    "fork": Handler(index, _on_state(run_commands.fork)),
    "new_run": Handler(any_value, _on_state(run_commands.add_run)),
    "select_branch": Handler(text, _on_state(run_commands.select_branch)),
    "compare": Handler(optional(text), _on_state(run_commands.compare)),
    "remove": Handler(text, _on_state(run_commands.remove)),
    "undo": Handler(any_value, _on_state(run_commands.undo)),
    "rename": Handler(fields({"name": text, "title": text}), _on_state(run_commands.rename)),
    "set_option": Handler(
        fields({"key": text, "value": any_value}), ExplorerController._set_option
    ),
    "select_conformers": Handler(list_of(index), ExplorerController.select_conformers),
    "only_valid": Handler(flag, ExplorerController._set_only_valid),
    "export": Handler(text, ExplorerController._export),
    "list_runs": Handler(any_value, ExplorerController._list_runs),
    "open_run": Handler(text, ExplorerController._open_run),
}
"""Every message that the page may send; the `state.ts` files list them too."""


def find_handlers(message: Any) -> list[tuple[Handler, Any]]:
    """Return the handler and the value of each entry of a message.

    Raises
    ------
    MessageError
        If it is no dictionary or contains an unknown name.
    """
    if not isinstance(message, dict):
        raise MessageError("The page sent a message that is not an object.")
    for name in message:
        if name not in HANDLERS:
            raise MessageError(f"The page sent an unknown message, {shown(name)}.")
    return [(HANDLERS[name], value) for name, value in message.items()]
