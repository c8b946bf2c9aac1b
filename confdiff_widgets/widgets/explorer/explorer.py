"""The Explorer: run the guided sampler step by step, and watch structures and energies."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets
from IPython.display import display

from ...ensembles.file_formats import ENSEMBLES, file_ending
from ...ensembles.sequence_files import read_sequences
from ...errors import UserError
from ...live.session import Session
from ...proteins.system import System, load_system
from ...reports.own_reference import own_reference
from ...reports.target import Target
from ...sampling.device import choose_device
from ..notebook import NOT_SHOWN, require_notebook
from ..panel import close_all, handle_messages_while_busy
from ..streaming.scheduler import RenderScheduler
from ..viewer.viewer import StructureViewer
from ..viewer.viewer_pair import ViewerPair
from .controller import ExplorerController
from .exports import Export
from .initial_session import first_session
from .messages import MessageError, index, optional, whole
from .notebook_output import NotebookOutput
from .panels import Panels
from .plots import Plots
from .renderer import ExplorerRenderer
from .run_commands import transport
from .second_sequence import close_second, open_second
from .state import ExplorerState

RUNS_FOLDER = "confdiff_runs"
"""Folder of saved runs, next to the notebook."""


class Explorer(ipywidgets.VBox):
    """Runs the sampler interactively in a notebook.

    Parameters
    ----------
    protein : str
        A bundled protein ("chignolin", "trp-cage"), a sequence or a file that contains one. Other
        sequences than peptides of 4 to 12 residues need a ``model``.
    model, unconditional : str or path, optional
        Networks to use instead of the bundled ones: a published name, a checkpoint or a training
        folder.
    guidance_network, representation, features : optional
        Checkpoint with the guidance head if the model has none; representation or features of
        the sequence for models that need them. See `proteins.system.load_system`.
    compare : str, optional
        Sequence of the same length for the second viewer. Its runs have the same settings and
        seeds.
    reference : path or Target, optional
        Folder of a simulation (``confdiff md``) or ``Target.from_files(...)`` whose TICs replace
        the bundled or own plane.
    structure : path, optional
        Structure file to start from when ``t_start`` is below 1, or to keep the residues ``fix``
        as in. Default: the folded structure.
    chain : str, optional
        Chain of a protein or structure file with several.
    fix : str, optional
        Residues that stay fixed as in the structure, counted from 1: ``"3-8,12"``. The others are
        sampled.
    seed : int, optional
        Seed of all random numbers. Default: each new run draws one, which is shown.
    device : str
        "auto", "cpu", "cuda", ...
    folder : path or None
        Where runs are saved step by step; None saves nothing.
    projector : bool
        Use a larger font.
    guided_tour : bool
        Start with a guided tour of the screen.
    play : bool
        Run at once.
    **settings
        Settings of `SamplerConfig`: ``samples``, ``steps``, ``solver``, ``gamma``, ``eta``,
        ``guidance``, ``t_start``, ...

    Attributes
    ----------
    viewer : StructureViewer
    plots : Plots

    Raises
    ------
    NotebookNeededError
        Outside a Jupyter kernel.
    UserError
        For a protein, model or setting that cannot be used.
    """

    def __init__(
        self,
        protein: str = "chignolin",
        *,
        model: str | Path | None = None,
        unconditional: str | Path | None = None,
        guidance_network: str | Path | None = None,
        representation: str | None = None,
        features: str | Path | None = None,
        compare: str | None = None,
        reference: str | Path | Target | None = None,
        structure: str | Path | None = None,
        chain: str | None = None,
        fix: str | None = None,
        seed: int | None = None,
        device: str = "auto",
        folder: str | Path | None = RUNS_FOLDER,
        projector: bool = False,
        guided_tour: bool = False,
        play: bool = False,
        **settings: Any,
    ) -> None:
        require_notebook()
        system = load_system(
            protein,
            model=model,
            unconditional=unconditional,
            guidance_network=guidance_network,
            representation=representation,
            features=features,
            chain=chain,
        )
        if reference is not None:
            found = own_reference(reference, system.sequence)
            system = dataclasses.replace(system, own_reference=found)
        place, notice = choose_device(device)
        session = first_session(
            system,
            structure=structure,
            chain=chain,
            fix=fix,
            seed=seed,
            device=place,
            folder=folder,
            settings=settings,
        )
        state = ExplorerState(session, folder, notice=notice or "", tour=guided_tour)
        if compare is not None:
            try:
                open_second(state, compare)
            except UserError:
                session.close()
                raise
        super().__init__(layout={"width": "100%"})
        self.add_class("confdiff-explorer")
        if projector:
            self.add_class("confdiff-projector")
        self._dark = False
        self._sessions: list[Session] = []
        self._notebook_output = NotebookOutput(lambda: self.session)
        self._controller = ExplorerController(state, self)
        self._build()
        if play:
            transport(state, "play")

    @classmethod
    def from_file(cls, path: str | Path, **settings: Any) -> Explorer:
        """Create an Explorer of the protein in a FASTA or structure file."""
        path = Path(path)
        if file_ending(path) in ENSEMBLES:
            settings = {"structure": path, **settings}
        sequence = read_sequences(path, chain=settings.get("chain"))[0].sequence
        return cls(sequence, **settings)

    @property
    def session(self) -> Session:
        """The session with its runs; code may use it while the Explorer is on the screen."""
        return self._controller.state.session

    def close(self) -> None:
        """End the threads and remove the widget from the screen."""
        self._controller.cancel_film()
        self._scheduler.close()
        self._notebook_output.close()
        close_second(self._controller.state)
        self.session.close()
        close_all(*self.children)
        super().close()

    def __del__(self) -> None:
        if "_scheduler" in self.__dict__:  # otherwise the constructor raised an error
            super().__del__()

    def _ipython_display_(self) -> None:
        """Show the widget, and below it the figure that a saved notebook keeps."""
        display({**self._repr_mimebundle_(), "text/plain": NOT_SHOWN}, raw=True)
        self._notebook_output.show()

    # --- called by the controller -------------------------------------------------------------

    def rebuild(self) -> None:
        """Build all panels for another protein or model."""
        old = self.children
        self._scheduler.close()
        self._build()
        close_all(*old)

    def refresh(self) -> None:
        """Draw a change that no message made."""
        self._changed()

    def dark(self, dark: bool) -> None:
        """Use the dark or the light theme."""
        self._dark = dark
        self.plots.dark(dark)

    def font_size(self, pixels: float) -> None:
        """Use the font size of the page (CSS pixels)."""
        self.plots.font_size(pixels)

    def reset_view(self) -> None:
        """Centre the structures."""
        self.viewer.reset_view()

    def show_curves(self, view: str) -> None:
        """Choose the lowest plot."""
        self.plots.view = view

    def deliver(self, export: Export) -> None:
        """Give a file to the browser, or a text to its clipboard."""
        self._panels.deliver(export)

    # --- drawing ------------------------------------------------------------------------------

    def _build(self) -> None:
        state, system = self._controller.state, self.session.system
        self._folded = system.folded
        second = None if state.second is None else state.second.system
        self._views = ViewerPair(
            partial(self._new_viewer, system), partial(self._new_viewer, second or system)
        )
        self.viewer = self._views.first
        no_energy = self.session.energies.unavailable_reason
        no_energy = "OpenMM unavailable, see the self-check" if no_energy else ""
        self.plots = Plots(system, no_energy, self.session.own_ensemble, second)
        self.plots.dark(self._dark)
        self.plots.on_points(
            clicked=lambda i: self._select([i]), hovered=self._highlight, selected=self._select
        )
        handle_messages_while_busy(self.plots.figure)
        self._panels = panels = Panels(state, self._receive, self.plots.view)
        renderer = ExplorerRenderer(state, self._views, self.plots, panels)
        self._scheduler = RenderScheduler(renderer, self._views)
        for filling in (self._views, self.plots.figure):
            filling.add_class("confdiff-fill")
        stage = ipywidgets.VBox([panels.toolbar, self._views])
        curves = ipywidgets.VBox([self.plots.figure, panels.tabs])
        main = ipywidgets.Box([panels.parameters, stage, curves])
        main.add_class("confdiff-main")
        screen = ipywidgets.VBox([panels.header, main, panels.timeline])
        screen.add_class("confdiff-screen")
        self.children = [screen, panels.table]
        sessions = [self.session, *([] if state.second is None else [state.second])]
        for session in sessions:
            if session not in self._sessions:
                session.listen(self._changed, lambda: self._scheduler.ready)
        self._sessions = sessions
        self._changed()

    def _changed(self) -> None:
        """Note that something is new. Any thread; returns at once."""
        self._scheduler.changed()
        self._notebook_output.wake()

    def _new_viewer(self, system: System) -> StructureViewer:
        viewer = StructureViewer(
            system.sequence,
            folded=self._folded,
            height="100%",
            flex="1 1 0",
            min_width="0",
        )
        viewer.on_painted(lambda: self.session.energies.start())
        viewer.observe(self._on_picked, "picked")
        viewer.observe(self._on_hovered, "hovered")
        return viewer

    # --- received from the browser ------------------------------------------------------------

    def _receive(self, message: Any) -> None:
        try:
            # these two come often and change nothing that the controller protects, so they neither
            # wait for it nor draw again
            match message:
                case {"painted": number}:
                    return self._scheduler.painted(whole(number))
                case {"hover": conformer}:
                    return self._highlight(optional(index)(conformer))
            self._controller.receive(message)
        except MessageError as error:
            self._controller.state.notice = str(error)
        self._changed()

    def _select(self, conformers: list[int]) -> None:
        self._controller.select_conformers(conformers)
        self._changed()

    def _on_picked(self, change: dict[str, Any]) -> None:
        frame = self._controller.state.frame
        if frame is not None and change["new"] is not None:
            drawn = self._controller.state.display.drawn_conformers(frame)
            self._select([drawn[change["new"][0]]] if len(drawn) > 1 else [])

    def _on_hovered(self, change: dict[str, Any]) -> None:
        state, slot = self._controller.state, change["new"]
        drawn = state.display.drawn_conformers(state.frame) if state.frame is not None else []
        self._highlight(drawn[slot] if slot is not None and slot < len(drawn) else None)

    def _highlight(self, conformer: int | None) -> None:
        """Highlight a conformer in all views; None highlights none."""
        state = self._controller.state
        drawn = state.display.drawn_conformers(state.frame) if state.frame is not None else []
        self.viewer.highlighted = drawn.index(conformer) if conformer in drawn else None
        state.display.hovered = conformer
        self.plots.highlight(state.display.highlighted)
        self._panels.highlight(conformer)
