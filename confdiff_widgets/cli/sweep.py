"""``confdiff sweep``: sample, evaluate and store every cell of a grid of settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from ..errors import SettingsError
from ..ranges import shortened
from ._console import messages, output, print_wide, progress_bar
from .melting import show_melting

if TYPE_CHECKING:
    from ..sweep import SweepRun, SweepStore, Tally
    from ..sweep.job import SweepJob
    from ..sweep.store import StoredCell


def sweep(
    proteins: Annotated[list[str], typer.Argument(help="Bundled proteins or sequences.")],
    eta: Annotated[
        str | None,
        typer.Option(
            help="Values of η: FROM:TO:COUNT (0:4:5) or a list (0,0.5,1) (default: as for "
            "`confdiff sample`).",
            show_default=False,
        ),
    ] = None,
    temperature: Annotated[
        str | None,
        typer.Option(
            help="Temperatures in K, instead of η, in the same form (300:450:7); needs a thermal "
            "network.",
            show_default=False,
        ),
    ] = None,
    gamma: Annotated[str, typer.Option(help="Values of γ, in the same form.")] = "1",
    seed: Annotated[
        str, typer.Option(help="Seeds, in the same form; each seed adds a cell per combination.")
    ] = "0",
    samples: Annotated[int, typer.Option("--samples", "-n", help="Conformers per cell.")] = 64,
    guidance: Annotated[
        str | None,
        typer.Option(
            help="Kind of physical guidance: none, temperature, force or energy (default: as for "
            "`confdiff sample`; with --eta the first available).",
            show_default=False,
        ),
    ] = None,
    solver: Annotated[str, typer.Option(help="em, ddim, dpm or heun.")] = "",
    steps: Annotated[
        int | None,
        typer.Option(help="Solver steps (default: 1000 for em, otherwise 20).", show_default=False),
    ] = None,
    t_start: Annotated[
        float, typer.Option(help="Starting time; below 1, the folded structure is noised to it.")
    ] = 1.0,
    energies: Annotated[
        int, typer.Option(help="Conformers per cell with OpenMM energies; 0 for none.")
    ] = 32,
    model: Annotated[
        str | None,
        typer.Option(
            help="Networks: a published name (ConfDiff-ESM-r3-FORCE), a folder of `confdiff "
            "train`, a .safetensors or a Lightning .ckpt file."
        ),
    ] = None,
    unconditional: Annotated[
        str | None, typer.Option(help="Unconditional network, in addition to --model.")
    ] = None,
    guidance_network: Annotated[
        str | None, typer.Option(help="Checkpoint with the guidance head, if --model has none.")
    ] = None,
    representation: Annotated[
        str | None,
        typer.Option(
            help="Representation, if the file of --model does not state it: esmfold-r3, ..."
        ),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(help="Precomputed features: a folder or an NPZ (default: compute them)."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Results folder.", show_default="sweep-PROTEIN"),
    ] = None,
    max_cells: Annotated[
        int | None,
        typer.Option(help="Largest number of cells (default: 10000).", show_default=False),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Worker processes (default: one per GPU, otherwise one per core).",
            show_default=False,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Address of a running Dask scheduler: tls://HOST:8786, or tcp:// without TLS."
        ),
    ] = None,
) -> None:
    """Sample and evaluate every combination of settings. Run the same command again to resume.

    Finished cells are stored immediately and kept after Ctrl-C.

    Example: confdiff sweep chignolin --temperature 300:450:7 -n 200
    """
    from ..diffusion.solvers import DEFAULT_SOLVER, default_steps
    from ..guidance.registry import NO_GUIDANCE, check_kind
    from ..proteins.checkpoint_models import absolute_source
    from ..sweep import SweepRun, SweepStore, grid, parse_axis
    from ..sweep.cluster import check_packages, check_workers
    from ..sweep.grid import MAX_CELLS, folder_name
    from ..sweep.job import SweepJob

    check_packages()
    if samples < 2:
        raise SettingsError(f"A cell of {samples} conformers has no diversity. Give -n 2 or more.")
    check_kind(guidance or NO_GUIDANCE)
    if workers is not None:
        check_workers(workers)
    axes: dict[str, list[Any]] = {
        **_physical_axis(eta, temperature, guidance),
        "gamma": parse_axis(gamma, "--gamma"),
        "seed": parse_axis(seed, "--seed"),
    }
    kind = "temperature" if temperature is not None else guidance
    job = SweepJob(
        model=absolute_source(model),
        unconditional=absolute_source(unconditional),
        guidance_network=absolute_source(guidance_network),
        representation=representation,
        features=absolute_source(features),
        energies=_possible_energies(energies),
    )
    cells = [
        cell
        for protein in dict.fromkeys(map(_named, proteins))
        for cell in grid(
            [protein],
            axes=axes,
            max_cells=MAX_CELLS if max_cells is None else max_cells,
            samples=samples,
            **job.physical_settings(protein, kind, axes),
            solver=solver or DEFAULT_SOLVER,
            steps=default_steps(solver or DEFAULT_SOLVER) if steps is None else steps,
            t_start=t_start,
        )
    ]
    keyed = job.keys(cells)
    store = SweepStore(out or Path("sweep-" + folder_name([cell.protein for cell in cells])))
    store.request(keyed, job.to_dict())
    run = SweepRun(keyed, store, job)
    tally = _run(run, workers, scheduler)
    _report(run, job, tally)


def _physical_axis(
    eta: str | None, temperature: str | None, guidance: str | None
) -> dict[str, list[float]]:
    """Return the axis of η or that of the temperature; none if neither is given."""
    from ..sweep import parse_axis

    if temperature is None:
        return {} if eta is None else {"eta": parse_axis(eta, "--eta")}
    if eta is not None or guidance not in (None, "temperature"):
        other = "--eta" if eta is not None else f"--guidance {guidance}"
        raise SettingsError(f"--temperature cannot be used with {other}. Remove one of the two.")
    return {"temperature": parse_axis(temperature, "--temperature")}


def _named(protein: str) -> str:
    """Return the name of a protein for any of its aliases, so that their cells are the same."""
    from ..proteins import UnknownProteinError, get

    try:
        return get(protein).name
    except UnknownProteinError:
        return protein


def _possible_energies(count: int) -> int:
    """Return the number of energies, or 0 with a notice if OpenMM is missing."""
    from ..physics import OpenMMMissingError, choose_platform

    if count:
        try:
            choose_platform("auto")
        except OpenMMMissingError as error:
            messages.print(Text.assemble(("No energies:", "yellow"), f" {error}"))
            return 0
    return count


def _run(run: SweepRun, workers: int | None, scheduler: str | None) -> Tally:
    from ..sweep import connect, local_cluster
    from ..sweep.cluster import unencrypted_notice

    if scheduler is not None and (notice := unencrypted_notice(scheduler)):
        messages.print(notice, style="yellow")
    with (
        local_cluster(workers) if scheduler is None else connect(scheduler) as client,
        progress_bar("cells", quiet=False) as bar,
    ):
        if bar.disable:
            messages.print(f"{len(run.cells)} cells; dashboard {client.dashboard_link}")
        task = bar.add_task("Sweep", total=len(run.cells), note="")

        def show(stored: StoredCell) -> None:
            failed = f" {stored.reason}" if stored.reason else ""
            bar.update(task, advance=1, note=f"{stored.cell.strength}{failed}")

        try:
            return run.run(client, show)
        except KeyboardInterrupt:
            _report_stored(run.store, run)
            raise


def _report_stored(store: SweepStore, run: SweepRun) -> None:
    done = sum(1 for key in run.cells if (cell := store.load(key)) and not cell.reason)
    messages.print(
        f"{done} of {len(run.cells)} cells are stored in {store.folder}; "
        "run the same command again to resume."
    )


def _report(run: SweepRun, job: SweepJob, tally: Tally) -> None:
    from ..sweep.score_table import score_table

    store = run.store
    rows = [stored for key in run.cells if (stored := store.load(key)) is not None]
    scores = score_table(rows)
    table = Table(box=None, padding=(0, 1), caption=scores.caption, caption_justify="left")
    for heading in scores.headings:
        table.add_column(heading, justify="left" if heading == "protein" else "right")
    for texts in scores.rows:
        table.add_row(*texts)
    print_wide(table)
    output.print(
        f"{tally.computed} cells computed, {tally.found} already stored, {tally.failed} failed; "
        f"results in {store.folder}",
    )
    failed = [row for row in rows if row.reason]
    for row in failed:
        cell = f"{shortened(row.cell.protein, 40)}, {row.cell.strength}"
        messages.print(Text.assemble(("failed", "red"), f" {cell}: {row.reason}"))
    store.write_table()
    _draw(run)
    show_melting(store, job, run.cells, {row.key: row for row in rows})
    if failed:
        raise typer.Exit(1)


def _draw(run: SweepRun) -> None:
    """Write a figure for each protein with more than one cell."""
    from ..files.writing import write_bytes
    from ..sweep.figure import sweep_figure
    from ..sweep.maps import make_maps

    rows = {key: row for key in run.cells if (row := run.store.load(key)) is not None}
    for protein in dict.fromkeys(cell.protein for cell in run.cells.values()):
        maps = make_maps(run.cells, rows, protein)
        if len(maps.keys) > 1:
            path = run.store.folder / f"{protein[:40]}.png"
            write_bytes(path, sweep_figure(maps, protein))
