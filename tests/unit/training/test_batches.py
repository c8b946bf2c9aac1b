"""Batches, crops and diffusion times."""

import dataclasses

import pytest
import torch
from scipy.stats import kstest

from confdiff_widgets.representations import OneHot
from confdiff_widgets.training.batches import MIN_CROP, BatchSampler, draw_times


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(11)


@pytest.fixture
def both(chignolin_conformers, trpcage_conformers):
    return [chignolin_conformers, trpcage_conformers]


def locate(batch, conformers):
    """Return the frame and first residue in the data of each batch entry."""
    length = batch.backbone.shape[1]
    starts = range(len(conformers.sequence) - length + 1)
    windows = torch.stack([conformers.torsions[:, i : i + length] for i in starts], dim=1)
    found = []
    for entry in batch.torsions:
        matches = (windows == entry).flatten(2).all(-1).nonzero().tolist()
        assert len(matches) == 1
        found += matches
    return found


def test_conditional_batches_are_whole_proteins(both, generator):
    sampler = BatchSampler(both, [0.5, 0.5], 64, OneHot())
    for _ in range(20):
        batch = sampler.draw(generator)
        conformers = {c.name: c for c in both}[batch.protein]
        length = len(conformers.sequence)
        assert batch.rigid_0.shape == (64 // length, length)
        assert torch.equal(batch.features.node, OneHot()(conformers.sequence).node)
        assert {start for _, start in locate(batch, conformers)} == {0}


def test_unconditional_batches_are_contiguous_centred_crops(both, generator):
    sampler = BatchSampler(both, [0.5, 0.5], 64, None)
    lengths, starts = {c.name: [] for c in both}, set()
    for _ in range(80):
        batch = sampler.draw(generator)
        conformers = {c.name: c for c in both}[batch.protein]
        length = batch.aatype.shape[0]
        lengths[batch.protein].append(length)
        assert batch.features is None
        assert batch.rigid_0.trans.mean(1).abs().max() < 1e-4
        torch.testing.assert_close(batch.rigid_0.trans, batch.backbone[:, :, 1], atol=1e-4, rtol=0)
        places = locate(batch, conformers)
        (start,) = {start for _, start in places}
        starts.add(start)
        part = slice(start, start + length)
        assert batch.aatype.shape == (length,) and batch.torsion_mask.shape == (length, 7)
        assert "".join("ARNDCQEGHILKMFPSTWYV"[i] for i in batch.aatype) == conformers.sequence[part]
        for entry, (frame, _) in enumerate(places):
            assert torch.equal(batch.rigid_0.quat[entry], conformers.rigid.quat[frame, part])
            shift = conformers.backbone[frame, part] - batch.backbone[entry]
            assert (shift - shift[0, 0]).abs().max() < 1e-4
        # omega and phi of the first residue need the previous residue
        assert not batch.torsion_mask[0, :2].any()
        assert torch.equal(batch.torsion_mask[1:], conformers.torsion_mask[part][1:])
    assert len(starts) >= 5
    for conformers in both:
        whole, found = len(conformers.sequence), lengths[conformers.name]
        assert min(found) >= MIN_CROP and max(found) == whole
        assert 0.3 < sum(n == whole for n in found) / len(found) < 0.85
        assert len(set(found)) >= 4


def test_the_data_are_not_modified(both, generator):
    before = [c.torsion_mask.clone() for c in both]
    sampler = BatchSampler(both, [1, 1], 30, None)
    for _ in range(30):
        batch = sampler.draw(generator)
        batch.torsion_mask.zero_()
    assert all(torch.equal(c.torsion_mask, m) for c, m in zip(both, before, strict=True))


def test_probabilities(both, generator):
    sampler = BatchSampler(both, [1, 3], 1, OneHot())  # unnormalised
    drawn = [sampler.draw(generator).protein for _ in range(800)]
    assert drawn.count("trpcage") / 800 == pytest.approx(0.75, abs=0.07)
    only = BatchSampler(both, [1, 0], 1, OneHot())
    assert {only.draw(generator).protein for _ in range(30)} == {"chignolin"}


def test_tilted_batches_follow_the_weights(chignolin_conformers, generator):
    energy = torch.full((22,), 3.0)
    energy[[2, 7]] = torch.tensor([0.0, 1.0])
    weighted = dataclasses.replace(chignolin_conformers, energy=energy)
    shares = torch.softmax(-energy, 0)
    for tilted, expected in ((True, shares), (False, torch.full((22,), 1 / 22))):
        sampler = BatchSampler([weighted], [1.0], 1000, OneHot(), tilted=tilted)
        drawn = torch.cat([sampler.draw(generator).energy for _ in range(20)])
        for value, count in ((0.0, expected[2]), (1.0, expected[7])):
            assert (drawn == value).float().mean() == pytest.approx(float(count), abs=0.03)


def test_a_batch_holds_at_least_one_conformer(both, generator):
    assert BatchSampler(both, [0, 1], 3, OneHot()).draw(generator).rigid_0.shape == (1, 20)


@pytest.mark.parametrize(("count", "probabilities"), [(2, [1.0]), (1, [0.5, 0.5]), (0, [])])
def test_proteins_and_probabilities_must_match(both, count, probabilities):
    with pytest.raises(ValueError, match=f"{count} proteins and {len(probabilities)} probab"):
        BatchSampler(both[:count], probabilities, 64, None)


def test_times_are_stratified_and_uniform_in_log_t(generator):
    times = draw_times(4000, 0.01, generator)
    assert times.min() >= 0.01 and times.max() <= 1
    share = 1 + times.log10() / 2
    assert kstest(share.numpy(), "uniform").statistic < 1e-3  # one in each of 4000 strata
    assert ((times > 0.02) & (times < 0.2)).float().mean() == pytest.approx(0.5, abs=1e-3)


def test_single_times_are_uniform_in_log_t(generator):
    times = torch.cat([draw_times(1, 0.01, generator) for _ in range(3000)])
    assert kstest((1 + times.log10() / 2).numpy(), "uniform").pvalue > 1e-3


def test_cold_weight_changes_frequencies_of_temperatures_only(chignolin_conformers):
    """Conformers at T_cold are drawn four times as often as those at T_hot, uniformly in each."""
    eta = torch.arange(len(chignolin_conformers)) % 2
    thermal = dataclasses.replace(chignolin_conformers, inverse_temperature=eta.float())
    sampler = BatchSampler([thermal], [1.0], 200_000, OneHot(), cold_weight=4.0)
    drawn = sampler.draw(torch.Generator().manual_seed(0))
    cold = drawn.inverse_temperature == 1
    assert cold.float().mean() == pytest.approx(0.8, abs=0.02)
    assert torch.unique(drawn.rigid_0.trans[cold][:, 0], dim=0).shape[0] == int((eta == 1).sum())
