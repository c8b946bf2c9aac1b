"""Chemical forms: defaults, stored forms, and forms that a chain cannot have."""

from __future__ import annotations

import dataclasses
import json

import pytest

from confdiff_widgets.physics import Chemistry, PhysicsError
from confdiff_widgets.physics.chemistry import FORMS, LETTERS


def test_the_standard_form_is_that_at_ph_7():
    form = Chemistry.standard("HCDEK")
    assert form.residues == ("HIE", "CYS", "ASP", "GLU", "LYS")
    assert (form.start, form.end, form.disulphides) == ("", "", ())


def test_every_residue_belongs_to_one_amino_acid():
    names = [name for forms in FORMS.values() for name in forms]
    assert len(FORMS) == 20 and len(set(names)) == len(names) == len(LETTERS)


def test_a_stored_form_is_the_same_form():
    form = Chemistry(("ALA", "CYX", "GLY", "CYX"), "ACE", "NME", ((1, 3),))
    stored = json.loads(json.dumps(dataclasses.asdict(form)))
    assert Chemistry.from_dict(stored) == form
    with pytest.raises(PhysicsError, match="is damaged"):
        Chemistry.from_dict({"residues": ["ALA"]})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((("XXX",),), r"Unknown residues \['XXX'\]"),
        (((),), "at least one of them"),
        ((("ALA",), "FOR"), "Unknown end groups 'FOR'"),
        ((("CYX", "ALA"),), "do not pair all residues CYX"),
        ((("CYX", "CYX"), "", "", ((0, 0),)), "do not pair all residues CYX"),
    ],
)
def test_other_forms_are_refused(arguments, message):
    with pytest.raises(PhysicsError, match=message):
        Chemistry(*arguments)
