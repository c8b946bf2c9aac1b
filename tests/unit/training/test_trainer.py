"""The training loop: checkpoints, resuming, averaged weights."""

import csv
import dataclasses
import math
import resource

import pytest
import torch

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.files.writing import OutputError
from confdiff_widgets.models.checkpoints import CheckpointError, load_network
from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.representations import OneHot
from confdiff_widgets.training import logbook
from confdiff_widgets.training.config import TrainingConfig
from confdiff_widgets.training.conformers import Conformers
from confdiff_widgets.training.losses import LossWeights
from confdiff_widgets.training.trainer import ExponentialMovingAverage, Trainer

TINY = NetworkConfig(
    node_repr=20, time=8, index=8, rbf=8, c_s=16, c_z=8, c_skip=8, blocks=1, heads=2, c_hidden=8,
    qk_points=2, v_points=3, tfmr_heads=2, tfmr_layers=1,
)  # fmt: skip


@pytest.fixture
def trainer(tmp_path, chignolin_conformers):
    """Return a factory of trainers for chignolin, each in a temporary folder."""

    def make(folder="run", network=TINY, data=chignolin_conformers, start=None, **settings):
        settings = {"steps": 6, "residues": 40, "warmup": 2, "checkpoint_every": 100} | settings
        return Trainer(
            network,
            TrainingConfig(**settings),
            [data],
            [1.0],
            OneHot() if network.node_repr else None,
            tmp_path / folder,
            start=start,
            accelerator="cpu",
        )

    return make


def weights(trainer):
    return {k: v.clone() for k, v in trainer.model.module.state_dict().items()}


def assert_equal(a, b):
    assert a.keys() == b.keys()
    assert all(torch.equal(a[key], b[key]) for key in a)


def test_loss_goes_down(trainer, chignolin_conformers):
    """Overfits one conformer at large t, which takes few steps."""
    one = chignolin_conformers.select(torch.tensor([0]))
    losses = LossWeights(rot=0.1, peptide=0.0)
    made = trainer(
        data=one, steps=40, residues=160, learning_rate=1e-2, warmup=1, t_min=0.3, losses=losses
    )
    history = []
    made.run(lambda step, losses: history.append((step, losses)))
    assert [step for step, _ in history] == list(range(1, 41))
    assert set(history[0][1]) == {
        "total", "trans", "rot", "backbone", "peptide", "contact", "torsion", "gradient",
    }  # fmt: skip

    def fell(name):
        values = [losses[name] for _, losses in history]
        return sum(values[-5:]) / sum(values[:5])

    assert fell("total") < 0.7
    assert fell("trans") < 0.6
    assert fell("torsion") < 0.7


@pytest.mark.parametrize("network", [TINY, NetworkConfig(**TINY.to_dict() | {"node_repr": 0})])
def test_resuming_changes_nothing(trainer, network):
    """Six steps, and three plus three from a checkpoint, give identical weights."""
    straight = trainer("straight", network)
    straight.run()
    first = trainer("parted", network)
    first.run(until=3)
    assert first.step == 3
    second = trainer("parted", network)
    assert second.step == 3
    assert_equal(weights(second), weights(first))
    second.run()
    assert second.step == straight.step == 6
    assert_equal(weights(second), weights(straight))
    assert_equal(second.ema.weights, straight.ema.weights)
    assert not torch.equal(
        first.ema.weights["embedder.node_mlp.0.weight"],
        straight.ema.weights["embedder.node_mlp.0.weight"],
    )


def test_seeds(trainer):
    runs = [trainer(f"run{k}", seed=seed) for k, seed in enumerate((1, 1, 2))]
    for run in runs:
        run.run(until=2)
    assert_equal(weights(runs[0]), weights(runs[1]))
    name = "embedder.node_mlp.0.weight"
    assert not torch.equal(weights(runs[0])[name], weights(runs[2])[name])


def test_a_finished_training_does_not_continue(trainer):
    made = trainer()
    made.run()
    again = trainer()
    again.run(lambda *_: pytest.fail("a step was made"))
    assert_equal(weights(again), weights(made))


def test_checkpoint(trainer, tmp_path):
    trainer(checkpoint_every=2).run(until=5)
    files = {path.name for path in (tmp_path / "run").iterdir()}
    # there are no curves before the first interval is complete, and no temporary files
    assert files == {"last.ckpt", "network.safetensors"}
    state = torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)
    assert state["step"] == 5
    assert NetworkConfig(**state["network"]) == TINY
    assert state["training"]["residues"] == 40
    assert state["training"]["losses"]["trans"] == 1.0
    assert state["model"].keys() == state["ema"]["weights"].keys()


def test_the_result_is_the_averaged_network(trainer):
    made = trainer()
    made.run(until=4)
    network, representation = load_network(made.folder / "network.safetensors")
    assert representation == "one-hot" and network.config == TINY
    assert_equal(network.state_dict(), made.ema.weights)
    assert not torch.equal(
        network.state_dict()["embedder.node_mlp.0.weight"],
        weights(made)["embedder.node_mlp.0.weight"],
    )


def test_checkpoint_interval(trainer):
    made, seen = trainer(checkpoint_every=2), {}
    made.run(lambda step, _: seen.update({step: made.checkpoint_path.exists()}))
    assert seen == {1: False, 2: False, 3: True, 4: True, 5: True, 6: True}


def test_curves(trainer, tmp_path, monkeypatch):
    monkeypatch.setattr(logbook, "INTERVAL", 2)
    history = {}
    trainer(steps=8).run(lambda step, losses: history.update({step: losses}), until=5)
    trainer(steps=8).run(lambda step, losses: history.update({step: losses}))
    folder = tmp_path / "run"
    assert (folder / "losses.png").read_bytes().startswith(b"\x89PNG")
    with (folder / "losses.csv").open() as file:
        rows = list(csv.DictReader(file))
    # step 5 began an interval that the interruption dropped
    assert [row["step"] for row in rows] == ["2", "4", "7"]
    assert float(rows[1]["total"]) == pytest.approx(
        (history[3]["total"] + history[4]["total"]) / 2, rel=1e-5
    )
    assert float(rows[0]["steps_per_second"]) > 0


def test_a_checkpoint_of_other_sizes_is_rejected(trainer):
    trainer().run(until=1)
    with pytest.raises(ValueError, match=r"last\.ckpt contains a network of other sizes\. Choose"):
        trainer(network=NetworkConfig(**TINY.to_dict() | {"c_s": 32}))


def test_a_gradient_of_nan_stops_training(trainer, chignolin_conformers):
    c = chignolin_conformers
    bad = Conformers(
        c.name,
        c.sequence,
        c.rigid,
        c.torsions * float("nan"),
        c.torsion_mask,
        c.backbone,
        c.replica,
    )
    made = trainer(data=bad)
    before = weights(made)
    with pytest.raises(FloatingPointError, match=r"gradient became nan at step 0\. Lower"):
        made.run()
    assert_equal(weights(made), before)
    assert not made.checkpoint_path.exists()


def test_learning_rate(trainer):
    """Linear warm-up, then a cosine to 0 at the last step."""
    made = trainer(steps=100, warmup=10, learning_rate=1.0)
    rates = [made._rate(step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1, rel=0.01) and rates[4] == pytest.approx(0.5, rel=0.01)
    assert rates[50] == pytest.approx(0.5) and rates[100] == pytest.approx(0)
    assert max(rates) == rates[9] and sorted(rates[9:], reverse=True) == rates[9:]
    made.run(until=1)
    assert made.optimizer.param_groups[0]["lr"] == pytest.approx(rates[0])


def test_large_step_numbers_are_stored_exactly(tmp_path):
    book = logbook.Logbook(tmp_path)
    book.rows = [{"step": 1_234_550, "total": 1.5, "steps_per_second": 3.0}]
    book.write()
    again = logbook.Logbook(tmp_path)
    again.load(2_000_000)
    assert again.rows[0]["step"] == 1_234_550
    again.load(1_000_000)
    assert again.rows == []


def test_the_curves_of_a_version_without_a_loss_term_continue(tmp_path):
    (tmp_path / "losses.csv").write_text("step,total,trans,steps_per_second\n50,2,1,3\n")
    book = logbook.Logbook(tmp_path)
    book.load(50)
    book.rows.append(
        {"step": 100, "total": 1.5, "contact": 0.5, "trans": 1.0, "steps_per_second": 3.0}
    )
    book.write()
    again = logbook.Logbook(tmp_path)
    again.load(100)
    assert [row["total"] for row in again.rows] == [2, 1.5]
    assert math.isnan(again.rows[0]["contact"]) and again.rows[1]["contact"] == 0.5
    assert (tmp_path / "losses.png").stat().st_size


def test_incompatible_network_sizes_are_rejected():
    with pytest.raises(SettingsError, match="c_s \\+ c_skip is 18, not divisible by 4"):
        NetworkConfig(c_s=16, c_skip=2, tfmr_heads=4)


def test_a_damaged_checkpoint_is_reported(trainer):
    made = trainer()
    made.run(until=1)
    made.save()
    content = made.checkpoint_path.read_bytes()
    made.checkpoint_path.write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match=r"last\.ckpt is damaged"):
        trainer()


def test_training_starts_from_the_weights_of_a_network(trainer, tmp_path):
    first = trainer("first")
    first.run()
    second = trainer("second", start=tmp_path / "first" / "network.safetensors")
    assert_equal(weights(second), first.ema.weights)
    assert second.step == 0


def test_initial_weights_of_other_sizes_are_rejected(trainer, tmp_path):
    trainer("first").run()
    wider = dataclasses.replace(TINY, c_s=24)
    with pytest.raises(SettingsError, match="other sizes"):
        trainer("second", network=wider, start=tmp_path / "first" / "network.safetensors")


# --- averaged weights ---------------------------------------------------------------------------


class Scalar(torch.nn.Module):
    """A model with one parameter and one buffer."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(0.0, dtype=torch.float64))
        self.register_buffer("buffer", torch.tensor(0.0, dtype=torch.float64))

    def set(self, value):
        with torch.no_grad():
            self.weight.fill_(value)
            self.buffer.fill_(-value)


def average(values, decay):
    """Compute Σ_k v_k (1 - d_k) Π_{j > k} d_j, with d_k = min(decay, (1 + k) / (10 + k))."""
    decays = [min(decay, (1 + k) / (10 + k)) for k in range(1, len(values) + 1)]
    total = 0.0
    for k, value in enumerate(values):
        weight = 1 - decays[k]
        for later in decays[k + 1 :]:
            weight *= later
        total += weight * value
    return total


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.999])
def test_average_equals_the_closed_form(decay):
    model = Scalar()
    ema = ExponentialMovingAverage(model, decay)
    values = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0]
    for value in values:
        model.set(value)
        ema.update(model)
    assert float(ema.weights["weight"]) == pytest.approx(average(values, decay))
    assert float(ema.weights["buffer"]) == pytest.approx(-average(values, decay))
    assert not ema.weights["weight"].requires_grad


def test_the_average_starts_at_a_copy_of_the_weights():
    model = Scalar()
    model.set(2.0)
    ema = ExponentialMovingAverage(model, 0.9)
    model.set(5.0)
    assert float(ema.weights["weight"]) == 2.0


def test_state_of_the_average_round_trips():
    model = Scalar()
    first = ExponentialMovingAverage(model, 0.9)
    for value in (1.0, 2.0, 3.0):
        model.set(value)
        first.update(model)
    second = ExponentialMovingAverage(Scalar(), 0.9)
    second.load_state_dict(first.state_dict())
    for ema in (first, second):
        model.set(7.0)
        ema.update(model)
    assert first.updates == second.updates == 4
    assert torch.equal(first.weights["weight"], second.weights["weight"])


# --- crashes and damaged files --------------------------------------------------------------------


def result(trainer):
    state = load_network(trainer.network_path)[0].state_dict()
    return {name: tensor.clone() for name, tensor in state.items()}  # it was mapped from the file


@pytest.mark.parametrize("loss", ["missing", "stale"])
def test_a_network_that_a_crash_left_behind_the_checkpoint_is_written_again(trainer, loss):
    """Version 0.1 wrote the checkpoint before the network."""
    made = trainer()
    made.run(until=3)
    older = made.network_path.read_bytes()
    made.run()
    whole = result(made)
    if loss == "missing":
        made.network_path.unlink()
    else:
        made.network_path.write_bytes(older)
    trainer()
    assert_equal(result(made), whole)


def test_the_checkpoint_is_written_after_the_network(trainer, monkeypatch):
    made = trainer(checkpoint_every=2)
    made.run(until=2)

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("confdiff_widgets.training.trainer.write_bytes", crash)
    with pytest.raises(KeyboardInterrupt):
        made.run(until=4)
    monkeypatch.undo()
    straight = trainer("straight")
    straight.run()
    again = trainer()
    assert again.step == 2
    again.run()
    assert_equal(result(again), result(straight))


def test_a_lost_network_of_an_earlier_step_is_reported(trainer):
    made = trainer()
    made.run(until=4)
    state = torch.load(made.checkpoint_path, weights_only=True)
    state["validation"] = {"best": 1.0, "since": 1, "history": [(2, 1.0), (4, 2.0)]}
    torch.save(state, made.checkpoint_path)
    kept = made.network_path.read_bytes()
    trainer()
    assert made.network_path.read_bytes() == kept, "the best network is not replaced by the last"
    made.network_path.unlink()
    with pytest.raises(CheckpointError, match=r"The best network, of step 2, is lost.*Remove"):
        trainer()


@pytest.mark.parametrize(
    "change",
    [
        {"step": -1},
        {"step": "many"},
        {"network": {"blocks": 10**9}},
        {"network": 3},
        {"model": {}},
        {"model": [1]},
        {"optimizer": {}},
        {"ema": {"updates": 1}},
        {"generator": torch.zeros(3)},
        {"validation": {"best": "low"}},
    ],
)
def test_tampered_checkpoints_are_one_error(trainer, change):
    made = trainer()
    made.run(until=1)
    state = torch.load(made.checkpoint_path, weights_only=True)
    torch.save(state | change, made.checkpoint_path)
    with pytest.raises(CheckpointError, match=r"last\.ckpt is damaged.*Remove it"):
        trainer()


@pytest.mark.parametrize("content", [b"", b"[]", b"PK\x03\x04", b"\x80\x04]", b"cos\nsystem\n"])
def test_files_that_are_no_checkpoint(trainer, content):
    made = trainer()
    made.checkpoint_path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged"):
        trainer()


def test_a_checkpoint_of_version_0_1_opens(trainer):
    """It has no entries of thermal networks."""
    made = trainer()
    made.run(until=3)
    state = torch.load(made.checkpoint_path, weights_only=True)
    for newer in ("temperature", "sigma_min", "t_min"):
        del state["network"][newer]
    torch.save(state, made.checkpoint_path)
    again = trainer()
    assert again.step == 3
    assert_equal(weights(again), weights(made))


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "step,total\n1,x\n", "step,total\n1\n"])
def test_damaged_curves_are_one_error(tmp_path, content):
    (tmp_path / "losses.csv").write_text(content)
    with pytest.raises(CheckpointError, match=r"losses\.csv is damaged"):
        logbook.Logbook(tmp_path).load(10)


def test_a_disk_that_fills_keeps_the_last_checkpoint(trainer):
    made = trainer(checkpoint_every=2)
    made.run(until=2)
    before = {path.name: path.read_bytes() for path in made.folder.iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OutputError, match=r"network\.safetensors: File too large"):
            made.run(until=4)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path.name: path.read_bytes() for path in made.folder.iterdir()} == before
    assert trainer().step == 2
