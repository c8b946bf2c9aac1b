"""The state from which a training resumes."""

from __future__ import annotations

import pytest
import torch

from confdiff_widgets.models.config import NetworkConfig
from confdiff_widgets.models.network_file import CheckpointError
from confdiff_widgets.training.checkpoint import Validated, read_checkpoint

CONTENT = {
    "network": NetworkConfig(c_s=16, c_z=8, c_skip=8, tfmr_heads=2).to_dict(),
    "training": {"steps": 10},
    "step": 4,
    "model": {"a": torch.arange(3.0)},
    "optimizer": {},
    "ema": {},
    "generator": torch.zeros(2, dtype=torch.uint8),
}


def written(tmp_path, **changes):
    torch.save(CONTENT | changes, tmp_path / "last.ckpt")
    return tmp_path / "last.ckpt"


def test_a_checkpoint_is_read_as_it_was_written(tmp_path):
    found = read_checkpoint(written(tmp_path))
    assert (found.step, found.network.c_s, found.validation) == (4, 16, None)
    torch.testing.assert_close(found.model["a"], torch.arange(3.0))


@pytest.mark.parametrize("changes", [{"step": -1}, {"network": {"c_s": "wide"}}, {"model": 3}])
def test_checkpoints_of_another_kind_are_refused(tmp_path, changes):
    with pytest.raises(CheckpointError, match="is damaged or not a training checkpoint"):
        read_checkpoint(written(tmp_path, **changes))


def test_damaged_and_missing_files_are_refused(tmp_path):
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    for damaged in (path, tmp_path / "missing.ckpt"):
        with pytest.raises(CheckpointError, match="Remove it to start again"):
            read_checkpoint(damaged)


def test_the_best_step_is_the_first_of_the_lowest_loss():
    assert Validated(1.0, 2, [(10, 2.0), (20, 1.0), (30, 1.0)]).best_step == 20
    assert Validated(1.0, 0, []).best_step is None
