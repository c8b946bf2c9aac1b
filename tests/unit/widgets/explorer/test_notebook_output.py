"""The output below an Explorer: what is published, and when."""

import threading
import time

import numpy as np
import pytest
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from confdiff_widgets.widgets.explorer.notebook_output import NotebookOutput


class Published(DisplayPublisher):
    """Records the messages to the notebook."""

    def __init__(self):
        super().__init__()
        self.messages = []

    def publish(self, data, metadata=None, *, transient=None, update=False, **_):
        self.messages.append((data, metadata, transient["display_id"], update))

    def wait(self, count):
        deadline = time.monotonic() + 20
        while len(self.messages) < count:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.1)  # for messages that must not come
        assert len(self.messages) == count
        return self.messages[-1]


@pytest.fixture
def published(monkeypatch):
    shell = InteractiveShell.instance()
    publisher = Published()
    monkeypatch.setattr(shell, "display_pub", publisher)
    yield publisher
    InteractiveShell.clear_instance()


@pytest.fixture
def shown(published):
    made = []

    def make(session):
        made.append(NotebookOutput(lambda: session))
        made[-1].show()
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_text_until_a_run_has_finished(make_session, published, shown):
    last = shown(make_session())
    last.wake()
    data, _, _, update = published.wait(1)
    assert set(data) == {"text/plain"} and not update


def test_a_finished_run_is_drawn_once_and_again_with_its_energies(
    finished, published, shown, monkeypatch
):
    session = finished()
    branch = session.current
    energies = branch.openmm[branch.steps].copy()
    energies[0] = np.nan  # one that OpenMM cannot compute
    branch.openmm[branch.steps][:] = np.nan
    monkeypatch.setattr(type(session.energies), "idle", False)
    last = shown(session)
    for _ in range(3):
        last.wake()
    data, metadata, name, update = published.wait(2)
    assert data["image/png"].startswith(b"\x89PNG") and update
    assert metadata == {"image/png": {"width": 960}} and name == published.messages[0][2]
    branch.openmm[branch.steps] = energies
    monkeypatch.setattr(type(session.energies), "idle", True)
    for _ in range(3):
        last.wake()
    with_energies, *_ = published.wait(3)
    assert with_energies["image/png"] != data["image/png"]


def test_another_cell_gets_the_figure_at_once(finished, published, shown):
    last = shown(finished())
    thread = threading.Thread(target=last.update, args=(b"\x89PNG of any thread",))
    thread.start()
    thread.join()
    last.show()
    (_, _, first, _), (data, _, name, update) = published.messages[0], published.messages[-1]
    assert data["image/png"] == b"\x89PNG of any thread"
    assert name == first and not update
