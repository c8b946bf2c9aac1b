"""Check what the Explorer depends on: viewer, networks, energies and saved runs."""

from __future__ import annotations

from functools import cache
from importlib import metadata

from ...live.player import Status
from ...live.session import Session
from ..viewer.nglview_compat import installed_version
from .panel_states import Check


def self_check(session: Session) -> list[Check]:
    """Return one result for each part of this Explorer.

    ``confdiff doctor`` checks the whole installation instead.
    """
    return [_viewer(), _networks(session), _energies(session), _saving(session)]


@cache
def _version(package: str) -> str:
    return metadata.version(package)


@cache
def _viewer() -> Check:
    # with versions that do not match, the viewer raises an error and there is no Explorer
    versions = f"nglview {_version('nglview')} with browser extension {installed_version()}"
    return {"text": f"Structures: {versions}.", "passed": True}


def _networks(session: Session) -> Check:
    player = session.player
    name = f"{session.system.model_name} on {session.device}"
    if player.run is not None:
        return {"text": f"Networks: {name}, loaded.", "passed": True}
    if player.status is Status.FAILED:
        text = f"Networks: {name} cannot be loaded. {session.error_message}"
        return {"text": text, "passed": False}
    return {"text": f"Networks: loading {name}.", "passed": None}


def _energies(session: Session) -> Check:
    if reason := session.energies.unavailable_reason:
        return {"text": f"Energies: unavailable. {reason}", "passed": False}
    return {"text": f"Energies: OpenMM {_version('openmm')}.", "passed": True}


def _saving(session: Session) -> Check:
    if session.folder is None:
        return {"text": "Saving: off (folder=None).", "passed": True}
    recorder = session.current.recorder
    if recorder is None:
        text = f"Saving: in {session.folder}, starting with the first step."
        return {"text": text, "passed": None}
    return {"text": f"Saving: in {recorder.folder}.", "passed": True}
