"""``confdiff evaluate``: ensembles of any method against a reference."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SettingsError
from ._console import messages, output, print_wide, progress_bar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID
    from rich.table import Table

    from ..ensembles import EnsembleData
    from ..reports import EvaluationSettings, KnownStates, Target


def evaluate(
    ensembles: Annotated[
        list[str],
        typer.Argument(
            help="PDB, mmCIF, XTC, DCD or NPZ files, or folders of structures; NAME=FILE sets a "
            "name."
        ),
    ],
    protein: Annotated[
        str | None,
        typer.Option(help="Evaluate against the reference of this bundled protein."),
    ] = None,
    reference: Annotated[
        list[Path] | None,
        typer.Option(
            help="Evaluate against this trajectory (repeat for several), or against the folder of "
            "`confdiff md`.",
            show_default=False,
        ),
    ] = None,
    topology: Annotated[
        Path | None,
        typer.Option(
            help="Topology (a structure file) for trajectories that have no NAME-topology.pdb.",
            show_default=False,
        ),
    ] = None,
    folded: Annotated[
        Path | None,
        typer.Option(help="Folded structure, with --reference (default: the topology)."),
    ] = None,
    lag: Annotated[
        float | None,
        typer.Option(
            help="TICA lag in ps, with --reference (default: 1/20 of the shortest trajectory).",
            show_default=False,
        ),
    ] = None,
    frame_ps: Annotated[
        float | None,
        typer.Option(help="Time between reference frames in ps, if the files do not state it."),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            help="Temperature of the ensembles in K. With --protein, the reference is weighted to "
            "it (default: that of the protein); with --reference, it is that of the trajectories "
            "(default: 300).",
            show_default=False,
        ),
    ] = None,
    states: Annotated[
        list[Path] | None,
        typer.Option(
            help="Structure of a known state; repeat for several (default: find states).",
            show_default=False,
        ),
    ] = None,
    n_states: Annotated[int, typer.Option(help="Number of states to find in the reference.")] = 4,
    covered: Annotated[
        float, typer.Option(help="CA-RMSD in Å below which a state counts as found.")
    ] = 2.0,
    clip: Annotated[
        bool,
        typer.Option(help="Clip values outside the reference's range instead of dropping them."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Random seed of baselines, intervals and subsets.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Base name of the output files NAME.html, NAME.json and NAME.csv (default: "
            "evaluation).",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the JSON.")] = False,
) -> None:
    """Evaluate ensembles of one protein against a reference, with sampling baselines.

    With --states alone, report how close each ensemble comes to these structures.

    Example: confdiff evaluate ours.xtc af=alphafold_output/ --protein chignolin
    """
    from ..files.writing import check_folder
    from ..reports import EvaluationSettings, read_states
    from ..reports import evaluate as evaluate_ensembles
    from ..reports.saving import save
    from ..reports.tables import rich_table

    settings = EvaluationSettings(
        n_states=n_states, covered=covered, outside="clip" if clip else "drop", seed=seed
    )
    stem = _stem(out)
    check_folder(stem.parent)
    if states and protein is None and not reference:
        given = {"--folded": folded, "--lag": lag, "--frame-ps": frame_ps,
                 "--temperature": temperature}  # fmt: skip
        _refuse(given, "needs --reference", "Add --reference, or remove")
        _recover(ensembles, states, topology, settings, stem, as_json)
        return
    with progress_bar("", quiet=as_json) as bar:
        task = bar.add_task("Reading", total=None, note="")
        target = _target(
            protein, reference, topology, folded, lag, frame_ps, temperature, bar, task
        )
        known: KnownStates | None = read_states(states, target.sequence) if states else None
        read = [_read(text, target.sequence, topology, bar, task) for text in ensembles]
        bar.update(task, description="Evaluating", total=len(read) + 2, completed=0)
        done = -1

        def show(what: str) -> None:
            nonlocal done
            done += 1
            bar.update(task, completed=done, note=what)

        evaluation = evaluate_ensembles(read, target, known=known, settings=settings, progress=show)
        files = save(evaluation, stem)
    if as_json:
        output.print_json(json.dumps(evaluation.to_dict()))
        return
    for note in target.notes:
        messages.print(note, style="dim", highlight=False)
    _print_table([one.data for one in evaluation.ensembles], rich_table(evaluation), files)


def _print_table(ensembles: Sequence[EnsembleData], table: Table, files: list[Path]) -> None:
    for data in ensembles:
        for note in data.notes:
            messages.print(f"{data.name}: {note}", style="yellow")
    print_wide(table)
    output.print("written: " + ", ".join(map(str, files)))


def _refuse(options: Mapping[str, object], reason: str, fix: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise SettingsError(f"{name} {reason}. {fix} {name}.")


def _recover(
    ensembles: list[str],
    states: list[Path],
    topology: Path | None,
    settings: EvaluationSettings,
    stem: Path,
    as_json: bool,
) -> None:
    """Evaluate the recovery of known states without a reference."""
    from ..reports import evaluate_recovery, read_states
    from ..reports.saving import save_texts

    with progress_bar("", quiet=as_json) as bar:
        task = bar.add_task("Reading", total=None, note="")
        read = [_read(ensembles[0], None, topology, bar, task)]
        sequence = read[0].sequence
        read += [_read(text, sequence, topology, bar, task) for text in ensembles[1:]]
        known = read_states(states, sequence)
    found = evaluate_recovery(read, known, sequence, covered=settings.covered, seed=settings.seed)
    text = json.dumps(found.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    files = save_texts(stem, {".json": text, ".csv": found.csv_text()})
    if as_json:
        output.print_json(json.dumps(found.to_dict()))
        return
    messages.print(
        "No --protein and no --reference: only the known states are evaluated.", style="dim"
    )
    for note in known.notes:
        messages.print(f"State {note}", style="dim", highlight=False)
    _print_table(found.ensembles, found.to_table(), files)


def _target(
    protein: str | None,
    reference: list[Path] | None,
    topology: Path | None,
    folded: Path | None,
    lag: float | None,
    frame_ps: float | None,
    temperature: float | None,
    bar: Progress,
    task: TaskID,
) -> Target:
    from .. import proteins
    from ..reports import Target
    from ..reports.simulation_target import simulation_target

    if (protein is None) == (not reference):
        raise SettingsError(
            "Give either --protein or --reference, or --states alone. Bundled proteins: "
            f"{', '.join(proteins.names())}."
        )
    if protein is not None:
        own = {"--folded": folded, "--lag": lag, "--frame-ps": frame_ps}
        reason = f"cannot be used with --protein, because {protein} sets it"
        _refuse(own, reason, "Use --reference instead of --protein, or remove")
        return Target.of_protein(proteins.get(protein), temperature)
    assert reference
    if any(path.is_dir() for path in reference):
        if len(reference) > 1:
            raise SettingsError(
                "--reference has a folder and other paths. Give one folder of a simulation, or "
                "trajectories only."
            )
        sets = {"--folded": folded, "--frame-ps": frame_ps}
        reason = "cannot be used with the folder of a simulation, which sets it"
        _refuse(sets, reason, "Give trajectories instead of the folder, or remove")
        return simulation_target(
            reference[0],
            temperature=temperature,
            lag_ps=lag,
            progress=lambda frames: bar.update(task, completed=frames, note="the reference"),
        )
    return Target.from_files(
        reference,
        topology=topology,
        folded=folded,
        lag_ps=lag,
        frame_ps=frame_ps,
        temperature=temperature,
        progress=lambda frames: bar.update(task, completed=frames, note="the reference"),
    )


def _read(
    text: str, sequence: str | None, topology: Path | None, bar: Progress, task: TaskID
) -> EnsembleData:
    from ..ensembles import read_ensemble
    from ..ensembles.file_formats import find_topology

    name, _, file = text.rpartition("=")
    if Path(text).exists():
        name, file = "", text
    path = Path(file)
    return read_ensemble(
        path,
        topology=topology if find_topology(path) is None else None,
        sequence=sequence,
        name=name or None,
        progress=lambda frames: bar.update(task, completed=frames, note=path.name),
    )


def _stem(out: Path | None) -> Path:
    """Return the common name of the output files; without ``--out`` nothing is overwritten."""
    if out is not None and not out.name:
        raise SettingsError(f"--out is {out}, a folder. Name a file, such as evaluation.html.")
    if out is not None:
        return out.with_suffix("") if out.suffix in (".html", ".json", ".csv") else out
    stem, number = Path("evaluation"), 1
    while any(Path(f"{stem}{ending}").exists() for ending in (".html", ".json", ".csv")):
        number += 1
        stem = Path(f"evaluation-{number}")
    return stem
