"""What the user sees where no widget can be shown."""

from __future__ import annotations

import subprocess
import sys

import pytest
from jupyter_client.manager import start_new_kernel

from confdiff_widgets.widgets.notebook import NOT_SHOWN

SCRIPT = "from confdiff_widgets import Explorer; Explorer('chignolin')"


@pytest.mark.slow
def test_a_script_reports_what_to_do_instead():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]  # nothing comes after it
    assert "The widgets need a Jupyter notebook. Start `confdiff lab`" in last
    assert "confdiff_widgets.sampling.Run" in last


@pytest.mark.slow
def test_a_frontend_without_widgets_shows_a_text_and_what_to_do():
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        code = SCRIPT.replace("('chignolin')", "('chignolin', samples=2, folder=None)")
        shown = []
        reply = client.execute_interactive(
            code, timeout=120, output_hook=lambda message: shown.append(message["content"])
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        texts = [content.get("data", {}).get("text/plain") for content in shown]
        assert NOT_SHOWN in texts
        assert "confdiff doctor" in NOT_SHOWN
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
