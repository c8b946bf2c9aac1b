"""Messages of a `UserError`, and their display in a notebook."""

import pickle

import pytest
from IPython.core.interactiveshell import InteractiveShell

from confdiff_widgets.errors import LONGEST_MESSAGE, SettingsError
from confdiff_widgets.files.writing import OutputError
from confdiff_widgets.geometry.structure import StructureError
from confdiff_widgets.proteins import UnknownProteinError


def test_cell_shows_only_the_message(capsys):
    shell = InteractiveShell.instance()
    try:
        shell.user_ns["error"] = SettingsError("η is 7: choose 0 to 3.")
        result = shell.run_cell("raise error")
    finally:
        InteractiveShell.clear_instance()
    assert isinstance(result.error_in_exec, SettingsError)
    shown = "".join(capsys.readouterr())
    assert "SettingsError: η is 7: choose 0 to 3." in shown
    assert "Traceback" not in shown and "raise error" not in shown


@pytest.mark.parametrize("kind", [SettingsError, StructureError, OutputError, UnknownProteinError])
def test_long_messages_keep_what_is_wrong_and_what_to_do(kind):
    error = kind("File " + "x" * 5000 + " is damaged. Remove it.")
    assert len(str(error)) == LONGEST_MESSAGE
    assert str(error).startswith("File x") and str(error).endswith(" is damaged. Remove it.")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert str(kind("File is damaged.")) == "File is damaged."
