"""The sweep panel: runs a sweep, maps its metrics and shows the conformers of each cell."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from ... import palette
from ...ensembles import Ensemble
from ...errors import SettingsError, UserError
from ...files.writing import write_bytes, write_text
from ...guidance.registry import NO_GUIDANCE, check_kind
from ...proteins.checkpoint_models import absolute_source
from ...proteins.system import System
from ...reports.melting_figures import save_melting
from ...sweep import Cell, grid
from ...sweep.figure import sweep_figure
from ...sweep.grid import MAX_CELLS, folder_name
from ...sweep.job import SweepJob
from ...sweep.maps import make_maps
from ...sweep.melting import MeltingCurves, SweepMelting
from ...sweep.score_table import score_html
from ...sweep.session import ACTIVE, SweepSession, SweepStatus
from ..notebook import require_notebook
from ..panel import handle_messages_while_busy
from ..streaming.render_thread import RenderThread
from ..viewer.viewer import OVERLAY, StructureViewer
from .melting_plot import MeltingPlot
from .sweep_plots import SweepPlots

if TYPE_CHECKING:
    from distributed import Client

DEFAULT_FOLDER = "confdiff_sweeps"
"""Folder of sweeps, relative to the notebook."""


class Sweep(ipywidgets.VBox):
    """Sample with several guidance parameters and seeds, and compare the results.

    A click on a cell shows its conformers. Results stored in the folder are shown at once, and
    *Run* computes the others. The sweep continues while other cells of the notebook run. After a
    restart of the kernel, `Sweep.from_folder` opens it again.

    Parameters
    ----------
    proteins : str or sequence of str
        Bundled proteins, or sequences together with ``model``.
    eta, gamma, seed : sequence of numbers
        Physical guidance strengths (default: that of the kind of guidance), classifier-free
        guidance scales and random seeds.
    temperature : sequence of numbers, optional
        Temperatures in K instead of ``eta``, for thermal networks. The sweep then shows melting
        curves.
    samples : int
        Conformers per cell.
    guidance : {"force", "energy", "temperature"}, optional
        Kind of physical guidance, or "none". Default: temperature guidance for bundled proteins.
    energies : int
        Conformers per cell whose OpenMM energies are computed; 0 for none.
    max_cells : int
        Largest number of cells.
    folder : path, optional
        Results folder. Default: a folder with the protein's name in `confdiff_sweeps`.
    workers : int, optional
        Worker processes on this machine. Default: one per GPU, otherwise one per core.
    client : distributed.Client, optional
        Client of another cluster to use instead.
    model, unconditional, guidance_network, representation, features : optional
        Networks instead of the bundled ones; see `proteins.system.load_system`.
    **settings
        Other settings of `SamplerConfig`.

    Attributes
    ----------
    session : SweepSession
    plots : SweepPlots
    melting : MeltingPlot
    viewer : StructureViewer

    Raises
    ------
    NotebookNeededError
        Outside a Jupyter kernel.
    UserError
        If a protein, a setting, a network or the folder cannot be used.
    """

    def __init__(
        self,
        proteins: str | Sequence[str] = "chignolin",
        *,
        eta: Sequence[float] | None = None,
        temperature: Sequence[float] | None = None,
        gamma: Sequence[float] = (0.0, 0.5, 1.0),
        seed: Sequence[int] = (0,),
        samples: int = 64,
        guidance: str | None = None,
        energies: int = 32,
        max_cells: int = MAX_CELLS,
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
        check_kind(guidance or NO_GUIDANCE)
        physical, kind = _physical_axis(eta, temperature, guidance)
        axes = {**physical, "gamma": gamma, "seed": seed}
        cells = [
            cell
            for name in names
            for cell in grid(
                [name],
                axes=axes,
                max_cells=max_cells,
                samples=samples,
                **job.physical_settings(name, kind, axes),
                **settings,
            )
        ]
        results = Path(DEFAULT_FOLDER) / folder_name(names) if folder is None else folder
        self._build(SweepSession(cells, job, results, workers=workers, client=client))

    @classmethod
    def from_folder(
        cls, folder: str | Path, *, workers: int | None = None, client: Client | None = None
    ) -> Sweep:
        """Open a results folder of this class or of `confdiff sweep`."""
        require_notebook()
        self = cls.__new__(cls)
        self._build(SweepSession.open(folder, workers=workers, client=client))
        return self

    def close(self) -> None:
        """Stop the sweep and remove the panel."""
        self.session.cancel()
        self._render_thread.close()
        super().close()

    def __del__(self) -> None:
        if "_render_thread" in self.__dict__:  # missing if the constructor raised an error
            super().__del__()

    # --- private ------------------------------------------------------------------------------

    def _build(self, session: SweepSession) -> None:
        self.session = session
        proteins = list(dict.fromkeys(cell.protein for cell in session.cells.values()))
        if not proteins:
            raise SettingsError(
                f"{session.store.folder} contains no sweep. Start one with Sweep(...) or "
                "`confdiff sweep`."
            )
        self._selected: tuple[int, int] | None = None
        self._ensemble: Ensemble | None = None
        self._bar = ipywidgets.IntProgress(max=len(session.cells), layout={"width": "220px"})
        self._progress = ipywidgets.HTML(layout={"flex": "1 1 auto"})
        self._notice = ipywidgets.HTML()
        self._caption = ipywidgets.HTML()
        self._scores = ipywidgets.HTML(layout={"max_height": "320px", "overflow": "auto"})
        self._run = ipywidgets.Button(
            description="Run", icon="play", layout={"width": "100px"},
            tooltip="Compute all cells that are not stored yet",
        )  # fmt: skip
        self._cancel = ipywidgets.Button(
            description="Cancel", icon="stop", layout={"width": "100px"},
            tooltip="Stop the sweep. Stored results are kept.",
        )  # fmt: skip
        self._export = ipywidgets.Button(
            description="Export", icon="download", layout={"width": "100px"},
            tooltip="Write table.csv, table.parquet and figures to the results folder",
        )  # fmt: skip
        self._protein = ipywidgets.Dropdown(options=proteins, layout={"width": "140px"})
        self._protein.layout.display = "" if len(proteins) > 1 else "none"
        self.plots, self.melting = SweepPlots(), MeltingPlot()
        self._curves = MeltingCurves(session.store, session.job)
        self._viewer_box = ipywidgets.VBox(layout={"flex": "1 1 300px", "min_width": "260px"})
        self._plots_box = ipywidgets.VBox(
            [self.plots.figure], layout={"flex": "3 1 640px", "min_width": "0"}
        )
        controls = ipywidgets.HBox(
            [self._protein, self._run, self._cancel, self._export, self._bar, self._progress],
            layout={"align_items": "center", "flex_flow": "row wrap"},
        )
        plots = [self._plots_box, self._viewer_box]
        main = ipywidgets.HBox(plots, layout={"flex_flow": "row wrap"})
        parts = [controls, self._notice, main, self._scores, self.melting]
        super().__init__(parts, layout={"width": "100%"})
        self.add_class("confdiff-sweep")
        self._run.on_click(lambda _: session.start())
        self._cancel.on_click(lambda _: session.cancel())
        self._export.on_click(lambda _: self._write())
        self._protein.observe(lambda _: self._change_protein(), "value")
        self.plots.on_cell(self._select_cell)
        self.plots.on_conformer(lambda i: self._show([i]))
        handle_messages_while_busy(
            self._run, self._cancel, self._export, self._protein, self.plots.figure
        )
        self._render_thread = RenderThread(self._render)
        self._change_protein()
        session.listen(self._render_thread.wake)

    @property
    def _system(self) -> System:
        return self.session.job.system(self._protein.value)

    def _change_protein(self) -> None:
        system = self._system
        folded = system.folded
        self.viewer = StructureViewer(system.sequence, slots=OVERLAY, folded=folded, height="440px")
        self._selected, self._ensemble = None, None
        self._caption.value = "Click a cell to show its conformers."
        self._viewer_box.children = [self.viewer, self._caption]
        self.plots.draw_reference(system)
        self._render_thread.wake()

    def _render(self) -> None:
        session = self.session
        maps = make_maps(session.cells, session.rows, self._protein.value)
        self.plots.draw_maps(maps, self._selected)
        stored = (session.rows.get(key) for key in self._cells_of_protein())
        self._scores.value = score_html([cell for cell in stored if cell is not None])
        self._draw_melting()
        self._bar.value = len(session.rows)
        active = session.status in ACTIVE
        self._run.disabled = active or session.status is SweepStatus.FINISHED
        self._run.description = "Resume" if session.rows else "Run"
        self._cancel.disabled = not active
        self._progress.value = _progress_line(session)
        self._notice.value = f"<b>{html.escape(session.notice)}</b>" if session.notice else ""

    def _cells_of_protein(self) -> dict[str, Cell]:
        """Return the cells of the selected protein by key."""
        cells, protein = self.session.cells, self._protein.value
        return {key: cell for key, cell in cells.items() if cell.protein == protein}

    def _draw_melting(self) -> None:
        try:
            curves = self._melting_curves()
        except UserError as error:
            self.melting.draw([])
            self._caption.value = html.escape(str(error))
        else:
            self.melting.draw(curves)

    def _melting_curves(self) -> list[SweepMelting]:
        """Return the melting curves of the selected protein."""
        return self._curves(self._cells_of_protein(), self.session.rows)

    def _select_cell(self, row: int, column: int) -> None:
        maps = make_maps(self.session.cells, self.session.rows, self._protein.value)
        self._selected = row, column
        keys = maps.keys.get((row, column), [])
        found = [self.session.rows[key] for key in keys if key in self.session.rows]
        finished = [stored for stored in found if not stored.reason]
        name = maps.name(row, column)
        self._ensemble = None
        if finished:
            try:
                self._ensemble = self.session.store.ensemble(finished[0].key)
            except UserError as error:
                self._caption.value = html.escape(str(error))
            else:
                self._show(range(OVERLAY), name)
        elif found:
            self._caption.value = f"{name} failed: {html.escape(found[0].reason)}"
        else:
            self._caption.value = f"{name} is not computed yet."
        self._render_thread.wake()

    def _show(self, conformers: Sequence[int], cell: str = "") -> None:
        """Show conformers of the selected cell; with a name of the cell, draw its TICs too."""
        ensemble = self._ensemble
        if ensemble is None:
            return
        shown = [i for i in conformers if i < len(ensemble)]
        colors = [palette.conformer(i) for i in shown]
        labels = [f"conformer {i}" for i in shown]
        self.viewer.show(ensemble.backbone[shown], colors, labels=labels)
        if cell:
            self.plots.draw_conformers(ensemble, self._system, colors)
            self._caption.value = f"{cell}: {len(shown)} of {len(ensemble)} conformers"
        else:
            self._caption.value = f"{', '.join(labels)} of {len(ensemble)}"

    def _write(self) -> None:
        """Export the tables and figures to the results folder."""
        store, protein = self.session.store, self._protein.value
        maps = make_maps(self.session.cells, self.session.rows, protein)
        try:
            store.write_table()
            png = store.folder / f"{protein[:40]}.png"
            write_bytes(png, sweep_figure(maps, protein))
            page = png.with_suffix(".html")
            write_text(page, self.plots.figure.to_html(include_plotlyjs=True))
            curves = self._melting_curves()
            stem = store.folder / f"{self._system.name}-melting"
            melting = save_melting(curves, stem) if curves else []
        except UserError as error:
            self._notice.value = f"<b>{html.escape(str(error))}</b>"
            return
        self._notice.value = (
            f"Written to {html.escape(str(store.folder))}: table.csv, table.parquet, "
            f"{', '.join(file.name for file in (png, page, *melting))}"
        )


def _physical_axis(
    eta: Sequence[float] | None, temperature: Sequence[float] | None, guidance: str | None
) -> tuple[dict[str, Sequence[float]], str | None]:
    """Return the axis of η or that of the temperature, if any, and the kind of guidance."""
    if temperature is None:
        return {} if eta is None else {"eta": eta}, guidance
    if eta is not None:
        raise SettingsError("Both eta and temperature are given. Give one of the two.")
    return {"temperature": temperature}, guidance or "temperature"


def _progress_line(session: SweepSession) -> str:
    """Return the progress and the remaining time, as HTML."""
    parts = [f"{len(session.rows)} of {len(session.cells)} cells", session.status.value]
    remaining = session.seconds_left
    if remaining is not None:
        minutes = f"{remaining / 60:.0f} min left"
        parts.append(minutes if remaining > 90 else f"{remaining:.0f} s left")
    if session.dashboard:
        link = html.escape(session.dashboard, quote=True)
        parts.append(f'<a href="{link}" target="_blank" rel="noopener">dask dashboard</a>')
    return " · ".join(parts)
