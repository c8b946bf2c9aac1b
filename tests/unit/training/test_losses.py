"""Terms of the loss of the score network."""

import pytest
import torch

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.geometry.residues import encode_sequence
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import random_quat
from confdiff_widgets.models.score_model import Prediction
from confdiff_widgets.training.losses import LossWeights, score_matching_loss

TIMES = torch.linspace(0.012, 1, 22)


@pytest.fixture
def loss(ideal):
    """Return a function that computes the total loss and its terms for a prediction."""
    process, weights = SE3Process(), LossWeights()
    generator = torch.Generator().manual_seed(3)

    def compute(frames=ideal.rigid, torsions=ideal.torsions, t=TIMES, weights=weights, data=ideal):
        noised = process.forward(data.rigid, t, generator=generator)
        return score_matching_loss(
            process,
            weights,
            Prediction(frames(noised) if callable(frames) else frames, torsions),
            rigid_t=noised,
            rigid_0=data.rigid,
            t=t,
            torsions=data.torsions,
            torsion_mask=data.torsion_mask,
            backbone=data.backbone,
            aatype=encode_sequence(data.sequence),
        )

    return compute


def test_perfect_prediction(loss):
    total, terms = loss()
    assert set(terms) == {"trans", "rot", "backbone", "peptide", "contact", "torsion"}
    for name, value in terms.items():
        assert value.shape == () and 0 <= value < 1e-7, name
    assert 0 <= total < 1e-6


def test_the_loss_is_invariant_to_translation(loss, ideal):
    moved = Rigid(ideal.rigid.quat, ideal.rigid.trans + torch.tensor([5.0, -3.0, 8.0]))
    assert loss(frames=moved)[0] < 1e-6


def test_total_is_the_weighted_sum(loss, ideal):
    weights = LossWeights(trans=2.0, rot=3.0, backbone=5.0, peptide=7.0, contact=13.0, torsion=11.0)
    wrong = Rigid(random_quat((22, 10)), ideal.rigid.trans + torch.randn(22, 10, 3))
    total, terms = loss(frames=wrong, torsions=-ideal.torsions, weights=weights)
    assert all(value > 1e-3 for value in terms.values())
    expected = sum(getattr(weights, name) * value for name, value in terms.items())
    torch.testing.assert_close(total, expected)


def test_translation_term(loss, ideal):
    """Displacing residues by d Å gives α² (d / 10)² / (1 - α²) / 3 per component."""
    shift = torch.zeros(22, 10, 3)
    shift[:, ::2, 1], shift[:, 1::2, 1] = 2.0, -2.0  # the centre does not move
    t = torch.full((22,), 0.3)
    terms = loss(frames=Rigid(ideal.rigid.quat, ideal.rigid.trans + shift), t=t)[1]
    alpha2 = SE3Process().r3.alpha(0.3) ** 2
    assert float(terms["trans"]) == pytest.approx(alpha2 * 0.2**2 / (1 - alpha2) / 3, rel=1e-3)
    assert terms["rot"] < 1e-7 and terms["torsion"] < 1e-7


def test_score_terms_of_a_zero_score_are_one(loss):
    """The terms are normalised by the mean square of the score."""

    def zero_score(noised):
        alpha = SE3Process().r3.alpha(TIMES)[:, None, None]
        return Rigid(noised.quat, noised.trans / alpha)

    draws = [loss(frames=zero_score)[1] for _ in range(8)]
    for name, level in (("trans", 0.9), ("rot", 1.0)):  # 0.9: the centre of 10 residues is fixed
        mean = torch.stack([terms[name] for terms in draws]).mean()
        assert float(mean) == pytest.approx(level, abs=0.12)


def test_rotation_term(loss, ideal):
    rotated = Rigid(random_quat((22, 10)), ideal.rigid.trans)
    terms = loss(frames=rotated)[1]
    assert terms["rot"] > 0.1 and terms["trans"] < 1e-7
    # a quaternion and its negative are the same rotation
    assert loss(frames=Rigid(-ideal.rigid.quat, ideal.rigid.trans))[0] < 1e-6


def test_torsion_term(loss, ideal):
    """Opposite torsions give a squared chord of 4 for each torsion that exists."""
    terms = loss(torsions=-ideal.torsions)[1]
    residues = ideal.torsion_mask.any(-1).sum()
    per_torsion = float(terms["torsion"])
    assert residues == 10 and per_torsion == pytest.approx(4.0, rel=1e-5)
    masked = ideal.torsions.clone()
    masked[:, ~ideal.torsion_mask] = torch.tensor([1.0, 0.0])
    assert loss(torsions=masked)[1]["torsion"] < 1e-7


def test_atom_terms_apply_at_small_t(loss, ideal):
    shift = torch.zeros(22, 10, 3)
    shift[:, ::2, 1], shift[:, 1::2, 1] = 0.6, -0.6
    wrong = Rigid(ideal.rigid.quat, ideal.rigid.trans + shift)
    early, late = (loss(frames=wrong, t=torch.full((22,), t))[1] for t in (0.02, 0.9))
    assert float(early["backbone"]) == pytest.approx(0.36, rel=1e-3)
    assert late["backbone"] == 0
    assert early["peptide"] > 1e-3 and late["peptide"] < 0.01 * early["peptide"]


def test_peptide_term(loss, ideal):
    """Displacing residues 6 to 10 by 1 Å changes one of the nine peptide units."""
    shift = torch.zeros(10, 3)
    shift[5:, 2] = 1.0
    displaced = Rigid(ideal.rigid.quat, ideal.rigid.trans + shift)
    before = ideal.backbone[:, 4, 1:4, None] - ideal.backbone[:, 5, None, :2]  # CA, C, O to N, CA
    relative = (before - shift[5]).norm(dim=-1) / before.norm(dim=-1) - 1
    expected = float((relative**2).mean()) / 9
    weights = LossWeights()
    for t in (0.012, weights.peptide_t, 0.5):
        terms = loss(frames=displaced, t=torch.full((22,), t))[1]
        damping = 1 / (1 + (t / weights.peptide_t) ** 2)
        assert float(terms["peptide"]) == pytest.approx(damping * expected, rel=1e-3)


def test_contact_term(loss, ideal):
    """Two residues in one place cost the squares of how much closer than 3 Å their atoms are."""
    trans, quat = ideal.rigid.trans.clone(), ideal.rigid.quat.clone()
    trans[..., 0, :], quat[..., 0, :] = trans[..., 5, :] + 1.0, quat[..., 5, :]
    torsions, moved = ideal.torsions.clone(), ideal.backbone.clone()
    torsions[:, 0] = ideal.torsions[:, 5]
    moved[:, 0] = moved[:, 5] + 1.0
    predicted, expected = Rigid(quat, trans), 0.0
    for j in range(2, 10):
        near, true = (torch.cdist(atoms[:, 0], atoms[:, j]) for atoms in (moved, ideal.backbone))
        expected += float((true.clamp_max(3) - near).relu().square().sum()) / 220
    assert expected > 1
    weights = LossWeights()
    for t in (0.012, weights.contact_t, 0.5):
        terms = loss(frames=predicted, torsions=torsions, t=torch.full((22,), t))[1]
        damping = 1 / (1 + (t / weights.contact_t) ** 2)
        assert float(terms["contact"]) == pytest.approx(damping * expected, rel=5e-3)


@pytest.mark.parametrize("case", ["perfect", "at x_t", "far", "collapsed"])
def test_gradients_are_finite(loss, ideal, case):
    frames = {
        "perfect": ideal.rigid,
        "far": Rigid(random_quat((22, 10)), 100 * torch.randn(22, 10, 3)),
        "collapsed": Rigid(ideal.rigid.quat[:, :1].expand(22, 10, 4), torch.zeros(22, 10, 3)),
    }.get(case, ideal.rigid)
    quat = frames.quat.clone().requires_grad_()
    trans = frames.trans.clone().requires_grad_()
    torsions = ideal.torsions.clone().requires_grad_()

    def predict(noised):
        if case != "at x_t":
            return Rigid(quat, trans)
        # zero rotation between prediction and x_t, where the norm is not differentiable
        return Rigid(noised.quat + 0 * quat, noised.trans + 0 * trans)

    total, _ = loss(frames=predict, torsions=torsions)
    total.backward()
    for leaf in (quat, trans, torsions):
        assert torch.isfinite(leaf.grad).all()
