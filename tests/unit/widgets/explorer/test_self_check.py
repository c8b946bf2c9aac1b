"""The self-check of the Explorer: one line for each part."""

from __future__ import annotations

from confdiff_widgets.widgets.explorer.self_check import self_check


def texts(session):
    return {check["text"].partition(":")[0]: check for check in self_check(session)}


def test_a_ready_explorer_passes_and_saves_with_the_first_step(make_session, tmp_path):
    session = make_session(folder=tmp_path)
    found = texts(session)
    assert found.keys() == {"Structures", "Networks", "Energies", "Saving"}
    assert found["Networks"]["passed"] and "on cpu, loaded" in found["Networks"]["text"]
    assert found["Structures"]["passed"] and "nglview" in found["Structures"]["text"]
    assert str(session.folder) in found["Saving"]["text"]


def test_what_is_missing_is_stated_with_its_reason(make_session):
    session = make_session(folder=None)
    session.energies.unavailable_reason = "OpenMM is missing. Install it."
    found = texts(session)
    assert found["Energies"] == {
        "text": "Energies: unavailable. OpenMM is missing. Install it.", "passed": False,
    }  # fmt: skip
    assert found["Saving"] == {"text": "Saving: off (folder=None).", "passed": True}
