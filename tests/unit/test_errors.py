"""Display of a `UserError` in a notebook."""

from IPython.core.interactiveshell import InteractiveShell

from confdiff_widgets.errors import SettingsError


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
