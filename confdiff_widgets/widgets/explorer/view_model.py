"""Describe the state of the Explorer for its panels."""

from __future__ import annotations

import torch

from ... import palette
from ...diffusion.solvers import SOLVERS
from ...guidance.cfg import GAMMA_RANGE
from ...guidance.registry import KINDS, has_temperature
from ...guidance.sampled_temperature import sampled_temperature
from ...guidance.schedule import Schedule, Strength
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.player import Status
from ...live.session import Session
from ...models.temperature import T_COLD, T_HOT, temperature_of_eta
from ...proteins.catalogue import offered_models
from ...sampling.config import RANGES
from ...sampling.memory import available_bytes
from ..viewer.viewer import OVERLAY
from .captions import branch_settings, guidance_line
from .conformer_table import COLUMNS, MAX_ROWS, column_values, validity_problems
from .panel_states import (
    BranchState,
    Choice,
    EnsembleState,
    ExportState,
    Flag,
    HeaderState,
    Parameter,
    ParametersState,
    Temperature,
    TimelineState,
    Validity,
)
from .self_check import self_check
from .state import ExplorerState, slider_value

GAMMA_MAX = 1.5
"""Maximum of the γ slider."""

ABOUT_GUIDANCE = (
    "Physical guidance subtracts η ∇E_t from the score, with E_t(x_t) = −log ⟨e^(−E(x₀))⟩, "
    "averaged over the structures x₀ that x_t can denoise to. A head learns E_t or its gradient "
    "from OpenMM energies E.\n" + "\n".join(f"{kind.label}: {kind.help}" for kind in KINDS.values())
)

EXPORTS = (
    ("pdb", "PDB", "Conformers in one multi-model file, with all heavy atoms"),
    ("xtc", "XTC", "Conformers as a trajectory, zipped with its topology"),
    ("csv", "CSV", "All columns of the table for these conformers"),
    ("png", "PNG", "Figure of this frame (1600 × 900): the conformers as tubes, the TIC plane, "
     "energies and diversity"),
    ("html", "HTML", "Page of the whole run that needs neither a kernel nor a network connection"),
    ("gif", "GIF", "Film of the run (800 × 450), for slides and web pages"),
    ("mp4", "MP4", "Film of the run (800 × 450, H.264), smaller than the GIF"),
    ("code", "Copy code", "Python code that repeats this run"),
)  # fmt: skip


def header(state: ExplorerState, number: int) -> HeaderState:
    """Return the state of the header; ``number`` is that of the update."""
    session = state.session
    branch, player, system = session.current, session.player, session.system
    frame = branch.last
    fixed = branch.start.fixed if branch.start else ""
    failed = player.status is Status.FAILED
    second = state.second.error_message if state.second else ""
    message = session.error_message if failed else state.notice or session.error_message or second
    recorder, recording = branch.recorder, branch.recording
    return {
        "number": number,
        "title": system.title,
        "sequence": system.sequence,
        "guidance": guidance_line(branch),
        "status": player.status.value,
        "message": message,
        "step": frame.step if frame else 0,
        "steps": branch.steps,
        "t": round(frame.t, 4) if frame else branch.config.t_start,
        "rate": round(player.steps_per_second, 1),
        "seed": {"value": session.config.seed, "locked": session.seed_locked},
        "device": session.device,
        "fixed": f"residues {fixed} fixed" if fixed else "",
        "validity": _validity(frame),
        "speed": player.speed,
        "saved": str(recorder.folder) if recorder else "",
        "restored": str(recording.folder) if recording else "",
        "checks": self_check(session),
        "tour": state.tour,
    }


def parameters(state: ExplorerState, proteins: tuple[str, ...]) -> ParametersState:
    """Return the state of the guidance parameters and settings; ``proteins`` are on offer."""
    session = state.session
    config, system = session.config, session.system
    unavailable = {name: system.guidance_unavailable(name) for name in KINDS}
    kind = KINDS.get(config.guidance)
    eta_disabled = ""
    if kind is None:
        eta_disabled = f"choose {' or '.join(k.label for k in KINDS.values())} guidance first"
    if all(unavailable.values()):
        eta_disabled = next(iter(unavailable.values()))
    return {
        "gamma": _parameter(
            config.gamma,
            (0.0, GAMMA_MAX),
            1.0,
            system.gamma_fixed_reason,
            (GAMMA_RANGE.low, GAMMA_RANGE.high),
        ),
        "eta": _parameter(
            config.eta,
            kind.eta_range if kind else (0.0, 1.0),
            system.default_eta(config.guidance),
            eta_disabled,
        ),
        "temperature": _temperature(session),
        "guidance": {
            "value": config.guidance,
            "choices": [
                _choice("none", "none"),
                *(
                    _choice(name, k.label, unavailable[name])
                    for name, k in KINDS.items()
                    if not (k.thermal and unavailable[name])  # no head that the user could add
                ),
            ],
            "help": ABOUT_GUIDANCE,
        },
        "settings": {
            "protein": system.name,
            "model": str(system.model or ""),
            "solver": config.solver,
            "steps": config.steps,
            "samples": config.samples,
            "t_start": config.t_start,
            "structure": session.start.name if session.start else "none",
            "fixed": session.start.fixed if session.start else "",
            "device": session.device,
            "reference": getattr(system.own_reference, "source", ""),
            "compared": state.second.system.sequence if state.second else "",
        },
        "choices": {
            "protein": [_choice(name, name) for name in dict.fromkeys((*proteins, system.name))],
            "model": _models(state),
            "solver": [_choice(name, f"{name}: {about}") for name, about in SOLVERS.items()],
            "device": [_choice(name, name) for name in devices()],
        },
        "limits": {
            name: [RANGES[name].low, RANGES[name].high] for name in ("steps", "samples", "t_start")
        },
        "estimate": estimate(session),
    }


def timeline(state: ExplorerState) -> TimelineState:
    """Return the state of the timeline."""
    session, frame = state.session, state.frame
    current = session.current
    return {
        "branches": [_branch(branch) for branch in session.branches],
        "current": current.name,
        "compared": state.compared,
        "times": [round(t, 4) for t in current.times],
        "step": frame.step if frame else 0,
        "live": state.step is None,
        "undo": session.undoable.label,
    }


def ensemble(state: ExplorerState) -> EnsembleState:
    """Return the state of the table of conformers."""
    frame = state.frame
    values = column_values(state.session.current, frame, MAX_ROWS)
    columns = [
        column
        for column in COLUMNS
        if column["key"] == "conformer"
        or any(value is not None for value in values.get(column["key"], ()))
    ]
    validity = _validity(frame)
    description, scope = "no conformers yet: press Run", ""
    if frame is not None and validity is not None:
        what = f"predictions x̂₀ at step {frame.step}" if frame.t else "result"
        description = f"{validity['count']} conformers · {what}"
        scope = _export_scope(state, frame)
    return {
        "description": description,
        "columns": columns,
        "values": {column["key"]: values[column["key"]] for column in columns},
        "colors": [palette.conformer(i) for i in range(len(values["conformer"]))],
        "problems": validity_problems(frame, MAX_ROWS),
        "selected": state.display.selected,
        "max_drawn": OVERLAY if state.display.overlay else 1,
        "validity": validity,
        "only_valid": state.only_valid,
        "export_scope": scope,
        "exports": [_export(*export, has_conformers=validity is not None) for export in EXPORTS],
        "saved_runs": state.saved_runs,
        "export_message": state.export_message,
    }


def devices() -> list[str]:
    """Return the names of the devices that can run the networks."""
    return ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]


def estimate(session: Session) -> str:
    """Describe the memory of a batch, and the time of a run at the speed measured so far."""
    config = session.config
    needed = session.system.evaluation_bytes(config.samples)
    free = available_bytes(session.device)
    text = f"Evaluating the batch needs about {needed / 2**20:.0f} MB of memory"
    if needed > free / 2:
        text += f"; {free / 2**20:.0f} MB are free, so the batch is split"
    rate = session.player.steps_per_second
    if rate:
        seconds = config.steps / rate
        text += f". A run takes {seconds:.{0 if seconds > 9 else 1}f} s at {rate:.1f} steps/s"
    return text + "."


def _validity(frame: Frame | None) -> Validity | None:
    if frame is None or frame.valid is None:
        return None
    clash, broken = (~frame.valid).sum(axis=0)
    return {
        "count": len(frame.valid),
        "valid": int(frame.valid.all(axis=1).sum()),
        "clash": int(clash),
        "broken": int(broken),
    }


def _export(kind: str, label: str, hint: str, *, has_conformers: bool) -> ExportState:
    available = has_conformers or kind == "code"
    reason = "" if available else "there are no conformers yet"
    return {"kind": kind, "label": label, "hint": hint, "disabled_reason": reason}


def _export_scope(state: ExplorerState, frame: Frame) -> str:
    """Say which conformers an export contains."""
    exported, count = state.exported_conformers(frame), len(frame.noisy)
    words = ["selected"] * bool(state.display.selected) + ["valid"] * state.only_valid
    if not words:
        return f"Export all {count} conformers:"
    return f"Export {len(exported)} {', '.join(words)} conformer{'s' * (len(exported) != 1)}:"


def _branch(branch: Branch) -> BranchState:
    return {
        "name": branch.name,
        "title": branch.title,
        "color": palette.branch(branch.name),
        "temperature": "" if branch.temperature is None else branch.temperature.label,
        "parent": branch.parent,
        "fork": branch.fork,
        "completed": max(branch.frames, default=0),
        "steps": branch.steps,
        "settings": branch_settings(branch),
        "flags": _flags(branch),
    }


def _flags(branch: Branch) -> list[Flag]:
    """Return the changes of γ and η, with changes over a few steps as one."""
    near = max(1, branch.steps // 20)
    merged: list[dict] = []
    for change in branch.parameter_changes():
        before = next((m for m in reversed(merged) if m["parameter"] == change["parameter"]), None)
        if before is not None and change["step"] - before["last"] <= near:
            before |= {"to": change["to"], "last": change["step"]}
        else:
            merged.append({**change, "last": change["step"]})
    return [{"step": m["step"], "text": _change_text(branch, m)} for m in merged]


def _change_text(branch: Branch, change: dict) -> str:
    """Describe a change of γ or η; with temperature guidance, η as a temperature."""
    before, after = change["from"], change["to"]
    if change["parameter"] == "η" and has_temperature(branch.config.guidance):
        return f"{temperature_of_eta(before):.0f}→{temperature_of_eta(after):.0f} K"
    return f"{change['parameter']} {before:g}→{after:g}"


def _models(state: ExplorerState) -> list[Choice]:
    offers = offered_models(state.session.system.bundled_model)
    choices = [
        _choice(o.model or "", o.title if o.ready else f"{o.title}, to download") for o in offers
    ]
    offered = {"", *(offer.model for offer in offers)}
    others = [(name, system) for name, system in state.systems.items() if name not in offered]
    return choices + [_choice(name, system.model_name) for name, system in others]


def _parameter(
    strength: Strength,
    slider: tuple[float, float],
    default: float,
    disabled_reason: str,
    limits: tuple[float, float] | None = None,
) -> Parameter:
    """Describe γ or η; ``limits`` are those of the number field, if they are not of the slider."""
    window = [1.0, 0.0]
    if isinstance(strength, Schedule):
        window = [strength.start, strength.stop]
    return {
        "value": slider_value(strength),
        "limits": list(limits or slider),
        "min": slider[0],
        "max": slider[1],
        "default": default,
        "disabled_reason": disabled_reason,
        "window": window,
    }


def _temperature(session: Session) -> Temperature | None:
    """Return the temperature of the run with the present γ and η, or of the next run."""
    config, used = session.config, session.current.used_parameters()
    if session.player.status in (Status.FINISHED, Status.STOPPED):
        used = []  # γ and η are those of the next run
    found = sampled_temperature(config.guidance, [*used, config.guidance_parameters])
    if found is None:
        return None
    note = ""
    if found.kelvin is None:
        note = f"No single temperature: {found.reason}."
    elif found.approximate:
        note = "The temperature is exact only at γ = 1."
    return {
        "hot": T_HOT,
        "cold": T_COLD,
        "default": round(temperature_of_eta(session.system.default_eta(config.guidance)), 6),
        "label": found.label,
        "note": note,
    }


def _choice(value: str, label: str, disabled_reason: str = "") -> Choice:
    return {"value": value, "label": label, "disabled_reason": disabled_reason}
