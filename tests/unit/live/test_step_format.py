"""One step of a saved run: what is written is read, and damage is noticed."""

from __future__ import annotations

import json

import pytest
import torch

from confdiff_widgets.files.reading import FormatError
from confdiff_widgets.guidance import Schedule
from confdiff_widgets.guidance.parameters import GuidanceParameters
from confdiff_widgets.live.step_format import (
    FRAME_WIDTH,
    MALFORMED,
    decode_step,
    encode_step,
    parse_line,
)
from confdiff_widgets.sampling import Run, SamplerConfig

SEQUENCE = "YYDPETGTWY"
SCHEDULE = Schedule(2.0, start=0.99, stop=0.1)


@pytest.fixture
def state(system):
    config = SamplerConfig(samples=3, steps=4, seed=7, guidance="force", eta=SCHEDULE)
    run = Run(system.load_networks("cpu"), SEQUENCE, config, physical=system.heads["force"])
    run.step()
    run.step()
    return run.state


def decoded(state, *, first=None, **changes):
    encoded = encode_step(state)
    content = json.loads(encoded.line) | changes
    line = parse_line(json.dumps(content).encode(), content["step"])
    frames = torch.frombuffer(bytearray(encoded.frames), dtype=torch.float32)
    if first is not None:
        frames[0] = first
    physical = torch.frombuffer(bytearray(encoded.physical), dtype=torch.float32)
    return decode_step(
        line,
        frames.reshape(3, 10, FRAME_WIDTH),
        physical.reshape(3, 10, 3),
        evaluated_t=state.evaluated_t,
        before=GuidanceParameters(1.0, SCHEDULE),
    )


def test_a_step_is_read_as_it_was_written(state):
    found = decoded(state)
    assert (found.step, found.t, found.seed) == (2, state.t, 7)
    assert found.parameters == GuidanceParameters(1.0, SCHEDULE)
    torch.testing.assert_close(found.rigid.trans, state.rigid.trans, rtol=0, atol=0)
    torch.testing.assert_close(found.prediction.trans, state.prediction.trans, rtol=0, atol=0)
    torch.testing.assert_close(found.side_chains, state.evaluation.side_chains)
    torch.testing.assert_close(found.physical, state.evaluation.physical.trans)
    assert found.scores == pytest.approx(state.mean_scores())


def test_version_1_keeps_a_schedule_whose_value_it_has(state):
    found = decoded(state, knobs=None)
    assert found.parameters.eta == SCHEDULE
    assert decoded(state, knobs=None, eta=0.5).parameters.eta == 0.5


@pytest.mark.parametrize("change", [{"energy": [1.0]}, {"knobs": ["a", "b"]}, {"t": 2.0},
                                    {"gamma": None}, {"seed": 2**70}])  # fmt: skip
def test_damaged_lines_are_refused(state, change):
    with pytest.raises((*MALFORMED, FormatError)):
        decoded(state, **change)


def test_lines_belong_to_their_step(state):
    with pytest.raises(FormatError, match="its line belongs to step 2"):
        parse_line(encode_step(state).line, 3)


def test_numbers_that_are_not_finite_are_refused(state):
    with pytest.raises(FormatError, match="its numbers are not finite"):
        decoded(state, first=float("nan"))
