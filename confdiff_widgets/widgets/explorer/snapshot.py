"""A run as one HTML file that works without a kernel and without a network.

`snapshot.html` beside this module says how the page looks and moves; what is here fills it.
"""

from __future__ import annotations

import json
import re
import time
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly.offline import get_plotlyjs

from ... import __version__, palette
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.session import Session
from ...proteins.system import System
from ..viewer.scene import Placement
from ..viewer.tubes import smooth
from . import view_model
from .captions import moment_line, reference_line, settings_line, title_line
from .copied_code import code_for
from .curves import VIEWS, CurveView

PAGE = Path(__file__).with_name("snapshot.html")

MOST_FRAMES = 60
"""Steps of the film; of more, some are left out."""
MOST_CHAINS = 16
STRETCHES = 4
"""Straight pieces of a chain from one residue to the next."""

ABOUT_CURVES = (
    "Diversity is the mean CA-RMSD between conformers, RMSF how much each residue moves over the "
    "batch, scores the mean size of each part of the score against the t at which it was "
    "evaluated. Solid lines are means over the batch, thin dotted ones hold its middle 80 %. "
    "OpenMM energies are of the predictions, after restrained minimisation with ff14SB and GBn2; "
    "there are some of those steps only that the computer had time for. Learned energies are "
    "another quantity: the network's intermediate energy, in kT."
)


def snapshot_page(session: Session, frame: Frame) -> str:
    """The current branch as a page: a film of structures and TICs, its curves, the conformers.

    Parameters
    ----------
    session : Session
    frame : Frame
        Where the film stands when the page is opened, and what the table lists.

    Returns
    -------
    str
        HTML that loads nothing.
    """
    branch, system = session.current, session.system
    parts = {
        "title": escape(title_line(session)),
        "settings": escape(settings_line(branch, frame)),
        "saved": f"{time.strftime('%d %B %Y, %H:%M')}  ·  confdiff-widgets {__version__}",
        "about_structures": escape(_about_structures(system, frame)),
        "about_plane": escape(_about_plane(system)),
        "about_curves": escape(ABOUT_CURVES),
        "moment": escape(_moment(branch, frame)),
        "table": _table(branch, frame),
        "json": escape(json.dumps(_settings(session), indent=2, ensure_ascii=False)),
        "code": escape(code_for(session)),
        "plotly": get_plotlyjs(),
        "data": _json(_film(session, frame)),
    }
    return re.sub(r"{{(\w+)}}", lambda part: parts[part[1]], PAGE.read_text(encoding="utf-8"))


def _film(session: Session, frame: Frame) -> dict[str, Any]:
    """What moves, as the script of the page reads it."""
    branch, system = session.current, session.system
    frames = _thinned(branch.in_order(), frame)
    folded = None if system.reference is None else system.reference.folded[:, :4]
    placement = Placement(folded)
    chains = []
    for seen in frames:
        backbone = seen.noisy if seen.predicted is None else seen.predicted
        chains.append(placement.aligned(backbone[:MOST_CHAINS])[:, :, 1])
    count = len(chains[0])
    target = None if folded is None else placement.target
    return {
        "start": frames.index(frame),
        "moments": [{"step": f.step, "t": round(f.t, 4), "text": _moment(branch, f)}
                    for f in frames],
        "chains": [_coordinates(ca) for ca in chains],
        "folded": None if target is None else _coordinates(target[:, 1]),
        "reach": [_reach(chains[-1:]), _reach(chains)],
        "tics": [None if f.tics is None else _rounded(f.tics[:count], 3) for f in frames],
        "surface": _surface(system),
        "plots": [_plot(view, branch, frames) for view in VIEWS.values()
                  if view.lines([branch], frame)[0]],
        "colors": [palette.conformer(i) for i in range(count)],
        "grey": palette.GHOST,
    }  # fmt: skip


def _thinned(frames: list[Frame], kept: Frame) -> list[Frame]:
    """Evenly spaced frames, with the first, the last and one that must not be missing."""
    wanted = np.linspace(0, len(frames) - 1, min(len(frames), MOST_FRAMES)).round().astype(int)
    at = frames.index(kept)
    wanted[np.abs(wanted - at).argmin()] = at
    return [frames[i] for i in wanted]


def _coordinates(ca: NDArray[np.floating]) -> list:
    """Smooth chains (..., L, 3): lists of x, y and z of each, to 0.01 Å."""
    return _rounded(smooth(ca, STRETCHES).swapaxes(-1, -2), 2)


def _reach(chains: list[NDArray[np.floating]]) -> float:
    """From the middle to the farthest atom along any axis, and a little more, Å."""
    return round(max(float(np.abs(ca).max()) for ca in chains) + 1, 1)


def _rounded(values: ArrayLike, digits: int) -> list:
    """As lists, None where there is no number."""
    found = np.round(np.asarray(values, dtype=float), digits)
    known = found.astype(object)
    known[~np.isfinite(found)] = None
    return known.tolist()


def _surface(system: System) -> dict[str, Any] | None:
    surface = system.free_energy
    if surface is None:
        return None
    x, y = ((edges[1:] + edges[:-1]) / 2 for edges in (surface.x_edges, surface.y_edges))
    return {
        "x": _rounded(x, 3),
        "y": _rounded(y, 3),
        "z": _rounded(surface.values.T, 2),
        "colorscale": palette.SURFACE,
    }


def _plot(view: CurveView, branch: Branch, frames: list[Frame]) -> dict[str, Any]:
    """A view's lines; ``films`` has the line of each frame where it does not go through them."""
    lines, note = view.lines([branch], frames[-1])
    films = None
    if view.against == "residue":
        films = [[_rounded(line.y, 3) for line in view.lines([branch], f)[0]] for f in frames]
    return {
        "title": view.title,
        "x": view.x,
        "against": view.against,
        "span": view.span([branch]),
        "y": view.y,
        "note": note,
        "films": films and [film[0] if film else [] for film in films],
        "lines": [
            {
                "x": _rounded(line.x, 4),
                "y": _rounded(line.y, 4),
                "name": line.name,
                "color": palette.branch(branch.name),
                "dash": line.dash,
                "width": line.width,
                "markers": line.markers,
            }
            for line in lines
        ],
    }


def _moment(branch: Branch, frame: Frame) -> str:
    what = "noise xₜ" if frame.predicted is None else "predictions x̂₀" if frame.t else "the result"
    return f"{moment_line(branch, frame)}  ·  {what}"


def _about_structures(system: System, frame: Frame) -> str:
    count = len(frame.noisy)
    drawn = f"{MOST_CHAINS} of {count}" if count > MOST_CHAINS else f"the {count}"
    placed = "" if system.reference is None else ", superposed on the folded structure (grey)"
    return (
        f"CA traces of {drawn} conformers{placed}. Step 0 is the noise that the run began with. "
        "What follows is x̂₀, the network's prediction of what each conformer may become: a mean "
        "over possibilities, so early ones are compact and blurred. At t = 0 it is the result. "
        "Drag turns, the wheel zooms."
    )


def _about_plane(system: System) -> str:
    if system.reference is None:
        return reference_line(system)
    return (
        f"{reference_line(system)}, the reference, on its own two slowest coordinates (TICs); a "
        "bin with a single frame is known to about kT only. Points are the conformers in their "
        "colours."
    )


def _table(branch: Branch, frame: Frame) -> str:
    rows = view_model.table(branch, frame, view_model.MOST_ROWS)
    columns = [(name, label, unit, hint, digits) for name, label, unit, hint, digits
               in view_model.COLUMNS if name in rows]  # fmt: skip
    head = "".join(
        f'<th title="{escape(hint)}">{escape(label)} <span>{escape(unit)}</span></th>'
        for _, label, unit, hint, _ in columns
    )
    body = []
    for i, flaw in enumerate(rows["flaw"]):
        cells = [
            "–" if rows[name][i] is None else f"{rows[name][i]:.{digits}f}"
            for name, *_, digits in columns
        ]
        cells[0] = f'<i style="background:{palette.conformer(i)}"></i>{cells[0]}'
        cells.append(escape(flaw) or "sound")
        body.append(f'<tr data-conformer="{i}">' + "".join(f"<td>{c}</td>" for c in cells))
    more = len(frame.noisy) - len(body)
    rest = f"<p>The first {len(body)} of {len(frame.noisy)} conformers.</p>" if more else ""
    head = f"<thead><tr>{head}<th>flaws</th></thead>"
    return f"{rest}<table>{head}<tbody>{''.join(body)}</tbody></table>"


def _settings(session: Session) -> dict[str, Any]:
    branch, system = session.current, session.system
    return {
        "protein": system.name,
        "sequence": system.sequence,
        "model": system.model_name,
        "device": session.device,
        "branch": branch.title,
        "config": branch.config.to_dict(),
        "turns": [  # names that snapshots have stored from the first version on
            {"knob" if key == "parameter" else key: value for key, value in change.items()}
            for change in branch.parameter_changes()
        ],
        "version": __version__,
    }


def _json(data: dict[str, Any]) -> str:
    """Fit for a script element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c")
