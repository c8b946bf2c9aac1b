"""A damaged trajectory costs one error: never the process, an endless wait or a huge allocation."""

from __future__ import annotations

import os
import signal
import struct
import time

import mdtraj
import numpy as np
import pytest

from confdiff_widgets.ensembles import frame_decoder, read_ensemble
from confdiff_widgets.ensembles.trajectory_files import iterate_frames
from confdiff_widgets.geometry.structure import StructureError

ATOMS = np.arange(93)


@pytest.fixture
def frames(chignolin_heavy):
    found = chignolin_heavy.mdtraj[:]
    found.unitcell_lengths = np.full((found.n_frames, 3), 5.0)
    found.unitcell_angles = np.full((found.n_frames, 3), 90.0)
    return found


def read(path, topology, atoms=ATOMS, chunk=7):
    return list(iterate_frames(path, topology, atoms, chunk=chunk))


@pytest.mark.parametrize("ending", ["xtc", "trr", "dcd", "nc"])
def test_frames_are_those_of_mdtraj(frames, tmp_path, ending):
    path = tmp_path / f"md.{ending}"
    frames.save(str(path))
    atoms = np.array([3, 10, 92])
    expected = mdtraj.load(str(path), top=frames.topology, atom_indices=atoms)
    parts = read(path, frames.topology, atoms)
    assert [len(part) for part in parts] == [7, 7, 7, 1]
    found = mdtraj.join(parts)
    assert found.topology == expected.topology
    for name in ("xyz", "time", "unitcell_lengths", "unitcell_angles"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)


def test_trajectories_can_be_read_at_the_same_time(frames, tmp_path):
    paths = [tmp_path / "a.xtc", tmp_path / "b.dcd"]
    for path in paths:
        frames.save(str(path))
    for a, b in zip(*(iterate_frames(p, frames.topology, ATOMS, chunk=5) for p in paths),
                    strict=True):  # fmt: skip
        np.testing.assert_allclose(a.xyz, b.xyz, atol=2e-3)


def test_the_process_of_the_decoder_is_used_again(frames, tmp_path):
    path = tmp_path / "md.xtc"
    frames.save(str(path))
    read(path, frames.topology)
    idle = list(frame_decoder._idle)
    next(iterate_frames(path, frames.topology, ATOMS))
    (tmp_path / "bad.xtc").write_bytes(b"damaged" * 100)
    with pytest.raises(StructureError):
        read(tmp_path / "bad.xtc", frames.topology)
    read(path, frames.topology)
    assert len(idle) == 1 and frame_decoder._idle == idle


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX signals")
def test_a_crash_is_one_error(frames, tmp_path):
    path = tmp_path / "md.xtc"
    frames.save(str(path))
    parts = iterate_frames(path, frames.topology, ATOMS, chunk=5)
    next(parts)
    decoder = parts.gi_frame.f_locals["decoder"]
    os.killpg(decoder._process.pid, signal.SIGSEGV)
    with pytest.raises(StructureError, match=r"md\.xtc: its frames crash the decoder\. It may be"):
        list(parts)
    assert len(read(path, frames.topology)) == 4


def test_a_decoder_that_hangs_is_ended(frames, tmp_path, monkeypatch):
    path = tmp_path / "md.xtc"
    frames.save(str(path))
    read(path, frames.topology)
    monkeypatch.setattr(frame_decoder, "SECONDS", 0.0)
    parts = iterate_frames(path, frames.topology, ATOMS)
    with pytest.raises(StructureError, match="took more than 0 s"):
        for _ in parts:
            time.sleep(0.1)


@pytest.mark.parametrize("ending", ["xtc", "trr", "dcd", "nc"])
@pytest.mark.parametrize("count", [0, 94, 2**24, 2**31 - 1, -1])
def test_numbers_of_atoms_that_are_not_those_of_the_topology(frames, tmp_path, ending, count):
    path = tmp_path / f"md.{ending}"
    frames.save(str(path))
    content = path.read_bytes()
    for order in (">i", "<i"):
        content = content.replace(struct.pack(order, 93), struct.pack(order, count))
    path.write_bytes(content)
    with pytest.raises(StructureError, match=r"md\.|contains no frames"):
        read(path, frames.topology)


def test_damaged_coordinates_are_reported(frames, tmp_path):
    frames[0].save(str(tmp_path / "md-topology.pdb"))
    frames.save(str(tmp_path / "md.dcd"))
    content = bytearray((tmp_path / "md.dcd").read_bytes())
    content[-200:-40] = bytes(range(160))
    (tmp_path / "md.dcd").write_bytes(content)
    notes = read_ensemble(tmp_path / "md.dcd").notes
    assert any("in 1 of 22 frames" in note for note in notes), notes
