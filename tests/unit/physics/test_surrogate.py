"""The energy surrogate."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets.geometry.residues import encode_sequence, residue_tables
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import quat_normalize
from confdiff_widgets.physics.surrogate import (
    EnergySurrogate,
    SurrogateError,
    count_features,
    features,
)

SEQUENCE = "YYDPETGTWY"
LENGTH = len(SEQUENCE)
CHI = residue_tables().chi_mask[encode_sequence(SEQUENCE)]


@pytest.fixture
def structures():
    generator = torch.Generator().manual_seed(0)
    frames = Rigid(
        quat_normalize(torch.randn(5, LENGTH, 4, generator=generator)),
        8 * torch.randn(5, LENGTH, 3, generator=generator),
    )
    torsions = torch.nn.functional.normalize(
        torch.randn(5, LENGTH, 7, 2, generator=generator), dim=-1
    )
    return frames, torsions, torch.rand(5, generator=generator)


@pytest.fixture
def surrogate():
    torch.manual_seed(1)
    made = EnergySurrogate(SEQUENCE).requires_grad_(False)
    made.energy_centre.fill_(-370.0)
    made.energy_scale.fill_(20.0)
    return made


def test_energies_do_not_depend_on_place_and_orientation(surrogate, structures):
    frames, torsions, t = structures
    motion = Rigid(quat_normalize(torch.tensor([0.3, -0.2, 0.9, 0.1])), torch.tensor([4.0, 5, -6]))
    moved = motion.compose(frames)
    assert torch.allclose(surrogate(moved, torsions, t), surrogate(frames, torsions, t), rtol=1e-4)


def test_energies_depend_on_each_input(surrogate, structures):
    frames, torsions, t = structures
    energy = surrogate(frames, torsions, t)
    assert energy.shape == (5,)
    for changed in (
        (Rigid(frames.quat, 1.1 * frames.trans), torsions, t),
        (frames, -torsions, t),
        (frames, torsions, 1 - t),
    ):
        assert not torch.allclose(surrogate(*changed), energy)


def test_torsions_that_a_residue_lacks_do_not_matter(surrogate, structures):
    frames, torsions, t = structures
    other = torsions.clone()
    other[:, :, 3:][:, ~CHI] = 0.5
    assert torch.equal(surrogate(frames, other, t), surrogate(frames, torsions, t))


def test_features_of_a_peptide_bond():
    """A bond of the ideal length is no strain, and the distance C-N is a feature of its pair."""
    tables, alanine = residue_tables(), int(encode_sequence("A")[0])
    carbon, nitrogen = tables.atom_position[alanine, 2, 0], tables.atom_position[alanine, 0]
    trans = torch.zeros(1, 2, 3)
    trans[0, 1] = (torch.tensor([carbon + 1.33, 0.0, 0.0]) - nitrogen).float()
    quat = torch.tensor([1.0, 0, 0, 0]).expand(1, 2, 4)
    chi = residue_tables().chi_mask[encode_sequence("AA")]
    torsions = torch.zeros(1, 2, 7, 2)
    found = features(Rigid(quat, trans), torsions, torch.tensor([0.25]), chi)[0]
    assert found[4:6].tolist() == pytest.approx([0, 0], abs=1e-4)
    assert found[2].item() == pytest.approx(float(torch.exp(torch.tensor(-1.33 / 5))), abs=1e-4)
    assert found[-1] == 0.25


@pytest.mark.parametrize("sequence", ["AA", "YYDPETGTWY", "GGGG"])
def test_number_of_features(sequence):
    length, chi = len(sequence), residue_tables().chi_mask[encode_sequence(sequence)]
    frames = Rigid(torch.tensor([1.0, 0, 0, 0]).expand(3, length, 4), torch.randn(3, length, 3))
    found = features(frames, torch.zeros(3, length, 7, 2), torch.zeros(3), chi)
    assert found.shape == (3, count_features(sequence))


def test_saved_surrogates_are_restored_to_half_precision(surrogate, structures, tmp_path):
    surrogate.errors = (SurrogateError(0.0, 0.5, 10, 12.5, 6.0, 0.8),)
    surrogate.save(tmp_path / "s.safetensors")
    restored = EnergySurrogate.load(tmp_path / "s.safetensors")
    assert restored.errors == surrogate.errors and restored.sequence == SEQUENCE
    assert torch.allclose(restored(*structures), surrogate(*structures), rtol=1e-2, atol=0.5)
