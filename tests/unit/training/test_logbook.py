"""The log of losses: means over intervals, resumed tables, and damaged ones."""

from __future__ import annotations

import pytest

from confdiff_widgets.models.network_file import CheckpointError
from confdiff_widgets.training.logbook import INTERVAL, Logbook


def filled(folder, steps=2 * INTERVAL):
    log = Logbook(folder)
    for step in range(1, steps + 1):
        log.add(step, {"total": float(step), "trans": 1.0})
    return log


def test_rows_are_means_over_intervals(tmp_path):
    log = filled(tmp_path, 2 * INTERVAL + 3)
    assert [row["step"] for row in log.rows] == [INTERVAL, 2 * INTERVAL]
    assert log.rows[0]["total"] == pytest.approx((INTERVAL + 1) / 2)
    assert log.rows[1]["total"] == pytest.approx(INTERVAL + (INTERVAL + 1) / 2)
    assert log.rows[0]["trans"] == 1.0 and log.rows[0]["steps_per_second"] > 0


def test_a_resumed_log_has_the_rows_up_to_its_step(tmp_path):
    filled(tmp_path).write()
    assert (tmp_path / "losses.png").read_bytes().startswith(b"\x89PNG")
    again = Logbook(tmp_path)
    again.load(INTERVAL)
    assert [row["step"] for row in again.rows] == [INTERVAL]


def test_only_the_main_process_writes(tmp_path):
    log = filled(tmp_path)
    log.main = False
    log.write()
    Logbook(tmp_path).write()  # nothing to write
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["step,total\n50\n", "a,b\n1,2\n", "step,total\n50,x\n"])
def test_damaged_tables_are_refused(tmp_path, text):
    (tmp_path / "losses.csv").write_text(text)
    with pytest.raises(CheckpointError, match=r"is damaged: .*Remove it to start a new table"):
        Logbook(tmp_path).load(100)
