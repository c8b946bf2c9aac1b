import pytest
import torch

from confdiff_widgets.geometry.residues import LETTERS, SequenceError
from confdiff_widgets.representations import Features, OneHot


def test_one_hot():
    features = OneHot()("ARV")
    assert isinstance(features, Features) and features.pair is None
    assert features.node.dtype == torch.float32
    assert features.node.shape == (3, OneHot.node_size) and OneHot.pair_size == 0
    assert features.node.argmax(1).tolist() == [0, 1, 19]
    assert features.node.sum(1).tolist() == [1, 1, 1]


def test_features_of_amino_acids_differ():
    assert torch.equal(OneHot()(LETTERS).node, torch.eye(20))


def test_sequences_are_normalised():
    assert torch.equal(OneHot()(" yy\nd").node, OneHot()("YYD").node)


@pytest.mark.parametrize(("sequence", "message"), [("", "empty"), ("AXA", "'X' at position 2")])
def test_invalid_sequences_are_refused(sequence, message):
    with pytest.raises(SequenceError, match=message):
        OneHot()(sequence)
