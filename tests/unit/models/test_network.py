"""Symmetries of the network, and layers with an optimised implementation."""

import copy
import math

import pytest
import torch

from confdiff_widgets.geometry.rigid import Rigid
from confdiff_widgets.geometry.rotations import random_quat
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.embedder import sinusoidal
from confdiff_widgets.models.layers import EdgeTransition, linear
from confdiff_widgets.models.network import ScoreNetwork


@pytest.fixture
def double(golden):
    """Return a golden network in float64 and a function that evaluates it in float64."""
    network = copy.deepcopy(golden.network).double()

    def inputs(batch=2, length=7, seed=0):
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape):
            return torch.randn(*shape, generator=generator, dtype=torch.float64)

        node, pair = golden.config.node_repr, golden.config.pair_repr
        return {
            "rigid": Rigid(
                random_quat((batch, length), generator=generator, dtype=torch.float64),
                8 * normal(batch, length, 3),
            ),
            "t": torch.linspace(0.2, 0.9, batch, dtype=torch.float64),
            "node_repr": normal(batch, length, node) if node else None,
            "pair_repr": normal(batch, length, length, pair) if pair else None,
        }

    @torch.no_grad()
    def run(**given):
        return network(**given)

    run.inputs = inputs
    return run


def assert_same(a, b, *, at=slice(None), energy=True, tolerance=1e-9):
    """Check that predictions are equal, optionally at some residues (B, L)."""

    def close(x, y):
        torch.testing.assert_close(x[at], y[at], atol=tolerance, rtol=0)

    close(a.frames.rotmats, b.frames.rotmats)
    close(a.frames.trans, b.frames.trans)
    close(a.side_chains, b.side_chains)
    if a.force is not None:
        for f, g in zip(a.force, b.force, strict=True):
            close(f, g)
    if a.energy is not None and energy:
        torch.testing.assert_close(a.energy, b.energy, atol=tolerance, rtol=0)


def test_rotation_and_translation(double):
    """Frames and forces are equivariant; torsions and energy are invariant."""
    given = double.inputs()
    generator = torch.Generator().manual_seed(5)
    motion = Rigid(
        random_quat((2, 1), generator=generator, dtype=torch.float64),
        20 * torch.randn(2, 1, 3, generator=generator, dtype=torch.float64),
    )
    before = double(**given)
    after = double(**given | {"rigid": motion.compose(given["rigid"])})
    expected = before._replace(frames=motion.compose(before.frames))
    if before.force is not None:
        # the head's frames are in units of 10 Å
        points = [motion.scale(0.1).apply(f) for f in before.force]
        expected = expected._replace(force=tuple(points))
    assert_same(after, expected, tolerance=1e-8)


def test_batch_permutation(double):
    given = double.inputs(batch=3)
    before = double(**given)
    order = torch.tensor([2, 0, 1])
    shuffled = {k: v if v is None else v[order] for k, v in given.items()}
    after = double(**shuffled)
    assert_same(after, before._replace(
        frames=before.frames[order],
        side_chains=before.side_chains[order],
        force=before.force and tuple(f[order] for f in before.force),
        energy=before.energy if before.energy is None else before.energy[order],
    ))  # fmt: skip


def test_batch_entries_are_independent(double):
    given = double.inputs(batch=2)
    together = double(**given)
    alone = double(**{k: v if v is None else v[:1] for k, v in given.items()})
    assert_same(
        alone,
        together._replace(
            frames=together.frames[:1],
            side_chains=together.side_chains[:1],
            force=together.force and tuple(f[:1] for f in together.force),
            energy=together.energy if together.energy is None else together.energy[:1],
        ),
    )


def test_representation_is_shared_by_the_batch(double):
    given = double.inputs(batch=2)
    shared = {k: v if v is None else v[0] for k, v in given.items() if k.endswith("repr")}
    copies = {k: v if v is None else v.expand(2, *v.shape) for k, v in shared.items()}
    assert_same(double(**given | shared), double(**given | copies))


def test_full_mask_has_no_effect(double):
    given = double.inputs()
    assert_same(double(**given, mask=torch.ones(2, 7, dtype=torch.bool)), double(**given))


def padded(given, extra, seed):
    """Append ``extra`` padded residues of arbitrary content."""
    generator = torch.Generator().manual_seed(seed)

    def pad(tensor, dims):
        for dim in dims:
            shape = list(tensor.shape)
            shape[dim] = extra
            noise = 100 * torch.randn(shape, generator=generator, dtype=torch.float64)
            tensor = torch.cat([tensor, noise], dim)
        return tensor

    quat = random_quat((2, extra), generator=generator, dtype=torch.float64)
    rigid = given["rigid"]
    mask = torch.ones(2, rigid.shape[1] + extra, dtype=torch.bool)
    mask[:, rigid.shape[1] :] = False
    return given | {
        "rigid": Rigid(torch.cat([rigid.quat, quat], 1), pad(rigid.trans, [1])),
        "node_repr": None if given["node_repr"] is None else pad(given["node_repr"], [1]),
        "pair_repr": None if given["pair_repr"] is None else pad(given["pair_repr"], [1, 2]),
        "mask": mask,
    }


@pytest.mark.parametrize("extra", [1, 5])
def test_padding(double, extra):
    """Real residues depend neither on the content nor on the amount of padding.

    The energy is left out: published, it averages over padded residues too.
    """
    given = double.inputs()
    plain = double(**given)
    for seed in (1, 2):
        found = double(**padded(given, extra, seed))
        short = found._replace(
            frames=found.frames[:, :7],
            side_chains=found.side_chains[:, :7],
            force=found.force and tuple(f[:, :7] for f in found.force),
        )
        assert_same(short, plain, energy=False)


def test_residue_index(double):
    """Default: counted from 0. Pairs depend on differences, nodes on each index."""
    given = double.inputs()
    plain = double(**given)
    assert_same(double(**given, residue_index=torch.arange(7)), plain)
    moved = double(**given, residue_index=torch.arange(7) + 30)
    assert (moved.frames.trans - plain.frames.trans).abs().max() > 1e-4


def test_every_input_has_an_effect(double):
    """Every input changes the prediction."""
    given = double.inputs()
    plain = double(**given)
    for name, value in given.items():
        if value is None:
            continue
        changed = value.scale(1.1) if name == "rigid" else value * 1.1 + 0.01 * value**2
        other = double(**given | {name: changed})
        assert (other.side_chains - plain.side_chains).abs().max() > 1e-8, name


def test_missing_features_are_named():
    network = ScoreNetwork(NetworkConfig(node_repr=20, c_s=8, c_z=8, blocks=1, c_hidden=4))
    rigid = Rigid(random_quat((1, 3)), torch.randn(1, 3, 3))
    with pytest.raises(ValueError, match="needs 20 features as node_repr; none was given"):
        network(rigid, torch.tensor([0.5]))
    with pytest.raises(ValueError, match="needs 20 features as node_repr; 7 were given"):
        network(rigid, torch.tensor([0.5]), node_repr=torch.zeros(3, 7))


def test_untrained_networks_return_their_input():
    """Frame updates are initialised to 0, so x̂_0 = x_t."""
    torch.manual_seed(0)
    network = ScoreNetwork(NetworkConfig(c_s=16, c_z=8, blocks=2, c_hidden=8))
    rigid = Rigid(random_quat((2, 5)), torch.randn(2, 5, 3))
    with torch.no_grad():
        found = network(rigid, torch.tensor([0.1, 0.9]))
    torch.testing.assert_close(found.frames.trans, rigid.trans)
    torch.testing.assert_close(found.frames.quat, rigid.quat)
    torch.testing.assert_close(found.side_chains.norm(dim=-1), torch.ones(2, 5, 7))


def test_every_parameter_has_a_gradient(golden):
    network = copy.deepcopy(golden.network)
    found = network(
        Rigid.from_tensor7(golden.input("rigids")),
        golden.input("t"),
        node_repr=golden.input("node_repr"),
        pair_repr=golden.input("edge_repr"),
        mask=golden["in_mask"],
    )
    total = (found.frames.to_tensor7() ** 2).sum() + found.side_chains[..., 0].sum()
    for extra in found.force or ():
        total = total + (extra**2).sum()
    if found.energy is not None:
        total = total + found.energy.sum()
    total.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.any(), name


def test_published_size():
    with torch.device("meta"):
        network = ScoreNetwork(NetworkConfig())
    count = sum(p.numel() for p in network.parameters())
    assert count == pytest.approx(12.5e6, rel=0.01)


def test_sinusoidal_features():
    features = sinusoidal(torch.tensor([0.0, 2.0]), 8)
    assert features[0].tolist() == [0.0] * 4 + [1.0] * 4
    rates = [1, 10000 ** (-1 / 3), 10000 ** (-2 / 3), 1e-4]
    expected = [math.sin(2 * r) for r in rates] + [math.cos(2 * r) for r in rates]
    torch.testing.assert_close(features[1], torch.tensor(expected))


def test_edge_transition_equals_layers_on_the_concatenation():
    torch.manual_seed(1)
    layer = EdgeTransition(6, 4).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    node, pair = torch.randn(2, 5, 6).double(), torch.randn(2, 5, 5, 4).double()
    half = layer.initial_embed(node)
    rows = half[:, :, None].expand(-1, -1, 5, -1)
    columns = half[:, None].expand(-1, 5, -1, -1)
    joined = torch.cat([pair, rows, columns], dim=-1)
    expected = layer.layer_norm(layer.final_layer(layer.trunk(joined) + joined))
    torch.testing.assert_close(layer(node, pair), expected)


def test_initial_weights():
    torch.manual_seed(2)
    assert not linear(30, 40, init="zero").weight.any()
    for init, variance in (("lecun", 1 / 400), ("relu", 2 / 400)):
        layer = linear(400, 500, init=init)
        assert not layer.bias.any()
        assert float(layer.weight.detach().var()) == pytest.approx(variance, rel=0.02)
