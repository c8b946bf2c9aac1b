"""Draw a run as a film, a GIF or an MP4, without a browser."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ...errors import SettingsError
from ...files.writing import output_errors
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.session import Session
from .display_options import DisplayOptions
from .exports import Export, export_stem, file_size

FilmKind = Literal["gif", "mp4"]
FILMS: tuple[str, ...] = get_args(FilmKind)

MAX_FRAMES = 60
"""Maximum number of steps in a film; longer runs are thinned."""

SCALE = 0.5
"""Size of its pictures, relative to that of figures."""

FRAME_TIME = 0.12
"""How long a step is shown, s."""

LAST_TIME = 2.0
"""How long the last step is shown, s."""


PROGRESS = "Drawing the film"
"""Begins the notice of a film that is being drawn."""


class FilmCancelledError(SettingsError):
    """The user does not want the film any longer."""


class FilmExport(threading.Thread):
    """Draws a film in the background; meanwhile the Explorer can be used.

    Parameters
    ----------
    kind : {"gif", "mp4"}
    session : Session
        Its current branch is drawn, also if the user chooses another one.
    display : DisplayOptions
    on_progress : callable
        Called with the number of drawn steps and that of all, in this thread.
    on_end : callable
        Called in this thread with a function that returns the Export or raises its error.
    """

    def __init__(
        self,
        kind: FilmKind,
        session: Session,
        display: DisplayOptions,
        on_progress: Callable[[int, int], None],
        on_end: Callable[[Callable[[], Export]], None],
    ):
        super().__init__(name="confdiff-film", daemon=True)
        self._arguments = kind, session, session.current, display
        self._on_progress, self._on_end = on_progress, on_end
        self._cancelled = threading.Event()

    def run(self) -> None:
        self._on_end(self._export)

    def cancel(self) -> None:
        """End the thread after the step that it draws."""
        self._cancelled.set()

    def _export(self) -> Export:
        kind, session, branch, display = self._arguments
        data = film(kind, session, branch, display, self._progress)
        name = f"{export_stem(session.system, branch)}.{kind}"
        return Export(f"Downloaded {name} ({file_size(len(data))}).", name, data)

    def _progress(self, drawn: int, count: int) -> None:
        if self._cancelled.is_set():
            raise FilmCancelledError("The film was cancelled.")
        self._on_progress(drawn, count)


def progress_notice(drawn: int, count: int) -> str:
    """Return the notice after a step."""
    return f"{PROGRESS}: step {drawn} of {count}. Close this notice to cancel it."


def is_progress(notice: str) -> bool:
    """Return whether a notice is that of a film that is being drawn."""
    return notice.startswith(PROGRESS)


def film(
    kind: FilmKind,
    session: Session,
    branch: Branch,
    display: DisplayOptions | None = None,
    on_progress: Callable[[int, int], None] = lambda drawn, count: None,
) -> bytes:
    """Draw the run of a branch, with γ, η and the temperature of each step.

    Parameters
    ----------
    kind : {"gif", "mp4"}
    session : Session
    branch : Branch
    display : DisplayOptions, optional
        What is drawn. Default: x̂₀ of the first conformers.
    on_progress : callable
        Called after each step with the number of drawn steps and that of all.

    Returns
    -------
    bytes
        A film of 800 by 450 pixels. MP4 is H.264, encoded by ffmpeg.

    Raises
    ------
    SettingsError
        If the run has no steps, or there is no space for the file.
    """
    from .run_figure import draw_run, limits_of  # imports matplotlib, which is slow

    display = display or DisplayOptions()
    frames = film_frames(branch, display)
    limits = limits_of(session, branch, frames, display)
    pictures = []
    for number, frame in enumerate(frames):
        canvas = draw_run(session, branch, frame, display, scale=SCALE, limits=limits)
        canvas.draw()
        pictures.append(np.asarray(canvas.buffer_rgba())[..., :3].copy())
        on_progress(number + 1, len(frames))
    return _encode(kind, pictures)


def film_frames(branch: Branch, display: DisplayOptions) -> list[Frame]:
    """Return evenly spaced steps of a branch, always with the last one.

    Raises
    ------
    SettingsError
        If there is none with the structures that are drawn.
    """
    frames = [
        frame
        for frame in branch.in_order()
        if display.shown == "noisy" or frame.predicted is not None
    ]
    if not frames:
        raise SettingsError("There are no conformers yet. Press Run first, then export.")
    chosen = np.linspace(0, len(frames) - 1, min(len(frames), MAX_FRAMES)).round().astype(int)
    return [frames[i] for i in chosen]


def _encode(kind: str, pictures: list[NDArray[np.uint8]]) -> bytes:
    import imageio.v3 as imageio  # slow to import

    with output_errors(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"film.{kind}"
        if kind == "gif":
            times = [FRAME_TIME * 1000] * (len(pictures) - 1) + [LAST_TIME * 1000]
            imageio.imwrite(path, pictures, duration=times, loop=0)
        else:
            still = [pictures[-1]] * round(LAST_TIME / FRAME_TIME)
            imageio.imwrite(
                path,
                pictures + still,
                fps=1 / FRAME_TIME,
                codec="libx264",
                macro_block_size=2,
            )
        return path.read_bytes()
