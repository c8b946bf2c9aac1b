"""``confdiff sweep``: stored cells, resuming and refusals."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from distributed import LocalCluster

from confdiff_widgets.models.temperature import eta_of_temperature
from confdiff_widgets.sweep import SweepStore
from confdiff_widgets.sweep.job import SweepJob

QUICK = ("-n", 4, "--steps", 2, "--energies", 0)


@pytest.fixture(scope="module")
def cluster():
    """A scheduler with one worker process, shared by the tests."""
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as made:
        yield ("--scheduler", made.scheduler_address)


def test_grids_are_stored_and_resumed(confdiff, cluster):
    arguments = ("sweep", "5awl", "--gamma", "0:1:2", "--seed", "0,1", *QUICK, *cluster)
    first = confdiff(*arguments, "--gamma", "1")
    assert first.exit_code == 0, first.stderr
    assert "2 cells computed, 0 already stored, 0 failed" in first.stdout
    assert "uses no TLS" in " ".join(first.stderr.split())
    again = confdiff(*arguments)
    assert again.exit_code == 0, again.stderr
    done = "2 cells computed, 2 already stored, 0 failed; results in sweep-chignolin"
    assert done in again.stdout
    store = SweepStore("sweep-chignolin")
    cells = store.cells()
    assert sorted((c.cell.config.gamma, c.cell.config.seed) for c in cells) == [
        (0.0, 0),
        (0.0, 1),
        (1.0, 0),
        (1.0, 1),
    ]
    for stored in cells:
        assert len(store.ensemble(stored.key)) == 4
        assert 0 <= stored.metrics["js_tic"] <= 0.833
        assert stored.metrics["js_tic_floor"] > 0
        assert stored.metrics["diversity"] > 0
    assert (store.folder / "table.parquet").is_file()


def test_guidance_networks(confdiff, cluster, trained_head, tmp_path):
    """Energy guidance from a separate head; the cell at η = 0 is shared with unguided sweeps."""
    arguments = ("sweep", "chignolin", *QUICK, *cluster, "--guidance-network", trained_head)
    result = confdiff(*arguments, "--eta", "0,0.5", "--out", "guided")
    assert result.exit_code == 0, result.stderr
    cells = {c.cell.config.eta: c for c in SweepStore("guided").cells()}
    assert cells[0.0].cell.config.guidance == "none"
    assert cells[0.5].cell.config.guidance == "energy"
    assert cells[0.0].metrics["diversity"] != cells[0.5].metrics["diversity"]

    plain = SweepJob(energies=0).keys([cells[0.0].cell])[0][0]
    assert plain == cells[0.0].key


def test_temperatures(confdiff, cluster, thermal):
    arguments = ("sweep", "GASP", "--model", thermal, "-n", 2, "--steps", 2, "--energies", 0)
    result = confdiff(*arguments, "--temperature", "300:450:3", "--out", "warm")
    assert result.exit_code == 0, result.stderr
    etas = sorted(cell.cell.config.eta for cell in SweepStore("warm").cells())
    assert etas == pytest.approx([eta_of_temperature(kelvin) for kelvin in (450.0, 375.0, 300.0)])
    assert "T (K)" in result.stdout and "375.0" in result.stdout
    assert "Melting curve of 4 residues" in result.stdout
    assert "No folded structure is known" in result.stdout
    rows = csv.DictReader(Path("warm/table.csv").read_text().splitlines())
    assert {float(row["temperature_k"]) for row in rows} == {300, 375, 450}
    again = confdiff("melting", "warm")
    assert again.exit_code == 0, again.stderr
    assert "Melting curve of 4 residues" in again.stdout
    assert Path("warm/gasp-melting.html").is_file()


def test_folders_without_a_melting_curve_are_refused(refused, confdiff, in_an_empty_folder):
    assert "not the results folder of a sweep" in refused("melting", "nothing")
    store = SweepStore("flat")
    store.request([], SweepJob(energies=0).to_dict())
    assert "has no melting curve" in refused("melting", "flat")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--eta", 1), "--temperature cannot be used with --eta"),
        (("--guidance", "force"), "--temperature cannot be used with --guidance force"),
        (("--temperature", "200:300:3"), "Temperature guidance covers 281 to 474 K"),
        (("--temperature", "warm"), "Give a range FROM:TO:COUNT"),
    ],
)
def test_temperatures_replace_eta(refused, thermal, arguments, words):
    command = ("sweep", "GASP", "--model", thermal, "--temperature", "300:450:3")
    assert words in refused(*command, *arguments)


def test_failed_cells_are_reported_and_others_stored(confdiff, cluster, trained):
    """A conditional network without an unconditional one needs γ = 1."""
    result = confdiff(
        "sweep", "chignolin", "--gamma", "0.5,1", "--model", trained, *QUICK, *cluster
    )
    assert result.exit_code == 1
    assert "1 cells computed, 0 already stored, 1 failed" in result.stdout
    assert "γ = 0.5 needs an unconditional network" in result.stderr
    assert "Traceback" not in result.stderr


def test_invalid_input_is_refused(refused):
    assert "FROM:TO:COUNT" in refused("sweep", "chignolin", "--gamma", "0-1")
    assert "contains no number" in refused("sweep", "chignolin", "--eta", ",")
    assert "no diversity" in refused("sweep", "chignolin", "-n", 1)
    assert "Give a whole number" in refused("sweep", "chignolin", "--seed", "0.5")
    assert "Did you mean chignolin?" in refused("sweep", "chignolim")
    assert "Give a whole number from 0 to" in refused("sweep", "chignolin", "--energies", -1)
    assert "solver" in refused("sweep", "chignolin", "--solver", "euler")


def test_results_folders_of_another_version_are_refused(confdiff):
    Path("old").mkdir()
    Path("old/sweep.json").write_text(json.dumps({"format": "confdiff-sweep-0"}))
    result = confdiff("sweep", "chignolin", *QUICK, "--out", "old")
    assert result.exit_code == 1
    assert "written by another version" in result.stderr


def _start(*arguments: object) -> subprocess.Popen:
    main = [sys.executable, "-c", "from confdiff_widgets.cli import app; app()"]
    return subprocess.Popen(
        [*main, "sweep", "chignolin", "-n", "4", "--steps", "2", "--energies", "0",
         *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def _wait_for_cells(process: subprocess.Popen, count: int) -> None:
    deadline = time.monotonic() + 240
    while len(list(Path("sweep-chignolin/cells").glob("*.json"))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_stopped_sweeps_resume(confdiff, cluster, number):
    """Ctrl-C is sent to the workers too, as by a terminal; SIGKILL cannot be handled."""
    seeds = ("--seed", ",".join(map(str, range(60))))
    process = _start(*seeds, "--workers", 1)
    _wait_for_cells(process, 3)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "of 60 cells are stored in sweep-chignolin" in errors
        assert "Traceback" not in errors
    done = sum(1 for stored in SweepStore("sweep-chignolin").cells())
    assert 3 <= done < 60
    result = confdiff("sweep", "chignolin", *QUICK, *seeds, *cluster)
    assert f"{60 - done} cells computed, {done} already stored, 0 failed" in result.stdout
