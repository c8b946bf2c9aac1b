"""What the Explorer needs of its surroundings, and whether it is there."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from typing import Any

from ...live.player import Status
from ...live.session import Session
from ..viewer.nglview_compat import installed_version


def self_check(session: Session) -> list[dict[str, Any]]:
    """One finding after the other: ``{"text", "good"}``; good is None while it is not known.

    ``confdiff doctor`` looks at the whole installation, this at what the Explorer on the screen
    stands on.
    """
    return [_scheduler(), _networks(session), _energies(session), _saving(session)]


@cache
def _version(package: str) -> str:
    return metadata.version(package)


@cache
def _scheduler() -> dict[str, Any]:
    # where the two do not fit, there is no Explorer: its viewer has refused
    found = f"nglview {_version('nglview')} with its browser part {installed_version()}"
    return {"text": f"Structures: {found}.", "good": True}


def _networks(session: Session) -> dict[str, Any]:
    player = session.player
    name = f"{session.system.model_name} on {session.device}"
    if player.run is not None:
        return {"text": f"Networks: {name}, loaded.", "good": True}
    if player.status is Status.FAILED:
        return {
            "text": f"Networks: {name} cannot be loaded. {session.error_message}",
            "good": False,
        }
    return {"text": f"Networks: {name}, being loaded.", "good": None}


def _energies(session: Session) -> dict[str, Any]:
    if session.energies.unavailable_reason:
        return {"text": f"Energies: none. {session.energies.unavailable_reason}", "good": False}
    return {"text": f"Energies: OpenMM {_version('openmm')}.", "good": True}


def _saving(session: Session) -> dict[str, Any]:
    if session.folder is None:
        return {"text": "Saving: switched off, as asked for.", "good": True}
    recorder = session.current.recorder
    if recorder is None:
        return {"text": f"Saving: in {session.folder}, from the first step on.", "good": None}
    return {"text": f"Saving: in {recorder.folder}.", "good": True}
