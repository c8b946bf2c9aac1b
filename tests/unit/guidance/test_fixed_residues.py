"""Fixed residues keep their conformation exactly while the rest is sampled."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.atom14 import backbone_frames
from confdiff_widgets.geometry.kabsch import kabsch_transform
from confdiff_widgets.guidance.fixed_residues import FixedResidues, parse_residues
from confdiff_widgets.sampling import Run, SamplerConfig

SEQUENCE = "YYDPETGTWY"


@pytest.fixture
def fixed_residues(chignolin_heavy) -> FixedResidues:
    return FixedResidues.of(chignolin_heavy.atom14, "4-7,9")


def run_with(cfg, fixed_residues, **settings) -> Run:
    config = SamplerConfig(**{"samples": 3, "steps": 5, "seed": 1, **settings})
    run = Run(cfg, SEQUENCE, config, fixed_residues=fixed_residues)
    for _ in run:
        pass
    return run


def distances(points):
    return torch.cdist(points, points)


@pytest.mark.parametrize("solver", ["em", "ddim", "dpm", "heun"])
@pytest.mark.parametrize("gamma", [0.0, 0.6, 1.0])
def test_fixed_residues_keep_their_conformation(
    tiny_cfg, chignolin_heavy, fixed_residues, solver, gamma
):
    ensemble = run_with(tiny_cfg, fixed_residues, solver=solver, gamma=gamma).ensemble()
    fixed = fixed_residues.fixed
    known = chignolin_heavy.atom14.positions[0]
    backbone = ensemble.atom14[:, fixed][:, :, :3].flatten(1, 2)
    expected = distances(known[fixed][:, [0, 1, 2]].reshape(-1, 3).float())
    # N and C are idealised, CA is not
    assert (distances(backbone) - expected).abs().max() < 0.35
    ca = ensemble.atom14[:, fixed, 1]
    torch.testing.assert_close(
        distances(ca), distances(known[fixed, 1].float()).expand(3, -1, -1), atol=1e-3, rtol=0
    )
    free = ensemble.atom14[:, ~fixed, 1]
    assert (distances(free)[0] - distances(free)[1]).abs().max() > 0.5


def test_handedness_is_preserved(tiny_cfg, fixed_residues):
    """Distances alone do not exclude a mirror image."""
    run = run_with(tiny_cfg, fixed_residues)
    fixed = fixed_residues.fixed
    known, found = fixed_residues.frames[fixed], run.state.rigid[:, fixed]
    relative = known[:1].invert().compose(known)
    for k in range(3):
        there = found[k][:1].invert().compose(found[k])
        torch.testing.assert_close(there.trans, relative.trans, atol=1e-3, rtol=0)
        torch.testing.assert_close(there.rotmats, relative.rotmats, atol=1e-3, rtol=0)


def test_side_chains_of_fixed_residues(tiny_cfg, fixed_residues):
    side_chains = run_with(tiny_cfg, fixed_residues).state.evaluation.side_chains
    mask = fixed_residues.side_chain_mask
    assert torch.equal(side_chains[0][mask], fixed_residues.side_chains[mask])
    assert not torch.equal(side_chains[0][~mask], fixed_residues.side_chains[~mask])
    assert mask[4, 1] and not mask[3, 1] and not mask[8, 1]  # φ requires the preceding residue


def test_fixed_residues_follow_the_forward_process(tiny_cfg, fixed_residues):
    """At each t they follow q(x_t | x_0): normal with σ(t) around the known conformation."""
    config = SamplerConfig(samples=300, steps=40, seed=0, solver="ddim")
    run = Run(tiny_cfg, SEQUENCE, config, fixed_residues=fixed_residues)
    fixed, r3 = fixed_residues.fixed, tiny_cfg.process.r3
    count, seen = 3 * int(fixed.sum()), 0
    known = fixed_residues.frames.trans[fixed]
    for state in run:
        if not 0 < state.t < 0.06:  # little noise, or the superposition would fit it
            continue
        found = state.rigid.trans[:, fixed] / r3.alpha(state.t)
        placed = kabsch_transform(known, found)[:, None].apply(known[None])
        spread = ((found - placed) * r3.scale * r3.alpha(state.t)).pow(2).sum((1, 2)).mean()
        expected = (count - 6) * r3.variance(
            state.t
        )  # six degrees of freedom are position and orientation
        assert spread.item() == pytest.approx(expected, rel=0.25)
        seen += 1
    assert seen > 3


def test_without_fixed_residues_nothing_changes(tiny_cfg):
    assert torch.equal(
        run_with(tiny_cfg, None).state.rigid.trans, run_with(tiny_cfg, None).state.rigid.trans
    )
    assert "fixed" not in run_with(tiny_cfg, None).ensemble().settings


def test_fixed_residues_in_runs_from_a_structure_and_in_branches(
    tiny_cfg, chignolin_heavy, fixed_residues
):
    start = backbone_frames(
        chignolin_heavy.atom14.positions[0], chignolin_heavy.atom14.mask, SEQUENCE
    )
    config = SamplerConfig(samples=2, steps=4, t_start=0.3, seed=2)
    run = Run(tiny_cfg, SEQUENCE, config, structure=start, fixed_residues=fixed_residues)
    list(run)
    assert run.ensemble().settings["fixed"] == "4-7,9"
    branch = run.branch(2, seed=9)
    list(branch)
    ca = branch.ensemble().atom14[:, fixed_residues.fixed, 1]
    torch.testing.assert_close(distances(ca)[0], distances(ca)[1], atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("text", "expected"), [("1", [0]), ("3-5", [2, 3, 4]), (" 1, 9-10 ", [0, 8, 9])]
)
def test_residues(text, expected):
    assert parse_residues(text, 10).nonzero().flatten().tolist() == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Cannot read the residues ''"),
        ("a-b", "Cannot read"),
        ("0-3", "do not all exist: the sequence has 1 to 10"),
        ("8-12", "8-12 do not all exist"),
        ("5-3", "5-3 do not all exist"),
        ("1-10", "nothing is left to sample"),
    ],
)
def test_invalid_residues_are_refused(text, words):
    with pytest.raises(SettingsError, match=words):
        parse_residues(text, 10)


def test_fixed_residues_of_another_sequence_are_refused(tiny_cfg, fixed_residues, trpcage):
    with pytest.raises(SettingsError, match="sequence of 20 residues, this one has 10"):
        run_with(tiny_cfg, FixedResidues.of(trpcage.atom14, "3"))
    with pytest.raises(SettingsError, match="Weights"):
        run_with(tiny_cfg, fixed_residues, resample=0.5)
