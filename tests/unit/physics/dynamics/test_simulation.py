"""Simulations: files, resuming, energies and refusals."""

from __future__ import annotations

import json
import resource
import signal
from pathlib import Path

import mdtraj
import numpy as np
import openmm
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.files.writing import OutputError
from confdiff_widgets.physics.dynamics import simulation
from confdiff_widgets.physics.dynamics.config import DynamicsConfig
from confdiff_widgets.physics.dynamics.engine import (
    Engine,
    UnstableSimulationError,
)
from confdiff_widgets.physics.dynamics.run_folder import RunFolder
from confdiff_widgets.physics.dynamics.simulation import simulate

from .conftest import EXCHANGE

FILES = ["md.checkpoint", "md.json", "remd.npz", "remd_00.xtc", "remd_01.xtc", "system.xml",
         "topology.pdb"]  # fmt: skip


def run(glycines, folder: Path, config: DynamicsConfig = EXCHANGE, **options):
    return simulate(glycines, folder, config, platform="CPU", cores=1, **options)


def stop_after(frames: int, error: type[BaseException]):
    """Return a report that raises after some frames."""

    def report(what, done, total, speed):
        if what == "simulating" and done == frames:
            raise error

    return report


def assert_equal_runs(folder: Path, other: Path) -> None:
    for name in ("remd_00.xtc", "remd_01.xtc", "system.xml", "topology.pdb"):
        assert (folder / name).read_bytes() == (other / name).read_bytes()
    with np.load(folder / "remd.npz") as found, np.load(other / "remd.npz") as wanted:
        assert found.files == wanted.files
        for name in wanted.files:
            np.testing.assert_array_equal(found[name], wanted[name])


def test_files_have_the_layout_of_training_data(finished):
    assert sorted(path.name for path in finished.iterdir()) == FILES
    with np.load(finished / "remd.npz") as arrays:
        assert arrays["potential_kj_mol"].shape == arrays["temperature_k"].shape == (2, 6)
        assert arrays["potential_kj_mol"].dtype == arrays["temperature_k"].dtype == np.float32
        kelvin = np.sort(arrays["temperature_k"], axis=0)
        assert (kelvin == [[300.0], [450.0]]).all()
        assert arrays["time_ps"].tolist() == [1, 2, 3, 4, 5, 6]
        assert arrays["exchanges_attempted"].tolist() == [3]
        assert 0 <= arrays["exchanges_accepted"][0] <= 3
    for k in range(2):
        frames = mdtraj.load(finished / f"remd_{k:02d}.xtc", top=finished / "topology.pdb")
        assert frames.time.tolist() == [1, 2, 3, 4, 5, 6]
        assert [r.name for r in frames.topology.residues] == ["GLY", "GLY"]


def test_written_energies_are_those_of_the_frames(finished):
    system = openmm.XmlSerializer.deserialize((finished / "system.xml").read_text())
    context = openmm.Context(
        system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference")
    )
    with np.load(finished / "remd.npz") as arrays:
        written = arrays["potential_kj_mol"]
    for k in range(2):
        frames = mdtraj.load(finished / f"remd_{k:02d}.xtc", top=finished / "topology.pdb")
        for positions, energy in zip(frames.xyz, written[k], strict=True):
            context.setPositions(positions.astype(float))
            found = context.getState(energy=True).getPotentialEnergy()._value
            assert found == pytest.approx(energy, abs=8)  # XTC rounds to 0.001 nm


def test_a_finished_run_is_not_computed_again(glycines, finished, monkeypatch):
    monkeypatch.setattr(Engine, "advance", lambda *_: pytest.fail("computed"))
    before = {path.name: path.stat().st_mtime_ns for path in finished.iterdir()}
    done = run(glycines, finished)
    assert done.frames == 6
    assert {path.name: path.stat().st_mtime_ns for path in finished.iterdir()} == before


@pytest.mark.parametrize("frames", [1, 4])
def test_interrupted_runs_keep_frames_and_resume_bit_by_bit(glycines, finished, tmp_path, frames):
    with pytest.raises(KeyboardInterrupt):
        run(glycines, tmp_path / "run", report=stop_after(frames, KeyboardInterrupt))
    kept = mdtraj.load(tmp_path / "run" / "remd_01.xtc", top=tmp_path / "run" / "topology.pdb")
    with np.load(tmp_path / "run" / "remd.npz") as arrays:
        assert len(kept) == arrays["potential_kj_mol"].shape[1] == frames
    for k in range(2):  # half a frame, as a kill leaves it
        with (tmp_path / "run" / f"remd_{k:02d}.xtc").open("ab") as file:
            file.write(b"\x00\x00\x07\xcb" + bytes(99 * k))
    assert run(glycines, tmp_path / "run").frames == 6
    assert_equal_runs(tmp_path / "run", finished)


def test_a_kill_between_two_files_is_repaired(glycines, finished, tmp_path, monkeypatch):
    """A checkpoint that is older than the energies and trajectories."""
    monkeypatch.setattr(simulation, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(simulation, "CHECKPOINT_SHARE", 1e9)
    folder = tmp_path / "run"
    with pytest.raises(ZeroDivisionError):  # no time to save, as with SIGKILL
        run(glycines, folder, report=stop_after(3, ZeroDivisionError))
    old = (folder / "md.checkpoint").read_bytes()
    with pytest.raises(ZeroDivisionError):
        run(glycines, folder, report=stop_after(5, ZeroDivisionError))
    (folder / "md.checkpoint").write_bytes(old)
    with np.load(folder / "remd.npz") as arrays:
        assert arrays["temperature_k"].shape == (2, 4)
    assert run(glycines, folder).frames == 6
    assert_equal_runs(folder, finished)


def test_an_unstable_run_keeps_its_frames(glycines, tmp_path, monkeypatch):
    advance, calls = Engine.advance, []

    def diverge(self, replicas, *rest):
        calls.append(1)
        if len(calls) == 3:
            replicas[1].velocities[:] = np.inf
        return advance(self, replicas, *rest)

    monkeypatch.setattr(Engine, "advance", diverge)
    message = r"Replica 1 became unstable.* 2 of 6 frames are kept\. Check the structure, or start"
    with pytest.raises(UnstableSimulationError, match=message):
        run(glycines, tmp_path / "run")
    kept = mdtraj.load(tmp_path / "run" / "remd_00.xtc", top=tmp_path / "run" / "topology.pdb")
    assert len(kept) == 2
    assert np.isfinite(kept.xyz).all()


def test_a_full_disk_keeps_what_was_saved(glycines, finished, tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run(glycines, folder, report=stop_after(2, KeyboardInterrupt))
    sizes = [(folder / name).stat().st_size for name in FILES]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (sizes[3] + 50, before[1]))
    try:
        with pytest.raises(OutputError, match=r"2 of 6 frames are kept; run the same command"):
            run(glycines, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [(folder / name).stat().st_size for name in FILES] == sizes
    run(glycines, folder)
    assert_equal_runs(folder, finished)


def test_other_settings_are_refused_with_what_differs(glycines, finished):
    for changes, message in (
        ({"seed": 6}, "seed 5 there, 6 here"),
        ({"time_ns": 0.007}, r"time \(ns\) 0.006 there, 0.007 here"),
        (
            {"temperatures": (300.0, 400.0)},
            r"temperatures \(K\) \[300.0, 450.0\] there",
        ),
    ):
        config = DynamicsConfig(**{**vars(EXCHANGE), **changes})
        with pytest.raises(OutputError, match=message):
            run(glycines, finished, config)


def test_two_processes_never_share_a_folder(glycines, finished):
    fcntl = pytest.importorskip("fcntl")
    with (finished / "md.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="Another process is running"):
            run(glycines, finished)


@pytest.mark.parametrize("name", ["topology.pdb", "remd.npz", "remd_00.xtc"])
def test_files_of_others_are_not_replaced(glycines, tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match=f"{name} is not of this simulation"):
        run(glycines, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [None, b"", b"damaged"])
def test_damaged_runs_are_refused(glycines, tmp_path, finished, name, content):
    for path in finished.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    if name == "md.checkpoint" and content is None:  # a run that has not got to one
        return
    if name in ("system.xml", "topology.pdb") and content is not None:
        return  # not read of a finished run
    with pytest.raises(OutputError, match=r"Choose another|choose another"):
        run(glycines, tmp_path)


def test_a_checkpoint_of_other_replicas_is_refused(glycines, tmp_path, finished):
    for path in finished.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with np.load(finished / "md.checkpoint") as stored:
        arrays = dict(stored)
    for changes in ({"rung": np.array([0, 0])}, {"frames": np.array(7)},
                    {"xtc_bytes": np.array([1, 2, 3])}):  # fmt: skip
        with (tmp_path / "md.checkpoint").open("wb") as file:
            np.savez(file, **{**arrays, **changes})
        with pytest.raises(OutputError, match="cannot be resumed"):
            run(glycines, tmp_path)


def test_starts_fit_the_input(glycines, tmp_path):
    config = DynamicsConfig((350.0,), 0.01, starts=("folded",))
    with pytest.raises(SettingsError, match="--starts folded needs a structure file"):
        run(glycines, tmp_path / "run", config)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("replicas", [1, 99, 100, 101])
def test_the_order_of_names_is_that_of_replicas(tmp_path, replicas):
    config = DynamicsConfig((350.0,), 1.0, replicas=replicas)
    names = [RunFolder(tmp_path, config, {}).trajectory(k).name for k in range(replicas)]
    assert names == sorted(names)
    assert names[0] == ("md_350K_000.xtc" if replicas > 100 else "md_350K_00.xtc")


def test_a_file_in_place_of_the_folder_is_refused(glycines, tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        run(glycines, tmp_path / "run")


def test_constant_temperature_has_one_temperature(glycines, tmp_path):
    config = DynamicsConfig((350.0,), 0.002, 1, ("extended",), 2)
    done = run(glycines, tmp_path / "run", config)
    assert done.ladder is None
    with np.load(tmp_path / "run" / "md_350K.npz") as arrays:
        assert (arrays["temperature_k"] == 350).all()
        assert "ladder_k" not in arrays.files
        energy = arrays["potential_kj_mol"]
    assert (energy[0] != energy[1]).all()  # replicas have their own noise
    settings = json.loads((tmp_path / "run" / "md.json").read_text())
    assert settings["sequence"] == "GG"
    assert settings["hydrogen mass (amu)"] == 3


def test_interrupts_wait_for_a_consistent_state():
    reached = []
    with pytest.raises(KeyboardInterrupt), simulation.deferred_interrupt():
        signal.raise_signal(signal.SIGINT)
        reached.append(True)
    assert reached
