"""Hashes of weights and of the inputs of networks."""

from __future__ import annotations

import torch

from confdiff_widgets.models.confdiff import ConfDiffModel
from confdiff_widgets.models.fingerprint import fingerprint, weights_hash


def test_hashes_depend_on_every_weight_and_on_the_order(tiny_network):
    one, other = (ConfDiffModel(tiny_network(conditional=False, seed=seed)) for seed in (0, 1))
    before = weights_hash([one, other])
    assert before == weights_hash([one, other]) and len(before) == 64
    assert len({before, weights_hash([other, one]), weights_hash([one]), weights_hash([None])}) == 4
    with torch.no_grad():
        list(one.network.parameters())[-1].view(-1)[-1] += 1e-4
    assert weights_hash([one, other]) != before


def test_fingerprints_depend_on_sequence_weights_and_features(tiny_network):
    model = ConfDiffModel(tiny_network(conditional=False, seed=0))
    found = {
        fingerprint("ACDE", [model], [torch.zeros(4)]),
        fingerprint("ACDF", [model], [torch.zeros(4)]),
        fingerprint("ACDE", [None], [torch.zeros(4)]),
        fingerprint("ACDE", [model], [torch.zeros(2, 2)]),
        fingerprint("ACDE", [model], [None]),
    }
    assert len(found) == 5
