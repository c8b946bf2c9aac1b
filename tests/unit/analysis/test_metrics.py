"""Definitions of metrics: keys of stored files, and what tables need."""

from __future__ import annotations

from math import inf, log, sqrt

from confdiff_widgets.analysis.metrics import METRICS, STORED_KEYS, stored_key

KEYS_OF_FILES = [
    "js_pwd", "js_rg", "js_tic", "js_tic2d", "outside", "folded", "val_clash", "val_bond",
    "val_backbone", "pairwise_rmsd", "pairwise_tm", "contact_rmse", "rmsf_difference",
    "js_rg_residue", "contact_rmse_sum",
]  # fmt: skip


def test_the_keys_of_stored_files_do_not_change():
    assert list(METRICS)[: len(KEYS_OF_FILES)] == KEYS_OF_FILES
    assert stored_key("baseline_mean") == "floor_mean"
    assert stored_key("value") == "value"
    assert len(set(STORED_KEYS.values())) == len(STORED_KEYS)


def test_definitions_are_complete():
    labels = [info.label for info in METRICS.values()]
    assert len(set(labels)) == len(labels)
    for key, info in METRICS.items():
        assert info.ideal in ("low", "high", "match"), key
        assert info.unit in ("", "Å", "fraction"), key
        assert info.description and info.upper_bound > 0, key
        if info.unit == "fraction":
            assert info.upper_bound == 1
        if key.startswith("js_"):
            assert (info.ideal, info.upper_bound) == ("low", sqrt(log(2)))
        if info.unit == "Å":
            assert info.upper_bound == inf
