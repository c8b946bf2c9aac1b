"""Loaded by workers on this machine: Ctrl-C in the terminal is for the command, which ends them."""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
