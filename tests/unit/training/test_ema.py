import pytest
import torch

from confdiff_widgets.training.ema import ExponentialMovingAverage


class Scalar(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(0.0, dtype=torch.float64))
        self.register_buffer("buffer", torch.tensor(0.0, dtype=torch.float64))

    def set(self, value):
        with torch.no_grad():
            self.weight.fill_(value)
            self.buffer.fill_(-value)


def average(values, decay):
    """Closed form: Σ_k v_k (1 - d_k) Π_{j > k} d_j, with d_k = min(decay, (1 + k) / (10 + k))."""
    decays = [min(decay, (1 + k) / (10 + k)) for k in range(1, len(values) + 1)]
    total = 0.0
    for k, value in enumerate(values):
        weight = 1 - decays[k]
        for later in decays[k + 1 :]:
            weight *= later
        total += weight * value
    return total


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.999])
def test_closed_form(decay):
    model = Scalar()
    ema = ExponentialMovingAverage(model, decay)
    values = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0]
    for value in values:
        model.set(value)
        ema.update(model)
    assert float(ema.weights["weight"]) == pytest.approx(average(values, decay))
    assert float(ema.weights["buffer"]) == pytest.approx(-average(values, decay))
    assert not ema.weights["weight"].requires_grad


def test_it_starts_at_the_model_and_stays_apart_from_it():
    model = Scalar()
    model.set(2.0)
    ema = ExponentialMovingAverage(model, 0.9)
    model.set(5.0)
    assert float(ema.weights["weight"]) == 2.0


def test_state_round_trip():
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
