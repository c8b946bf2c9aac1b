"""The process that a pool's worker is: conformers in, energies out, until the pipe closes."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection

from .config import EnergyConfig
from .evaluator import EnergyEvaluator
from .molecule import Molecule


def work(pipe: Connection, molecule: Molecule, config: EnergyConfig) -> None:
    """Serve one pool. A parent that dies closes the pipe, and the worker ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupting a notebook's cell is not for us
    if hasattr(os, "nice"):
        os.nice(10)  # what a person waits for goes first
    evaluator = EnergyEvaluator(molecule, config)
    try:
        while True:
            pipe.send(evaluator(*pipe.recv()))
    except (EOFError, OSError):
        return
