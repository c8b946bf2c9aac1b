"""The bundled networks on each available device: equal numbers, and complete runs."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets import proteins
from confdiff_widgets.diffusion.se3 import SE3Process
from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.sampling import Run, SamplerConfig
from confdiff_widgets.sampling.divergence import DivergenceError, is_bounded

CHIGNOLIN = proteins.get("chignolin")


@pytest.fixture
def noisy() -> Rigid:
    """Return four conformers at t = 1 on the CPU."""
    return SE3Process().prior(4, 10, generator=torch.Generator().manual_seed(3))


def same(found: torch.Tensor, expected: torch.Tensor, tolerance: float = 1e-3) -> None:
    size = float(expected.abs().max())
    torch.testing.assert_close(found.cpu(), expected, rtol=tolerance, atol=tolerance * size)


@pytest.mark.parametrize("gamma", [0.0, 0.8, 1.0])
def test_evaluation(noisy, device, gamma):
    found = CHIGNOLIN.load_networks(device)(noisy.to(device), 0.3, gamma)
    expected = CHIGNOLIN.load_networks()(noisy, 0.3, gamma)
    assert found.score.trans.device.type == device
    same(found.score.trans, expected.score.trans)
    same(found.score.rot, expected.score.rot)
    same(found.frames.trans, expected.frames.trans)
    same(found.side_chains, expected.side_chains, 1e-2)


@pytest.mark.parametrize("kind", ["force", "energy"])
def test_gradient(noisy, device, kind):
    found = CHIGNOLIN.load_physical(kind, device)(noisy.to(device), 0.3)
    expected = CHIGNOLIN.load_physical(kind)(noisy, 0.3)
    assert found.trans.device.type == device
    same(found.trans, expected.trans)
    assert found.rot is not None and expected.rot is not None
    same(found.rot, expected.rot)


@pytest.mark.parametrize("resample", [None, 0.5])
@pytest.mark.parametrize("kind", ["none", "force", "energy"])
def test_run(device, kind, resample):
    """A run stays on its device, its ensemble is on the CPU, and the seed reproduces it."""
    physical = None if kind == "none" else CHIGNOLIN.load_physical(kind, device)
    config = SamplerConfig(
        samples=8,
        steps=6,
        gamma=0.8,
        eta=0.0 if physical is None else 1.0,
        guidance=kind,
        seed=5,
        resample=resample,
    )

    def make() -> Run:
        run = Run(CHIGNOLIN.load_networks(device), CHIGNOLIN.sequence, config, physical=physical)
        for state in run:
            assert all(size > 0 for size in state.mean_scores().values())
        return run

    first, again = make(), make()
    assert first.state.rigid.trans.device.type == device
    ensemble = first.ensemble()
    assert ensemble.atom14.shape == (8, 10, 14, 3) and ensemble.atom14.isfinite().all()
    assert ensemble.atom14.device.type == "cpu"
    torch.testing.assert_close(again.ensemble().atom14, ensemble.atom14, rtol=0, atol=1e-3)
    # with weights, η cannot change
    eta = 0.0 if physical is None else 0.5 if resample is None else 1.0
    branch = first.branch(3, eta=eta)
    assert branch.step().rigid.trans.isfinite().all()


@pytest.mark.parametrize("kind", ["force", "energy"])
def test_diverged_run(device, kind):
    """The divergence is found at the end at the latest, and the device remains usable."""
    config = SamplerConfig(samples=4, steps=8, eta=1.0, guidance=kind, seed=5)
    physical = CHIGNOLIN.load_physical(kind, device)
    run = Run(CHIGNOLIN.load_networks(device), CHIGNOLIN.sequence, config, physical=physical)
    for _ in range(3):
        run.step()
    run.eta = 1e30
    with pytest.raises(DivergenceError, match=r"η = 1e\+30"):
        for _ in run:
            pass
    assert is_bounded(run.state) and 3 <= run.state.step < 8
    run.rewind(3)
    run.eta = 1.0
    for _ in run:
        pass
    assert run.ensemble().atom14.isfinite().all()
