"""Display options: what is drawn, what the toolbar offers, and refused values."""

from __future__ import annotations

import numpy as np
import pytest

from confdiff_widgets.widgets.explorer.display_options import OPTIONS, DisplayOptions
from confdiff_widgets.widgets.explorer.messages import MessageError


class Viewer:
    def show(self, backbone, colors, **options):
        self.backbone, self.colors, self.options = backbone, colors, options


@pytest.fixture
def frame(finished):
    return finished(samples=12, steps=4).current.last


def drawn(options, frame, *more):
    viewer = Viewer()
    options.draw(viewer, frame, *more)
    return viewer


def test_one_or_several_conformers_and_the_selected_ones(frame):
    assert DisplayOptions().drawn_conformers(frame) == list(range(8))
    assert DisplayOptions(overlay=False).drawn_conformers(frame) == [0]
    assert DisplayOptions(selected=[3, 99, 1]).drawn_conformers(frame) == [3, 1]


def test_the_noisy_state_is_a_tube(frame, finished):
    noisy = finished(samples=2, steps=4).current.frames[2]
    viewer = drawn(DisplayOptions(shown="noisy", style="cartoon"), noisy)
    np.testing.assert_array_equal(viewer.backbone, noisy.noisy)
    assert viewer.options["style"] == "tube"
    np.testing.assert_array_equal(drawn(DisplayOptions(), noisy).backbone, noisy.predicted)


def test_colours_by_rmsf_are_values_of_residues(frame):
    viewer = drawn(DisplayOptions(color="RMSF"), frame)
    np.testing.assert_array_equal(viewer.options["values"], frame.rmsf)
    assert (viewer.options["color"], viewer.options["value_label"]) == ("value", "RMSF (Å)")


def test_a_compared_branch_has_one_colour(frame):
    assert set(drawn(DisplayOptions(), frame, "#123456").colors) == {"#123456"}


def test_the_toolbar_offers_exactly_the_options_that_can_be_set():
    controls = DisplayOptions().toolbar("")["controls"]
    keys = {control["key"] for control in controls} - {"reset_view"}
    assert keys == set(OPTIONS)
    for control in controls:
        for choice in control["choices"]:
            DisplayOptions().set(control["key"], choice["value"])


def test_unavailable_controls_say_why():
    controls = {c["key"]: c for c in DisplayOptions().toolbar("no force", "no fold")["controls"]}
    assert controls["arrows"]["disabled_reason"] == "no force" and not controls["arrows"]["value"]
    assert controls["ghost"]["disabled_reason"] == "no fold"


def test_unknown_options_and_values_change_nothing():
    options = DisplayOptions()
    for key, value in (("colour", "RMSF"), ("color", "red"), ("ghost", "yes")):
        with pytest.raises(MessageError):
            options.set(key, value)
    assert options == DisplayOptions()


def test_hovering_highlights_without_drawing_again():
    options = DisplayOptions(selected=[1, 2])
    before = repr(options)
    options.hovered = 5
    assert options.highlighted == [5] and repr(options) == before
