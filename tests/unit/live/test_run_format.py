"""The header and the energies of a saved run: what is written is read, damage is one error."""

from __future__ import annotations

import json

import numpy as np
import pytest

from confdiff_widgets.live import RecordingError
from confdiff_widgets.live.run_format import (
    VERSION,
    branch_metadata,
    decode_energies,
    encode_energies,
    encode_energy,
    encode_header,
    encode_truncation,
    read_header,
    replace_title,
    run_metadata,
)


@pytest.fixture
def metadata(recorded):
    run, _ = recorded
    about = branch_metadata(protein="chignolin", networks={}, name="A", parent=None, title="γ")
    return run_metadata(run) | about


def test_a_header_is_read_as_it_was_written(metadata, tmp_path):
    (tmp_path / "run.json").write_text(encode_header(metadata), encoding="utf-8")
    content, header = read_header(tmp_path)
    assert content["format"] == VERSION
    assert (header.sequence, header.title, header.networks) == ("YYDPETGTWY", "γ", {})
    assert header.config.to_dict() == metadata["config"]
    assert len(header.weights) == 16


def test_a_title_is_replaced_or_removed(metadata):
    assert replace_title(metadata, "new")["title"] == "new"
    assert "title" not in replace_title(metadata, "")
    assert replace_title(metadata, "")["branch"] == "A"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "confdiff-run-9"}, r"another version \(format 'confdiff-run-9'; this"),
        ({"sequence": "AXB"}, "is damaged"),
        ({"config": {"samples": "many"}}, "is damaged"),
        ({"title": 3}, "is damaged"),
    ],
)
def test_headers_that_do_not_fit_are_refused(metadata, tmp_path, change, message):
    content = json.loads(encode_header(metadata)) | change
    (tmp_path / "run.json").write_text(json.dumps(content))
    with pytest.raises(RecordingError, match=message):
        read_header(tmp_path)


def test_a_folder_without_a_header_is_refused(tmp_path):
    with pytest.raises(RecordingError, match=r"contains no readable run.*Choose a folder with a r"):
        read_header(tmp_path)


def lines(text):
    return text.encode().splitlines()


def test_energies_are_found_by_step_and_conformer():
    energies = {1: np.array([-1.0, np.nan]), 2: np.array([-3.25, -4.0])}
    found = decode_energies(lines(encode_energies(energies, before=3)), 5, 2)
    assert found.keys() == energies.keys()
    for step, values in energies.items():
        np.testing.assert_array_equal(found[step], values)
    assert decode_energies(lines(encode_energies(energies, before=2)), 5, 2).keys() == {1}


def test_a_truncation_discards_later_energies_and_a_cut_line_is_skipped():
    text = encode_energy(1, 0, -1.0) + encode_energy(3, 0, -3.0)
    cut = text + "[4, 0, -" + encode_truncation(1, after_crash=True) + encode_energy(2, 1, -2.0)
    found = decode_energies(lines(cut), 5, 2)
    assert found.keys() == {1, 2} and found[2][1] == -2.0


def test_energies_of_other_steps_and_conformers_are_ignored():
    text = encode_energy(9, 0, -1.0) + encode_energy(1, 7, -1.0) + encode_energy(0, 0, -1.0)
    assert decode_energies(lines(text), 5, 2) == {}
