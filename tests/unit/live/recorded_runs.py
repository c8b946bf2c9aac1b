"""Fixtures for a recorded run."""

from __future__ import annotations

import pytest

from confdiff_widgets.live import Recording
from confdiff_widgets.live.recorder import Recorder
from confdiff_widgets.sampling import Run, SamplerConfig


@pytest.fixture
def recorded(tiny_cfg, tmp_path):
    """Return a run of five steps, with another γ from the second step on, and its folder."""
    run = Run(tiny_cfg, "YYDPETGTWY", SamplerConfig(samples=3, steps=5, seed=4))
    recorder = Recorder(tmp_path / "run", run, {"protein": "chignolin"})
    for state in run:
        recorder.add(state)
        run.gamma = 0.5
    recorder.close()
    return run, tmp_path / "run"


def resume(folder, tiny_cfg):
    """Return a recording's run at its last step, and its recorder."""
    recording = Recording(folder)
    run = recording.replay(Run(tiny_cfg, recording.sequence, recording.config))
    return run, Recorder.resume(recording, run)
