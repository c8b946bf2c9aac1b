"""Recovery of known states by ensembles: values, renderings and refusals."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from rich.console import Console

from confdiff_widgets.analysis import ca_rmsd
from confdiff_widgets.ensembles import EnsembleData
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.reports import KnownStates, evaluate_recovery

SEQUENCE = "YYDPETGTWY"


@pytest.fixture(scope="module")
def frames(chignolin_heavy):
    return chignolin_heavy.atom14.positions[:, :, 1].numpy()


@pytest.fixture(scope="module")
def found(frames):
    known = KnownStates(("first", "last"), frames[[0, -1]], "frames")
    ensembles = [
        EnsembleData("with", SEQUENCE, frames[:12]),
        EnsembleData("without", SEQUENCE, frames[5:15]),
    ]
    return evaluate_recovery(ensembles, known, SEQUENCE, covered=0.5)


def test_a_state_in_the_ensemble_is_recovered_exactly(found, frames):
    with_it, without = found.recoveries
    assert with_it.rmsd.min(axis=0)[0] == pytest.approx(0, abs=1e-3)
    assert without.rmsd.min(axis=0)[0] == pytest.approx(ca_rmsd(frames[5:15], frames[0]).min())
    assert with_it.coverage >= 0.5


def test_all_renderings_have_the_same_numbers(found):
    stored = json.loads(json.dumps(found.to_dict()))
    assert stored["states"] == ["first", "last"] and stored["residues"] == 10
    rows = list(csv.DictReader(io.StringIO(found.csv_text())))
    for data, recovery in zip(found.ensembles, found.recoveries, strict=True):
        mine = [row for row in rows if row["ensemble"] == data.name]
        last = [row for row in mine if int(row["samples"]) == len(data)]
        values = {row["state"]: float(row["best_rmsd"]) for row in last}
        assert values["RMSDens"] == pytest.approx(recovery.rmsd_ens)
        assert values["first"] == pytest.approx(recovery.best[-1, 0])
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(found.to_table())
    text = console.export_text()
    assert f"{found.recoveries[1].rmsd_ens:.3f}" in text and "Hardest" in text


def test_names_are_different_and_there_is_an_ensemble(found, frames):
    data = EnsembleData("a", SEQUENCE, frames)
    with pytest.raises(SettingsError, match="Ensembles are called a, a"):
        evaluate_recovery([data, data], found.known, SEQUENCE)
    with pytest.raises(SettingsError, match="No ensemble was given"):
        evaluate_recovery([], found.known, SEQUENCE)


def test_ensembles_are_compared_on_common_residues(found, frames):
    short = EnsembleData("short", SEQUENCE[2:], np.ascontiguousarray(frames[:, 2:]))
    both = evaluate_recovery([short, found.ensembles[0]], found.known, SEQUENCE)
    assert both.known.ca.shape == (2, 8, 3)
