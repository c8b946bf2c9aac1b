"""Records a run of the Explorer as build/lessons/explorer.html, a film without a kernel.

python docs/_hooks/film.py
"""

from __future__ import annotations

import time
from pathlib import Path

from confdiff_widgets.live import Session, Status
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.widgets.explorer.snapshot import snapshot_page

FILM = Path(__file__).parents[2] / "build" / "lessons" / "explorer.html"
PATIENCE = 120
"""Seconds for OpenMM's energies of the result."""


def main() -> None:
    session = Session(load_system("chignolin"), SamplerConfig(samples=16, steps=40, seed=7))
    session.play()
    session.player.wait(Status.FINISHED)
    branch = session.current
    while branch.last is None or branch.last.t > 0:
        time.sleep(0.1)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not _has_energies(session):
        time.sleep(0.5)
    FILM.parent.mkdir(parents=True, exist_ok=True)
    FILM.write_text(snapshot_page(session, branch.last), encoding="utf-8")
    session.close()


def _has_energies(session: Session) -> bool:
    import numpy as np

    found = session.current.openmm.get(session.current.steps)
    return bool(session.energies.unavailable_reason) or (
        found is not None and bool(np.isfinite(found).all())
    )


if __name__ == "__main__":
    main()
