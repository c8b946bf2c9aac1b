"""Memory of this process, as Linux tells it."""

from __future__ import annotations

from pathlib import Path


def memory(name: str) -> int:
    """Bytes: VmRSS now, VmHWM at its most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


def forget_peak() -> None:
    """Let VmHWM start again from here."""
    Path("/proc/self/clear_refs").write_text("5")
