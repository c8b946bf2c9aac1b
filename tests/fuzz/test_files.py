"""Damaged files: read, or refused with an error of the package."""

from __future__ import annotations

import mdtraj
import numpy as np
import pytest

from confdiff_widgets.ensembles import read_ensemble
from confdiff_widgets.ensembles.sequence_files import read_sequences
from confdiff_widgets.errors import LONGEST_MESSAGE, UserError
from confdiff_widgets.live import Recording, saved_runs
from confdiff_widgets.proteins.starting_structure import read_starting_structure
from confdiff_widgets.training.recipe import load_recipe

from ..unit.sessions import play
from . import values

SEQUENCE = "YYDPETGTWY"
RECIPE = b"""
[network]
c_s = 16

[training]
steps = 6

[[protein]]
name = "chignolin"
trajectories = "chignolin_heavy.xtc"
topology = "chignolin_heavy.pdb"
probability = 1.0
"""


@pytest.fixture
def originals(data_dir, tmp_path):
    """Files by name, with a function that reads them."""
    ca = np.zeros((2, 10, 3), dtype=np.float32)
    ca[..., 0] = 3.8 * np.arange(10)
    np.savez(tmp_path / "ca.npz", ca=ca, sequence=SEQUENCE)
    np.savez_compressed(tmp_path / "packed.npz", ca=ca, sequence=SEQUENCE)
    pdb = (data_dir / "chignolin_heavy.pdb").read_bytes()
    return {
        **_trajectories(data_dir, tmp_path),
        "a.pdb": (pdb, read_ensemble),
        "b.pdb": (pdb, lambda path: read_starting_structure(path, SEQUENCE, fixed="2-4")),
        "d.npz": ((tmp_path / "ca.npz").read_bytes(), read_ensemble),
        "e.npz": ((tmp_path / "packed.npz").read_bytes(), read_ensemble),
        "f.fasta": (b">one\n" + SEQUENCE.encode() + b"\n>two\nACDEFGHIK*\n", read_sequences),
        "g.toml": (RECIPE, load_recipe),
    }


def _trajectories(data_dir, folder):
    topology = data_dir / "chignolin_heavy.pdb"
    frames = mdtraj.load(str(data_dir / "chignolin_heavy.xtc"), top=str(topology))
    frames.unitcell_lengths = np.full((len(frames), 3), 5.0)
    frames.unitcell_angles = np.full((len(frames), 3), 90.0)

    def read(path):
        return read_ensemble(path, topology=topology)

    found = {"x.xtc": ((data_dir / "chignolin_heavy.xtc").read_bytes(), read)}
    for ending in ("xtc", "trr", "dcd", "nc"):
        frames.save(str(folder / f"md.{ending}"))
        found[f"md.{ending}"] = ((folder / f"md.{ending}").read_bytes(), read)
    return found


def test_files(fuzz, originals, tmp_path):
    folder = tmp_path / "damaged"
    folder.mkdir()

    def one(rng):
        name = rng.choice(sorted(originals))
        content, read = originals[name]
        path = folder / name
        path.write_bytes(values.damaged(content, rng))
        try:
            read(path)
        except UserError as error:
            assert 0 < len(str(error)) <= LONGEST_MESSAGE

    fuzz(one)


def test_saved_runs(fuzz, make_session, tmp_path):
    session = make_session(folder=tmp_path / "runs", guidance="force", eta=1.0)
    play(session)
    folder = session.current.folder
    session.close()
    original = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    damaged = tmp_path / "many" / "run"
    damaged.mkdir(parents=True)

    def one(rng):
        broken = rng.choice(sorted(original))
        for name, content in original.items():
            part = values.damaged(content, rng) if name == broken else content
            (damaged / name).write_bytes(part)
        try:
            Recording(damaged)
        except UserError as error:
            assert 0 < len(str(error)) <= LONGEST_MESSAGE
        saved_runs(damaged.parent)

    fuzz(one)
