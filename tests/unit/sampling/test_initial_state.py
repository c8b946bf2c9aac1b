"""First frames and random numbers: reproducible, independent of the step order, and refusals."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.sampling.initial_state import (
    check_compatible,
    check_physical,
    generator_for,
    initial_frames,
)

PROCESS, CPU = SE3Process(), torch.device("cpu")


def frames(*shape):
    quat = torch.zeros(*shape, 4)
    quat[..., 0] = 1
    trans = torch.zeros(*shape, 3)
    trans[..., 0] = 3.8 * torch.arange(shape[-1])
    return Rigid(quat, trans)


def start(config, structure=None, length=10):
    return initial_frames(PROCESS, config, length, structure, CPU)


def test_noise_depends_on_the_seed_only():
    first, again, other = (start(SamplerConfig(samples=3, seed=seed)) for seed in (1, 1, 2))
    torch.testing.assert_close(first.trans, again.trans, rtol=0, atol=0)
    assert not torch.allclose(first.trans, other.trans)
    torch.testing.assert_close(first.trans.mean(1), torch.zeros(3, 3), atol=1e-4, rtol=0)


def test_steps_have_independent_generators():
    draws = {torch.randn(4, generator=generator_for(seed, step, CPU)).sum().item()
             for seed in (0, 1, 12) for step in (0, 1, 23)}  # fmt: skip
    assert len(draws) == 9  # also "1:23" and "12:3" differ


@pytest.mark.parametrize("shape", [(10,), (1, 10), (4, 10)])
def test_a_structure_is_noised_to_its_time(shape):
    small = start(SamplerConfig(samples=4, t_start=0.01), frames(*shape))
    large = start(SamplerConfig(samples=4, t_start=0.9), frames(*shape))
    expected = frames(4, 10).center().trans
    assert (small.trans - expected).abs().max() < 3
    assert (large.trans - expected).abs().max() > 5


def test_structures_that_do_not_fit_are_refused():
    config = SamplerConfig(samples=4, t_start=0.5)
    with pytest.raises(SettingsError, match="The structure has 9 residues, the sequence 10"):
        start(config, frames(9))
    with pytest.raises(SettingsError, match="3 structures cannot start 4 conformers"):
        start(config, frames(3, 10))


def test_a_start_below_one_needs_a_structure_and_the_other_way_round():
    for config, structure, said in (
        (SamplerConfig(t_start=0.5), None, "the structure is missing"),
        (SamplerConfig(), frames(10), "the structure is given"),
    ):
        with pytest.raises(SettingsError, match=said):
            check_compatible("A" * 10, config, structure, None, None)


def test_fixed_residues_are_those_of_the_sequence_and_have_no_weights():
    fixed = SimpleNamespace(fixed=torch.arange(9) < 3)
    with pytest.raises(SettingsError, match="a sequence of 9 residues, this one has 10"):
        check_compatible("A" * 10, SamplerConfig(), None, None, fixed)
    weighted = SamplerConfig(solver="em", steps=5, resample=0.5)
    with pytest.raises(SettingsError, match=r"Weights \(resample\) are not defined"):
        check_compatible("A" * 9, weighted, None, None, fixed)


def test_the_guidance_is_the_one_of_the_settings():
    check_physical("none", None)
    with pytest.raises(SettingsError, match="request force guidance, but the sampler is given no"):
        check_physical("force", None)
