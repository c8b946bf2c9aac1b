"""All commands read all kinds of files, under the name that the user gave."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.ensembles.file_formats import ENSEMBLES
from confdiff_widgets.physics.molecular_ensemble import read_molecules

QUICK = ("-n", 1, "--steps", 2)
KINDS = [ending for ending in ENSEMBLES if ending not in (".netcdf", ".h5")]


@pytest.fixture
def file(chignolin_heavy, request) -> Path:
    """Four frames of chignolin with this ending, and a topology if the format needs one."""
    ending = request.param
    frames, path = chignolin_heavy.mdtraj[:4], Path(f"mine{ending}")
    plain = ending.removesuffix(".gz")
    if plain == ".npz":
        Ensemble(chignolin_heavy.atom14.positions[:4], "YYDPETGTWY").save(path)
    elif plain in (".cif", ".mmcif"):
        pytest.importorskip("openmm")  # mdtraj's writer needs it
        frames.save("written.cif")
        Path("written.cif").rename(f"mine{plain}")
    else:
        written = f"written{plain.replace('.ent', '.pdb')}"
        frames.save(written)
        Path(written).rename(f"mine{plain}")
    if ending.endswith(".gz"):
        path.write_bytes(gzip.compress(Path(f"mine{plain}").read_bytes()))
        Path(f"mine{plain}").unlink()
    if ending in (".xtc", ".dcd", ".trr", ".nc"):
        frames[0].save_gro("mine.gro")
    return path


@pytest.mark.parametrize("file", KINDS, indirect=True)
def test_every_command_reads_every_kind(confdiff, file):
    sampled = confdiff("sample", file, "--from", file, "--t-start", 0.2, *QUICK, "-o", "a.npz")
    assert sampled.exit_code == 0, sampled.stderr
    assert Ensemble.load("a.npz").sequence == "YYDPETGTWY"
    recovered = confdiff("evaluate", file, "--states", file, "-o", "b")
    assert recovered.exit_code == 0, recovered.stderr
    conformers = read_molecules(file)  # the input of `confdiff label`
    assert conformers.atom14.shape == (4, 10, 14, 3)
    assert np.isfinite(conformers.atom14).all()


@pytest.mark.parametrize("name", ["mine.docx", "mine.xtc.gz", "mine.prmtop", "mine"])
def test_unknown_endings_are_named_with_the_known_ones(refused, tmp_path, name):
    path = tmp_path / name
    path.write_text("text")
    for arguments in (("evaluate", path, "--protein", "chignolin"), ("label", path),
                      ("sample", "chignolin", "--from", path, "--t-start", 0.2)):  # fmt: skip
        message = refused(*arguments)
        assert "unknown file format" in message and ".mmcif" in message
        assert "damaged" not in message
