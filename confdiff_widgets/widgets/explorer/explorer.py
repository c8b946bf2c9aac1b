"""A live instrument: run the guided sampler step by step, and watch structures and physics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets
from IPython.display import display

from ...ensembles.file_formats import STRUCTURES
from ...live.session import Session
from ...proteins.starting_structure import sequence_in
from ...proteins.system import load_system
from ...sampling.device import choose_device
from ..notebook import NOT_SHOWN, require_notebook
from ..panel import close_all, hear_while_busy
from ..streaming.scheduler import RenderScheduler
from ..viewer.viewer import StructureViewer
from ..viewer.viewer_pair import ViewerPair
from .controller import ExplorerController
from .exports import Export
from .initial_session import first_session
from .notebook_output import NotebookOutput
from .panels import Panels
from .plots import Plots

RUNS = "confdiff_runs"
"""Folder of saved runs, beside the notebook."""


class Explorer(ipywidgets.VBox):
    """The sampler as an instrument, in a notebook.

    Parameters
    ----------
    protein : str
        A bundled protein ("chignolin", "trp-cage"), or, together with ``model``, a sequence or a
        file with one.
    model, unconditional : str or path, optional
        In place of the bundled networks: a published name, a checkpoint or a training folder.
    representation, features : optional
        Of the sequence, for a model that needs them; as for `proteins.system.load_system`.
    structure : path, optional
        Structure file to start from where ``t_start`` is below 1, or for ``fix``. Default: the
        folded structure.
    chain : str, optional
        Of a protein or structure file with several.
    fix : str, optional
        Residues that keep their shape in the structure, counted from 1: ``"3-8,12"``. The rest is
        sampled.
    seed : int, optional
        Fixes the random numbers; without it each new run draws one, which is shown.
    device : str
        "auto", "cpu", "cuda", ...
    folder : path or None
        Where runs are saved as they go; None saves nothing.
    projector : bool
        Larger type.
    guided_tour : bool
        Begin with a walk through what is on the screen.
    play : bool
        Run at once.
    **settings
        Of `SamplerConfig`: ``samples``, ``steps``, ``solver``, ``gamma``, ``eta``, ``guidance``,
        ``t_start``, ...

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
        representation: str | None = None,
        features: str | Path | None = None,
        structure: str | Path | None = None,
        chain: str | None = None,
        fix: str | None = None,
        seed: int | None = None,
        device: str = "auto",
        folder: str | Path | None = RUNS,
        projector: bool = False,
        guided_tour: bool = False,
        play: bool = False,
        **settings: Any,
    ) -> None:
        require_notebook()
        system = load_system(
            protein,
            model,
            unconditional,
            representation=representation,
            features=features,
            chain=chain,
        )
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
        super().__init__(layout={"width": "100%"})
        self.add_class("confdiff-explorer")
        if projector:
            self.add_class("confdiff-projector")
        self._dark = False
        self._notebook_output = NotebookOutput(lambda: self.session)
        self._controller = ExplorerController(
            session, self, folder=folder, notice=notice or "", tour=guided_tour
        )
        self._build()
        if play:
            session.play()

    @classmethod
    def from_file(cls, path: str | Path, **settings: Any) -> Explorer:
        """An Explorer of the protein in a FASTA, PDB or mmCIF file."""
        path = Path(path)
        if path.suffix.lower() in STRUCTURES:
            settings = {"structure": path, **settings}
        return cls(sequence_in(path, chain=settings.get("chain")), **settings)

    @property
    def session(self) -> Session:
        """The runs behind it; may be used from code while it is on the screen."""
        return self._controller.session

    def close(self) -> None:
        """End its threads and take it off the screen."""
        self._scheduler.close()
        self._notebook_output.close()
        self.session.close()
        close_all(*self.children)
        super().close()

    def __del__(self) -> None:
        if (
            "_scheduler" in self.__dict__
        ):  # else the constructor refused, and nothing is to be ended
            super().__del__()

    def _ipython_display_(self) -> None:
        """The widget, and below it the picture that a saved notebook keeps."""
        display({**self._repr_mimebundle_(), "text/plain": NOT_SHOWN}, raw=True)
        self._notebook_output.show()

    # --- asked for by the controller ----------------------------------------------------------------

    def rebuild(self) -> None:
        """Make all parts anew, for the protein that lies on the controller now."""
        old = self.children
        self._scheduler.close()
        self._build()
        close_all(*old)

    def refresh(self) -> None:
        """Draw what is new."""
        self._changed()

    def dark(self, dark: bool) -> None:
        """Follow the page's theme."""
        self._dark = dark
        self.plots.dark(dark)

    def type_size(self, pixels: float) -> None:
        """Follow the size of the page's type, in CSS pixels."""
        self.plots.type_size(pixels)

    def centre(self) -> None:
        """Bring the molecules back to the middle."""
        self.viewer.reset_view()

    def show_curves(self, view: str) -> None:
        """Choose what the lowest plot shows."""
        self.plots.view = view

    def hand_over(self, export: Export) -> None:
        """Give a file to the browser, or a text to its clipboard."""
        self._parts.hand_over(export)

    # --- drawing ------------------------------------------------------------------------------

    def _build(self) -> None:
        system = self.session.system
        reference = system.reference
        self._folded = None if reference is None else reference.folded
        self._views = ViewerPair(self._new_viewer)
        self.viewer = self._views.first
        self.plots = Plots(
            system,
            "none, the self-check says why" if self.session.energies.unavailable_reason else "",
        )
        self.plots.dark(self._dark)
        self.plots.on_points(
            clicked=lambda i: self._choose([i]), hovered=self._point_at, selected=self._choose
        )
        hear_while_busy(self.plots.figure)
        self._parts = parts = Panels(self._controller, self._hear, self.plots.view)
        self._scheduler = drawing = RenderScheduler(
            self._controller, self._views, self.plots, parts
        )
        for growing in (self._views, self.plots.figure):
            growing.add_class("confdiff-fill")
        stage = ipywidgets.VBox([parts.toolbar, self._views])
        curves = ipywidgets.VBox([self.plots.figure, parts.tabs])
        main = ipywidgets.Box([parts.knobs, stage, curves])
        main.add_class("confdiff-main")
        self.children = [parts.header, main, parts.timeline, parts.table]
        self.session.listen(self._changed, lambda: drawing.ready)
        self._changed()

    def _changed(self) -> None:
        """Something is new; any thread, returns at once."""
        self._scheduler.changed()
        self._notebook_output.wake()

    def _new_viewer(self) -> StructureViewer:
        viewer = StructureViewer(
            self.session.system.sequence,
            folded=self._folded,
            height="100%",
            flex="1 1 0",
            min_width="0",
        )
        viewer.observe(self._picked, "picked")
        viewer.observe(self._hovered, "hovered")
        return viewer

    # --- heard from the browser ---------------------------------------------------------------

    def _hear(self, message: dict[str, Any]) -> None:
        if "painted" in message:
            self._scheduler.painted(int(message["painted"]))
            return
        if "hover" in message:
            self._point_at(message["hover"])
            return
        self._controller.hear(message)
        self._changed()

    def _choose(self, conformers: list[int]) -> None:
        self._controller.choose(conformers)
        self._changed()

    def _picked(self, change: dict[str, Any]) -> None:
        frame = self._controller.frame
        if frame is not None and change["new"] is not None:
            shown = self._controller.display.which(frame)
            self._choose([shown[change["new"][0]]] if len(shown) > 1 else [])

    def _hovered(self, change: dict[str, Any]) -> None:
        frame, slot = self._controller.frame, change["new"]
        shown = self._controller.display.which(frame) if frame is not None else []
        self._point_at(shown[slot] if slot is not None and slot < len(shown) else None)

    def _point_at(self, conformer: int | None) -> None:
        """Light a conformer everywhere; None: none."""
        frame = self._controller.frame
        shown = self._controller.display.which(frame) if frame else []
        self.viewer.highlighted = shown.index(conformer) if conformer in shown else None
        self._controller.display.pointed = conformer
        self.plots.highlight(self._controller.display.outstanding)
        self._parts.point_at(conformer)
