"""Films of runs: their steps, their files, and the thread that draws them."""

from __future__ import annotations

import io
import threading
from types import SimpleNamespace

import imageio.v3 as imageio
import numpy as np
import pytest

from confdiff_widgets.errors import SettingsError
from confdiff_widgets.widgets.explorer.controller import ExplorerController
from confdiff_widgets.widgets.explorer.display_options import DisplayOptions
from confdiff_widgets.widgets.explorer.film import (
    FilmCancelledError,
    FilmExport,
    film,
    film_frames,
)
from confdiff_widgets.widgets.explorer.state import ExplorerState


@pytest.fixture(scope="module")
def pictures():
    """Decode a film."""

    def decode(kind, data):
        return imageio.imread(io.BytesIO(data), index=None, extension=f".{kind}")

    return decode


def test_a_gif_shows_every_step_and_the_last_one_longest(finished, pictures):
    session = finished()
    data = film("gif", session, session.current)
    shown = pictures("gif", data)
    assert shown.shape == (6, 450, 800, 3)  # the noise has no prediction
    changes = np.abs(np.diff(shown.astype(float), axis=0)).mean((1, 2, 3))
    assert (changes > 0.1).all()
    with imageio.imopen(data, "r", extension=".gif") as file:
        times = [file.metadata(index=i)["duration"] for i in range(6)]
    assert times == [120] * 5 + [2000]


def test_an_mp4_shows_the_same_pictures(finished, pictures):
    session = finished()
    shown = pictures("mp4", film("mp4", session, session.current))
    assert shown.shape[1:] == (450, 800, 3) and len(shown) >= 6
    gif = pictures("gif", film("gif", session, session.current))
    assert np.abs(shown[0].astype(float) - gif[0]).mean() < 6
    assert np.abs(shown[-1].astype(float) - gif[-1]).mean() < 6


def test_long_runs_are_thinned_and_noise_is_shown_where_it_is_chosen(finished, monkeypatch):
    branch = finished().current
    monkeypatch.setattr("confdiff_widgets.widgets.explorer.film.MAX_FRAMES", 4)
    assert [frame.step for frame in film_frames(branch, DisplayOptions())] == [1, 3, 4, 6]
    assert film_frames(branch, DisplayOptions(shown="noisy"))[0].step == 0


def test_a_run_without_steps_has_no_film(make_session):
    with pytest.raises(SettingsError, match="Press Run first"):
        film_frames(make_session().current, DisplayOptions())


def test_a_film_is_that_of_the_branch_at_its_start(finished):
    session = finished()
    ended = []
    thread = FilmExport(
        "gif", session, DisplayOptions(), lambda *_: None, lambda export: ended.append(export())
    )
    session.restart()
    assert session.current.name == "B"
    thread.start()
    thread.join(120)
    (export,) = ended
    assert export.name == "chignolin-A.gif" and export.data.startswith(b"GIF89a")


def test_the_progress_of_a_film_neither_hides_nor_clears_an_error(finished, tmp_path):
    session = finished()
    exports = []
    screen = SimpleNamespace(deliver=exports.append, refresh=lambda: None)
    controller = ExplorerController(ExplorerState(session, tmp_path), screen)
    controller.receive({"set_parameters": {"gamma": 1e9}})
    error = controller.state.notice
    assert "1000000000" in error or "1e+09" in error
    controller.receive({"export": "gif"})
    controller._film.join(120)
    assert exports[0].name == "chignolin-A.gif"
    assert controller.state.notice == error


def test_dismissing_an_error_does_not_cancel_the_film(finished, tmp_path):
    session = finished()
    exports = []
    screen = SimpleNamespace(deliver=exports.append, refresh=lambda: None)
    controller = ExplorerController(ExplorerState(session, tmp_path), screen)
    controller.state.notice = "an error"
    controller.receive({"export": "gif"})
    controller.receive({"dismiss": True})
    controller._film.join(120)
    assert len(exports) == 1 and controller.state.notice == ""


def test_a_cancelled_film_ends_after_the_step(finished):
    session = finished()
    drawn, errors = [], []
    first = threading.Event()

    def on_progress(number, count):
        drawn.append((number, count))
        thread.cancel()
        first.set()

    def on_end(export):
        with pytest.raises(FilmCancelledError, match="cancelled"):
            export()
        errors.append(True)

    thread = FilmExport("gif", session, DisplayOptions(), on_progress, on_end)
    thread.start()
    thread.join(120)
    assert drawn == [(1, 6)] and errors == [True]
