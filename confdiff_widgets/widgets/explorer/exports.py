"""What a person can take away from the Explorer."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ...ensembles import Ensemble
from ...errors import SettingsError
from ...live.frame import Frame
from ...live.session import Session
from . import view_model
from .copied_code import code_for
from .display_options import DisplayOptions


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


def make_export(
    kind: str,
    session: Session,
    frame: Frame | None,
    conformers: Sequence[int] | None = None,
    display: DisplayOptions | None = None,
) -> Export:
    """The frame that is looked at, or its run, as a file or a text.

    Parameters
    ----------
    kind : {"pdb", "xtc", "csv", "png", "html", "code"}
    session : Session
    frame : Frame or None
    conformers : sequence of int, optional
        Those that files of structures and the table hold. Default: all.
    look : DisplayOptions, optional
        What the picture shows and how. Default: the first conformers.

    Raises
    ------
    SettingsError
        If there is nothing to export yet, or no conformer is left.
    """
    if kind == "code":  # the page says whether the clipboard took it
        return Export("", text=code_for(session))
    if frame is None or frame.atom14 is None:
        raise SettingsError("There are no conformers yet: run first, then export.")
    stem = f"{session.system.name}-{session.current.name}-step{frame.step}"
    count = len(frame.atom14)
    some = list(range(count) if conformers is None else conformers)
    what = ""
    if kind == "html":
        from .snapshot import snapshot_page

        data = snapshot_page(session, frame).encode()
    elif kind == "png":
        from .run_figure import picture

        data = picture(session, frame, display)
    else:
        if not some:
            raise SettingsError(
                "None of these conformers is sound: switch “only sound” off, or select others."
            )
        what = f", {len(some)} of {count} conformers"
        data = (
            _table(session, frame, some)
            if kind == "csv"
            else _structures(kind, session, frame, some)
        )
    name = f"{stem}.{'zip' if kind == 'xtc' else kind}"
    told = f"{name} ({_size(len(data))}{what}) went to the browser's downloads."
    return Export(told, name, data)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(count / 1e3, 0.1):.3g} kB"


def _structures(kind: str, session: Session, frame: Frame, some: list[int]) -> bytes:
    assert frame.atom14 is not None
    ensemble = Ensemble(torch.from_numpy(frame.atom14[some]), session.system.sequence)
    with tempfile.TemporaryDirectory() as folder:
        files = ensemble.save(Path(folder) / f"{session.system.name}.{kind}", heavy=True)
        if len(files) == 1:
            return files[0].read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.name)
        return packed.getvalue()


def _table(session: Session, frame: Frame, some: list[int]) -> bytes:
    """All columns that there are, a row for each of some conformers."""
    rows = view_model.table(session.current, frame)
    units = {key: unit for key, _, unit, _, _ in view_model.COLUMNS}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([f"{name} ({units[name]})" if units.get(name) else name for name in rows])
    every = list(zip(*rows.values(), strict=True))
    writer.writerows(every[i] for i in some)
    return text.getvalue().encode()
