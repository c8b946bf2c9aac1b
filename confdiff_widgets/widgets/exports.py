"""What a person can take away from the Explorer."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch

from ..errors import SettingsError
from ..live.frame import Frame
from ..live.recording import Recording, RecordingError, saved_runs
from ..live.session import Session
from ..live.subject import Subject
from ..sampling import Ensemble
from . import _states
from ._code import code_for

MOST_RUNS = 30


@dataclass(frozen=True)
class Export:
    """A file for the browser to save, or a text for its clipboard.

    Attributes
    ----------
    told : str
        What to tell the person.
    """

    told: str
    name: str = ""
    data: bytes | None = None
    text: str | None = None


def make_export(kind: str, session: Session, frame: Frame | None) -> Export:
    """The frame that is looked at, or its run, as a file or a text.

    Parameters
    ----------
    kind : {"pdb", "xtc", "csv", "png", "html", "code"}

    Raises
    ------
    SettingsError
        If there is nothing to export yet.
    """
    if kind == "code":
        return Export("The code is on the clipboard.", text=code_for(session))
    if frame is None or frame.atom14 is None:
        raise SettingsError("There are no conformers yet: run first, then export.")
    stem = f"{session.subject.name}-{session.current.name}-step{frame.step}"
    if kind == "csv":
        data = _table(session, frame)
    elif kind == "html":
        from .snapshot import snapshot_page

        data = snapshot_page(session, frame).encode()
    elif kind == "png":
        from .picture import picture

        data = picture(session, frame)
    else:
        data = _structures(kind, session, frame)
    name = f"{stem}.{'zip' if kind == 'xtc' else kind}"
    return Export(f"{name}, {len(data) / 1e6:.2g} MB, is in your downloads.", name, data)


def saved_states(folder: str | Path | None, subject: Subject) -> list[dict[str, str]]:
    """Saved runs of a protein, as the table lists them."""
    if folder is None:
        return []
    found = []
    for path in saved_runs(folder):
        try:
            recording = Recording(path)
        except RecordingError:
            continue
        if recording.sequence == subject.sequence and recording.steps:
            config = recording.config
            label = (
                f"{recording.about['started'][:16].replace('T', ' ')} · {config.samples} × "
                f"{len(recording.steps)} steps · γ {_states.amount(config.gamma):g}"
            )
            if recording.start is not None and recording.start.fixed:
                label += f" · {recording.start.fixed} held"
            found.append({"folder": str(path), "label": label})
        if len(found) == MOST_RUNS:
            break
    return found


def _structures(kind: str, session: Session, frame: Frame) -> bytes:
    assert frame.atom14 is not None
    ensemble = Ensemble(torch.from_numpy(frame.atom14), session.subject.sequence)
    with tempfile.TemporaryDirectory() as folder:
        files = ensemble.save(Path(folder) / f"{session.subject.name}.{kind}", heavy=True)
        if len(files) == 1:
            return files[0].read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.name)
        return packed.getvalue()


def _table(session: Session, frame: Frame) -> bytes:
    rows = _states.table(session.current, frame)
    units = {key: unit for key, _, unit, _, _ in _states.COLUMNS}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([f"{name} ({units[name]})" if units.get(name) else name for name in rows])
    writer.writerows(zip(*rows.values(), strict=True))
    return text.getvalue().encode()
