"""Melting curves of the references: fractions, energies and temperatures."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets import proteins
from confdiff_widgets.analysis import ca_rmsd
from confdiff_widgets.errors import SettingsError
from confdiff_widgets.proteins import reference_melting


@pytest.fixture(scope="module")
def protein():
    return proteins.get("chignolin")


def test_the_folded_fraction_is_that_of_the_weighted_frames(protein):
    curve = reference_melting(protein, (320.0, 400.0))
    reference = protein.reference()
    folded = ca_rmsd(reference.frames[:, :, 1], reference.folded_ca) < protein.folded_cutoff
    for point, kelvin in zip(curve.points, (320.0, 400.0), strict=True):
        assert point.folded.value == pytest.approx(float(reference.at(kelvin).weights @ folded))
    assert curve.points[0].folded.value > curve.points[1].folded.value


def test_the_default_temperatures_are_those_of_the_exchange(protein):
    curve = reference_melting(protein)
    assert len(curve.points) == len(protein.reference().ladder)
    assert curve is reference_melting(protein)  # computed once
    energies = np.array([point.energy.value for point in curve.points])
    assert (np.diff(energies) > 0).all()


def test_temperatures_outside_are_refused(protein):
    with pytest.raises(SettingsError, match="covers 300 to 450 K"):
        reference_melting(protein, (200.0,))
