"""`confdiff represent`: features in files and in the cache."""

from __future__ import annotations

from pathlib import Path

import torch

from confdiff_widgets.representations import OneHot
from confdiff_widgets.representations.cached import recall
from confdiff_widgets.representations.npz import read_npz


def test_features_are_written_to_a_folder_or_the_cache(confdiff):
    Path("features").mkdir()
    result = confdiff("represent", "chignolin", "--as", "one-hot", "--out", "features")
    assert "chignolin: 10 residues" in " ".join(result.stdout.split())
    found = read_npz(Path("features/chignolin.npz"))
    assert (found.sequence, found.representation) == ("YYDPETGTWY", "one-hot")
    torch.testing.assert_close(found.features.node, OneHot()("YYDPETGTWY").node)
    confdiff("represent", "GASPK", "--as", "one-hot")
    torch.testing.assert_close(recall("one-hot", "GASPK").node, OneHot()("GASPK").node)


def test_one_unknown_sequence_of_several_does_not_stop_the_others(confdiff):
    Path("two.fasta").write_text(">good\nACDEF\n>bad\nACBZX\n")
    Path("features").mkdir()
    result = confdiff("represent", "two.fasta", "--as", "one-hot", "--out", "features")
    message = " ".join(result.stderr.split())
    assert result.exit_code == 1
    assert "1 of 2 sequences failed; the others are written." in message
    assert [path.name for path in Path("features").iterdir()] == ["good.npz"]


def test_unknown_representations_are_refused(refused):
    assert "bogus" in refused("represent", "GASPK", "--as", "bogus")
