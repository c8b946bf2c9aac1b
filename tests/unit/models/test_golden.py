"""The network against the published implementation, on generated weights."""

import pytest
import torch

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.geometry.atom14 import build_atom14
from confdiff_widgets.geometry.rigid import Rigid

TOLERANCE = 2e-4


def worst(golden, found, name):
    """Return the largest difference at real residues."""
    expected = golden[f"out_{name}"]
    assert found.shape == expected.shape
    return (found - expected)[golden["in_mask"]].abs().max()


def test_parameters(golden):
    shapes = {key: list(tensor.shape) for key, tensor in golden.network.state_dict().items()}
    assert shapes == golden.spec["keys"]


def test_frames(golden):
    assert worst(golden, golden.prediction.frames.to_tensor7(), "rigids_0") < TOLERANCE


def test_torsions(golden):
    assert worst(golden, golden.prediction.side_chains, "torsions") < TOLERANCE


def test_atoms(golden):
    predicted = golden.prediction
    atoms = build_atom14(predicted.frames, predicted.side_chains, golden["in_aatype"])
    assert worst(golden, atoms, "atom14") < TOLERANCE


def test_scores(golden):
    rigid_t = Rigid.from_tensor7(golden["in_rigids"])
    score = SE3Process().score(rigid_t, golden.prediction.frames.to(torch.float64), golden["in_t"])
    assert worst(golden, score.trans, "trans_score") < TOLERANCE
    assert worst(golden, score.rot, "rot_score") < TOLERANCE


def test_reverse_step(golden):
    """One reverse step from x_t through network, score and solver."""
    process, rigid_t = SE3Process(), Rigid.from_tensor7(golden.input("rigids"))[:1]
    score = process.score(rigid_t, golden.prediction.frames[:1], float(golden["in_t"][0]))
    step = process.reverse_step(rigid_t, score, 0.35, 0.01, None)
    assert (step.rotmats - golden["out_reverse_step_rotmats"]).abs().max() < TOLERANCE
    assert (step.trans - golden["out_reverse_step_trans"]).abs().max() < TOLERANCE


def test_forces(goldens):
    golden = goldens["tiny_force"]
    force_t, force_0 = golden.prediction.force
    assert worst(golden, force_t, "pred_force_t") < TOLERANCE
    assert worst(golden, force_0, "pred_force_0") < TOLERANCE


def test_energy(goldens):
    golden = goldens["tiny_energy"]
    error = golden.prediction.energy - golden["out_pred_energy_t"][:, 0]
    assert error.abs().max() < TOLERANCE


@pytest.mark.parametrize("name", ["tiny_base_uncond", "tiny_base_cond"])
def test_networks_without_heads_predict_no_forces(goldens, name):
    assert goldens[name].prediction.force is None and goldens[name].prediction.energy is None
