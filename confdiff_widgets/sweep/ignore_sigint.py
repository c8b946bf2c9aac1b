"""Dask preload that makes local workers ignore Ctrl-C, which the command handles for them."""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
