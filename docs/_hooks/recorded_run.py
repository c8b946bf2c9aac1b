"""Write build/lessons/explorer.html, a recorded run of the Explorer that plays without a kernel.

python docs/_hooks/recorded_run.py
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from confdiff_widgets.live import Session, Status
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import SamplerConfig
from confdiff_widgets.widgets.explorer.snapshot import snapshot_page

RECORDED_RUN = Path(__file__).parents[2] / "build" / "lessons" / "explorer.html"
ENERGY_TIMEOUT = 120
"""Seconds to wait for the OpenMM energies of the result."""


def main() -> None:
    """Run the sampler, wait for the energies of the result and write the page."""
    session = Session(load_system("chignolin"), SamplerConfig(samples=16, steps=40, seed=7))
    session.play()
    session.player.wait(Status.FINISHED)
    branch = session.current
    while branch.last is None or branch.last.t > 0:
        time.sleep(0.1)
    deadline = time.monotonic() + ENERGY_TIMEOUT
    while time.monotonic() < deadline and not _has_energies(session):
        time.sleep(0.5)
    RECORDED_RUN.parent.mkdir(parents=True, exist_ok=True)
    RECORDED_RUN.write_text(snapshot_page(session, branch.last), encoding="utf-8")
    session.close()


def _has_energies(session: Session) -> bool:
    energies = session.current.openmm.get(session.current.steps)
    return bool(session.energies.unavailable_reason) or (
        energies is not None and bool(np.isfinite(energies).all())
    )


if __name__ == "__main__":
    main()
