"""What the Explorer's parts are told: plain dictionaries, as the `state.ts` of each says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ... import palette
from ...diffusion.solvers import SOLVERS
from ...guidance.schedule import Schedule, Strength
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.player import Status
from ...live.session import Session
from ...proteins.system import offered_models
from ...sampling.memory import available_bytes, evaluation_bytes
from .display_options import OVERLAY
from .self_check import self_check

if TYPE_CHECKING:
    from .controller import ExplorerController

State = dict[str, Any]

SAMPLES, STEPS = 16, 40
"""Of a run unless a person says otherwise: enough to see a film and a distribution."""

GAMMA_MAX = 1.5
ETA_MAX = 3.0
MOST_ROWS = 1000
"""Of the table on the page; files hold more."""

COLUMNS = (
    ("conformer", "#", "", "its place in the batch", 0),
    ("openmm", "OpenMM energy", "kcal/mol", "after restrained minimisation; ff14SB, GBn2", 1),
    ("learned", "learned energy", "kT", "the energy head's E_t of the last step", 2),
    ("rmsd", "RMSD", "Å", "CA atoms, to the folded structure", 2),
    ("radius", "Rg", "Å", "radius of gyration of the CA atoms", 2),
    ("tic1", "TIC 1", "", "slowest coordinate of the reference dynamics", 2),
    ("tic2", "TIC 2", "", "second slowest", 2),
)

EXPORTS = (
    ("pdb", "PDB", "These conformers as one multi-model file, all heavy atoms"),
    ("xtc", "XTC", "These conformers as a trajectory, zipped with its topology"),
    ("csv", "CSV", "The numbers of these conformers, all columns"),
    ("png", "PNG", "A figure of this moment, 1600 × 900: the conformers that are shown as tubes in "
     "their colours, TIC plane, energy and diversity"),
    ("html", "HTML", "A page of the whole run that works without a kernel or network"),
    ("code", "Copy code", "Python that makes this run again"),
)  # fmt: skip


def header(controller: ExplorerController, number: int) -> State:
    session = controller.session
    branch, player, system = session.current, session.player, session.system
    frame = branch.last
    reference = ""
    if system.reference is not None:
        reference = f"reference {system.reference.temperature:g} K"
    held = branch.start.fixed if branch.start else ""
    sound = None if frame is None else frame.valid
    failed = player.status is Status.FAILED
    message = session.error_message if failed else controller.notice or session.error_message
    recorder, recording = branch.recorder, branch.recording
    return {
        "number": number,
        "title": system.title,
        "sequence": system.sequence,
        "reference": reference,
        "status": player.status.value,
        "message": message,
        "step": frame.step if frame else 0,
        "steps": branch.steps,
        "t": round(frame.t, 4) if frame else branch.config.t_start,
        "rate": round(player.steps_per_second, 1),
        "seed": {"value": session.config.seed, "locked": session.seed_locked},
        "samples": branch.config.samples,
        "device": session.device,
        "held": f"residues {held} held" if held else "",
        "clashes": None if sound is None else int((~sound[:, 0]).sum()),
        "broken": None if sound is None else int((~sound[:, 1]).sum()),
        "speed": player.speed,
        "saved": str(recorder.folder) if recorder else "",
        "restored": str(recording.folder) if recording else "",
        "checks": self_check(session),
        "tour": controller.tour,
    }


def knobs(controller: ExplorerController, proteins: tuple[str, ...]) -> State:
    session = controller.session
    config, system = session.config, session.system
    why = {kind: session.system.guidance_unavailable(kind) for kind in ("force", "energy")}
    no_eta = "" if config.guidance != "none" else "choose force or energy guidance first"
    if all(why.values()):
        no_eta = why["force"]
    return {
        "gamma": _knob(config.gamma, GAMMA_MAX, 1.0, session.system.gamma_fixed_reason),
        "eta": _knob(config.eta, ETA_MAX, 0.0 if config.guidance == "none" else 1.0, no_eta),
        "guidance": {
            "value": config.guidance,
            "choices": [_choice("none", "none"),
                        *(_choice(kind, kind, why[kind]) for kind in ("force", "energy"))],
        },
        "settings": {
            "protein": system.name,
            "model": str(system.model or ""),
            "solver": config.solver,
            "steps": config.steps,
            "samples": config.samples,
            "t_start": config.t_start,
            "start": session.start.name if session.start else "none",
            "fixed": session.start.fixed if session.start else "",
            "device": session.device,
        },
        "choices": {
            "protein": [_choice(n, n) for n in dict.fromkeys((*proteins, system.name))],
            "model": _models(controller),
            "solver": [_choice(name, f"{name}: {about}") for name, about in SOLVERS.items()],
            "device": [_choice(name, name) for name in devices()],
        },
        "estimate": estimate(session),
    }  # fmt: skip


def timeline(controller: ExplorerController) -> State:
    session, frame = controller.session, controller.frame
    current = session.current
    return {
        "branches": [_branch(branch) for branch in session.branches],
        "current": current.name,
        "compared": controller.compared,
        "times": [round(t, 4) for t in current.times],
        "at": frame.step if frame else 0,
        "live": controller.at is None,
    }


def ensemble(controller: ExplorerController) -> State:
    frame = controller.frame
    rows = table(controller.session.current, frame, MOST_ROWS)
    shown = {
        "conformer",
        *(key for key, values in rows.items() if any(v is not None for v in values)),
    }
    names = [column for column in COLUMNS if column[0] in shown]
    what, takes, kept, count = "no conformers yet: press Run", "", None, 0
    if frame is not None and frame.valid is not None:
        count = len(frame.valid)
        what = f"predictions x̂₀ at step {frame.step}" if frame.t else "result"
        what = f"{count} conformers · {what}"
        kept = _kept(frame.valid)
        takes = _takes(controller, frame)
    why = "" if count else "there are no conformers yet"
    return {
        "of": what,
        "columns": [dict(zip(("key", "label", "unit", "hint", "digits"), c, strict=True))
                    for c in names],
        "values": {name: rows[name] for name, *_ in names},
        "count": count,
        "colors": [palette.conformer(i) for i in range(len(rows["conformer"]))],
        "flaws": rows["flaw"],
        "selected": controller.display.chosen,
        "drawn": OVERLAY if controller.display.overlay else 1,
        "kept": kept,
        "only_sound": controller.only_sound,
        "takes": takes,
        "exports": [_export(*about, why) for about in EXPORTS],
        "runs": controller.runs,
        "told": controller.told,
    }  # fmt: skip


def _export(kind: str, label: str, hint: str, why: str) -> State:
    return {"kind": kind, "label": label, "hint": hint, "why": "" if kind == "code" else why}


def _kept(sound: NDArray[np.bool_]) -> State:
    """How many conformers are sound, and what is wrong with the others; both may be."""
    clash, broken = (~sound).sum(axis=0)
    return {"sound": int(sound.all(axis=1).sum()), "clash": int(clash), "broken": int(broken)}


def _takes(controller: ExplorerController, frame: Frame) -> str:
    """What files of structures and the CSV hold."""
    some, count = controller.taken(frame), len(frame.noisy)
    words = ["selected"] * bool(controller.display.chosen) + ["sound"] * controller.only_sound
    if not words:
        return f"all {count} conformers as"
    return f"{len(some)} {' and '.join(words)} conformer{'s' * (len(some) != 1)} as"


def table(branch: Branch, frame: Frame | None, most: int | None = None) -> dict[str, list]:
    """Columns of the first ``most`` conformers, by key; None where a number is missing."""
    if frame is None or frame.atom14 is None:
        return {"conformer": [], "flaw": []}
    count = len(frame.atom14[:most])
    tics = frame.tics if frame.tics is not None else None
    columns = {
        "openmm": branch.openmm.get(frame.step),
        "learned": frame.energy,
        "rmsd": frame.rmsd,
        "radius": frame.radius,
        "tic1": None if tics is None else tics[:, 0],
        "tic2": None if tics is None else tics[:, 1],
    }
    rows: dict[str, list] = {"conformer": list(range(count))}
    for name, values in columns.items():
        if values is not None:
            rows[name] = [float(v) if np.isfinite(v) else None for v in values[:count]]
    assert frame.valid is not None
    rows["flaw"] = [
        ", ".join(word for word, good in zip(("clash", "broken"), sound, strict=True) if not good)
        for sound in frame.valid[:count]
    ]
    return rows


def amount(knob: Strength) -> float:
    """The number of a knob that the slider shows."""
    return knob.value if isinstance(knob, Schedule) else knob


def devices() -> list[str]:
    import torch

    return ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]


def estimate(session: Session) -> str:
    """Memory of a batch, and the time of a run at the speed seen so far."""
    network = session.system.network_config
    config, length = session.config, len(session.system.sequence)
    need = evaluation_bytes(network, length, config.samples)
    free = available_bytes(session.device)
    text = f"An evaluation of the batch needs about {need / 2**20:.0f} MB"
    if need > free / 2:
        text += f"; {free / 2**20:.0f} MB are free, so it is split"
    rate = session.player.steps_per_second
    if rate:
        seconds = config.steps / rate
        text += f". At {rate:.1f} steps/s a run takes {seconds:.{0 if seconds > 9 else 1}f} s"
    return text + "."


def _branch(branch: Branch) -> State:
    return {
        "name": branch.name,
        "title": branch.title,
        "color": palette.branch(branch.name),
        "parent": branch.parent,
        "fork": branch.fork,
        "made": max(branch.frames, default=0),
        "steps": branch.steps,
        "flags": _flags(branch),
    }


def _flags(branch: Branch) -> list[State]:
    """Turns of the knobs; what was turned over a few steps is one."""
    near = max(1, branch.steps // 20)
    merged: list[dict] = []
    for turn in branch.parameter_changes():
        before = next((m for m in reversed(merged) if m["parameter"] == turn["parameter"]), None)
        if before is not None and turn["step"] - before["last"] <= near:
            before |= {"to": turn["to"], "last": turn["step"]}
        else:
            merged.append({**turn, "last": turn["step"]})
    return [
        {"step": m["step"], "text": f"{m['parameter']} {m['from']:g}→{m['to']:g}"} for m in merged
    ]


def _models(controller: ExplorerController) -> list[dict[str, str]]:
    offers = offered_models(controller.session.system.protein)
    choices = [
        _choice(o.model or "", o.title if o.ready else f"{o.title}, to download") for o in offers
    ]
    offered = {offer.model for offer in offers}
    given = controller.given.items()
    return choices + [_choice(name, s.model_name) for name, s in given if name not in offered]


def _knob(knob: Strength, most: float, default: float, why: str) -> State:
    window = [knob.start, knob.stop] if isinstance(knob, Schedule) else [1.0, 0.0]
    return {"value": amount(knob), "max": most, "default": default, "why": why, "window": window}


def _choice(value: str, label: str, why: str = "") -> dict[str, str]:
    return {"value": value, "label": label, "why": why}
