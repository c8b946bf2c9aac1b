"""A sweep in a notebook: maps that fill in live, and the conformers behind each cell."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from ... import palette
from ...ensembles import Ensemble
from ...errors import SettingsError, UserError
from ...proteins.system import System, absolute_source
from ...sweep import grid
from ...sweep.figure import sweep_figure
from ...sweep.job import SweepJob
from ...sweep.maps import make_maps
from ...sweep.session import ACTIVE, SweepSession, SweepStatus
from ..notebook import require_notebook
from ..panel import handle_messages_while_busy
from ..streaming.render_thread import RenderThread
from ..viewer.viewer import OVERLAY, StructureViewer
from .sweep_plots import SweepPlots

if TYPE_CHECKING:
    from distributed import Client

SWEEPS = "confdiff_sweeps"
"""Folder of sweeps, beside the notebook."""


class Sweep(ipywidgets.VBox):
    """Settings tried side by side; a click on a cell shows its conformers.

    What is stored in the folder is there at once; Run computes the rest. A sweep goes on while
    other cells of the notebook run, and after a restart `Sweep.from_folder` takes it up again.

    Parameters
    ----------
    proteins : str or sequence of str
        Bundled proteins, or sequences together with ``model``.
    eta, gamma, seed : sequence of numbers
        The axes.
    samples : int
        Conformers of a cell.
    guidance : {"force", "energy"}, optional
        What estimates the physical term where η is not 0; default: the first that is bundled.
    energies : int
        Conformers of a cell that OpenMM minimises; 0 leaves energies out.
    folder : path, optional
        Of the results; default: the protein's name in `confdiff_sweeps`.
    workers : int, optional
        Processes; default: one a GPU or a core.
    client : distributed.Client, optional
        Of a cluster of your own, instead of processes on this machine.
    model, unconditional, guidance_network, representation, features : optional
        Networks in place of the bundled ones; see `proteins.system.load_system`.
    **settings
        Other settings of `SamplerConfig`.

    Attributes
    ----------
    session : SweepSession
    plots : SweepPlots
    viewer : StructureViewer

    Raises
    ------
    NotebookNeededError
        Outside a Jupyter kernel.
    UserError
        For a protein, setting or folder that cannot be used.
    """

    def __init__(
        self,
        proteins: str | Sequence[str] = "chignolin",
        *,
        eta: Sequence[float] = (0.0,),
        gamma: Sequence[float] = (0.0, 0.5, 1.0),
        seed: Sequence[int] = (0,),
        samples: int = 64,
        guidance: str | None = None,
        energies: int = 32,
        folder: str | Path | None = None,
        workers: int | None = None,
        client: Client | None = None,
        model: str | Path | None = None,
        unconditional: str | Path | None = None,
        guidance_network: str | Path | None = None,
        representation: str | None = None,
        features: str | Path | None = None,
        **settings: Any,
    ) -> None:
        require_notebook()
        names = [proteins] if isinstance(proteins, str) else list(proteins)
        job = SweepJob(
            model=absolute_source(model),
            unconditional=absolute_source(unconditional),
            guidance_network=absolute_source(guidance_network),
            representation=representation,
            features=absolute_source(features),
            energies=energies,
        )
        axes = {"eta": eta, "gamma": gamma, "seed": seed}
        cells = [
            cell
            for name in names
            for cell in grid(
                [name],
                axes=axes,
                samples=samples,
                guidance=job.guidance(name, guidance) if any(eta) else "none",
                **settings,
            )
        ]
        where = Path(SWEEPS) / "-".join(names) if folder is None else folder
        self._begin(SweepSession(cells, job, where, workers=workers, client=client))

    @classmethod
    def from_folder(
        cls, folder: str | Path, *, workers: int | None = None, client: Client | None = None
    ) -> Sweep:
        """The sweep of a folder, of this class or of `confdiff sweep`, as far as it came."""
        require_notebook()
        self = cls.__new__(cls)
        self._begin(SweepSession.open(folder, workers=workers, client=client))
        return self

    def close(self) -> None:
        """Stop the sweep and take it off the screen."""
        self.session.cancel()
        self._render_thread.close()
        super().close()

    def __del__(self) -> None:
        if (
            "_render_thread" in self.__dict__
        ):  # else the constructor refused, and nothing is to be ended
            super().__del__()

    # --- parts --------------------------------------------------------------------------------

    def _begin(self, session: SweepSession) -> None:
        self.session = session
        proteins = list(dict.fromkeys(cell.protein for cell in session.cells.values()))
        if not proteins:
            raise SettingsError(f"{session.store.folder} holds no sweep yet.")
        self._chosen: tuple[int, int] | None = None
        self._ensemble: Ensemble | None = None
        self._bar = ipywidgets.IntProgress(max=len(session.cells), layout={"width": "220px"})
        self._about = ipywidgets.HTML(layout={"flex": "1 1 auto"})
        self._notice = ipywidgets.HTML()
        self._cell = ipywidgets.HTML()
        self._run = ipywidgets.Button(description="Run", icon="play", layout={"width": "100px"})
        self._cancel = ipywidgets.Button(
            description="Cancel", icon="stop", layout={"width": "100px"},
            tooltip="Stop; what is stored stays",
        )  # fmt: skip
        self._export = ipywidgets.Button(
            description="Export", icon="download", layout={"width": "100px"},
            tooltip="Write table.csv, table.parquet and figures into the sweep's folder",
        )  # fmt: skip
        self._protein = ipywidgets.Dropdown(options=proteins, layout={"width": "140px"})
        self._protein.layout.display = "" if len(proteins) > 1 else "none"
        self.plots = SweepPlots()
        self._place = ipywidgets.VBox(layout={"flex": "1 1 300px", "min_width": "260px"})
        self._plots_box = ipywidgets.VBox(
            [self.plots.figure], layout={"flex": "3 1 640px", "min_width": "0"}
        )
        head = ipywidgets.HBox(
            [self._protein, self._run, self._cancel, self._export, self._bar, self._about],
            layout={"align_items": "center", "flex_flow": "row wrap"},
        )
        main = ipywidgets.HBox([self._plots_box, self._place], layout={"flex_flow": "row wrap"})
        super().__init__([head, self._notice, main], layout={"width": "100%"})
        self.add_class("confdiff-sweep")
        self._run.on_click(lambda _: session.start())
        self._cancel.on_click(lambda _: session.cancel())
        self._export.on_click(lambda _: self._write())
        self._protein.observe(lambda _: self._switch(), "value")
        self.plots.on_cell(self._choose)
        self.plots.on_conformer(lambda i: self._show([i]))
        handle_messages_while_busy(
            self._run, self._cancel, self._export, self._protein, self.plots.figure
        )
        self._render_thread = RenderThread(self._paint)
        self._switch()
        session.listen(self._render_thread.wake)

    @property
    def _system(self) -> System:
        return self.session.job.system(self._protein.value)

    def _switch(self) -> None:
        """Another protein."""
        system = self._system
        folded = None if system.reference is None else system.reference.folded
        self.viewer = StructureViewer(system.sequence, slots=OVERLAY, folded=folded, height="440px")
        self._chosen, self._ensemble = None, None
        self._cell.value = "Click a cell to see its conformers."
        self._place.children = [self.viewer, self._cell]
        self.plots.system(system)
        self._render_thread.wake()

    # --- drawing ------------------------------------------------------------------------------

    def _paint(self) -> None:
        session = self.session
        maps = make_maps(session.cells, session.rows, self._protein.value)
        self.plots.draw(maps, self._chosen)
        self._bar.value = len(session.rows)
        active = session.status in ACTIVE
        self._run.disabled = active or session.status is SweepStatus.FINISHED
        self._run.description = "Resume" if session.rows else "Run"
        self._cancel.disabled = not active
        self._about.value = _progress(session)
        self._notice.value = f"<b>{html.escape(session.notice)}</b>" if session.notice else ""

    def _choose(self, row: int, column: int) -> None:
        maps = make_maps(self.session.cells, self.session.rows, self._protein.value)
        self._chosen = row, column
        keys = maps.keys.get((row, column), [])
        eta, gamma = maps.parameters(row, column)
        found = [self.session.rows[key] for key in keys if key in self.session.rows]
        done = [stored for stored in found if not stored.reason]
        head = f"η {eta:g}, γ {gamma:g}"
        self._ensemble = None
        if done:
            try:
                self._ensemble = self.session.store.ensemble(done[0].key)
            except UserError as error:
                self._cell.value = html.escape(str(error))
            else:
                self._show(range(OVERLAY), head)
        elif found:
            self._cell.value = f"{head} failed: {html.escape(found[0].reason)}"
        else:
            self._cell.value = f"{head} is not computed yet."
        self._render_thread.wake()

    def _show(self, conformers: Sequence[int], head: str = "") -> None:
        ensemble = self._ensemble
        if ensemble is None:
            return
        shown = [i for i in conformers if i < len(ensemble)]
        colors = [palette.conformer(i) for i in shown]
        labels = [f"conformer {i}" for i in shown]
        self.viewer.show(ensemble.backbone[shown], colors, labels=labels)
        if head:
            self.plots.show(ensemble, self._system, colors)
            self._cell.value = f"{head}: {len(shown)} of {len(ensemble)} conformers"
        else:
            self._cell.value = f"{', '.join(labels)} of {len(ensemble)}"

    # --- taking away --------------------------------------------------------------------------

    def _write(self) -> None:
        store, protein = self.session.store, self._protein.value
        maps = make_maps(self.session.cells, self.session.rows, protein)
        try:
            store.write_table()
            png = store.folder / f"{protein[:40]}.png"
            png.write_bytes(sweep_figure(maps, protein))
            page = png.with_suffix(".html")
            page.write_text(self.plots.figure.to_html(include_plotlyjs=True), encoding="utf-8")
        except (UserError, OSError) as error:
            self._notice.value = f"<b>{html.escape(str(error))}</b>"
            return
        self._notice.value = (
            f"Written into {html.escape(str(store.folder))}: table.csv, table.parquet, "
            f"{png.name}, {page.name}"
        )


def _progress(session: SweepSession) -> str:
    parts = [f"{len(session.rows)} of {len(session.cells)} cells", session.status.value]
    left = session.seconds_left
    if left is not None:
        parts.append(f"{left / 60:.0f} min left" if left > 90 else f"{left:.0f} s left")
    if session.dashboard:
        link = html.escape(session.dashboard, quote=True)
        parts.append(f'<a href="{link}" target="_blank" rel="noopener">dask dashboard</a>')
    return " · ".join(parts)
