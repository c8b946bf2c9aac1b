"""Write a run as one HTML file that works without a kernel and without a network connection.

`snapshot.html` in the same folder is the template: layout, style and script.
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

from ... import palette
from ...analysis.free_energy import FreeEnergy
from ...live.branch import Branch
from ...live.frame import Frame
from ...live.session import Session
from ...proteins.minimised_energies import EnergyBand
from ...proteins.system import System
from ...version import __version__
from ..viewer.scene import Placement
from ..viewer.tubes import smooth
from .background import Background, background_at, compared_temperature, coordinates
from .captions import settings_line, step_line, title_line
from .conformer_table import COLUMNS, MAX_ROWS, column_values, validity_problems
from .copied_code import code_for
from .curve_lines import Line
from .curves import VIEWS, CurveView
from .energy_curve import band_note

PAGE = Path(__file__).with_name("snapshot.html")

MAX_FRAMES = 60
"""Maximum number of frames of the film; longer runs are thinned."""
MAX_CHAINS = 16
"""Maximum number of conformers in the film."""
SEGMENTS = 4
"""Line segments of a chain per residue."""

ABOUT_CURVES = (
    "Diversity is the mean CA-RMSD between conformers; RMSF is the fluctuation of each residue "
    "across the batch. “Scores” shows the mean magnitude of each term of the score at the t at "
    "which it was evaluated. Solid lines are means over the batch; thin dotted lines are the 10th "
    "and 90th percentiles. OpenMM energies are those of the predictions after restrained "
    "minimisation with ff14SB and GBn2; they are computed when CPU cores are idle, so some steps "
    "have none. The learned energy is a different quantity: the network's "
    "intermediate energy, in kT."
)


def snapshot_page(session: Session, frame: Frame) -> str:
    """Return the current branch as a page: a film of structures and TICs, curves, conformers.

    Parameters
    ----------
    session : Session
    frame : Frame
        Frame that is shown when the page is opened, and whose conformers the table lists.

    Returns
    -------
    str
        HTML that loads nothing.
    """
    branch, system = session.current, session.system
    own = session.own_ensemble
    background = background_at(system, compared_temperature(system, branch), own)
    parts = {
        "title": escape(title_line(session, session.current)),
        "settings": escape(settings_line(branch, frame)),
        "saved": f"{time.strftime('%d %B %Y, %H:%M')}  ·  confdiff-widgets {__version__}",
        "about_structures": escape(_about_structures(system, frame)),
        "plane_title": "TIC plane" if own is None else "Plane of principal components",
        "about_plane": escape(_about_plane(system, background)),
        "about_curves": escape(ABOUT_CURVES),
        "moment": escape(_frame_line(branch, frame)),
        "table": _table(branch, frame),
        "json": escape(json.dumps(_settings(session), indent=2, ensure_ascii=False)),
        "code": escape(code_for(session)),
        "theme_css": palette.page_css(),
        "themes": palette.themes_json(),
        "plotly": get_plotlyjs(),
        "data": _json(_film(session, frame, background)),
    }
    return re.sub(r"{{(\w+)}}", lambda part: parts[part[1]], PAGE.read_text(encoding="utf-8"))


def _film(session: Session, frame: Frame, background: Background) -> dict[str, Any]:
    """Return the data of the page's script."""
    branch, system = session.current, session.system
    frames = _thinned(branch.in_order(), frame)
    folded = None if system.folded is None else system.folded[:, :4]
    placement = Placement(folded)
    chains = []
    for shown in frames:
        backbone = shown.noisy if shown.predicted is None else shown.predicted
        chains.append(placement.aligned(backbone[:MAX_CHAINS])[:, :, 1])
    count = len(chains[0])
    target = None if folded is None else placement.target
    return {
        "start": frames.index(frame),
        "moments": [{"step": f.step, "t": round(f.t, 4), "text": _frame_line(branch, f)}
                    for f in frames],
        "chains": [_coordinates(ca) for ca in chains],
        "folded": None if target is None else _coordinates(target[:, 1]),
        "reach": [_extent(chains[-1:]), _extent(chains)],
        "plane": [_place(coordinates(f, session.own_ensemble, system.reference), count)
                  for f in frames],
        "axes": background.axes,
        "surface": _surface(background.surface),
        "plots": [_plot(view, branch, frames, background.energies) for view in VIEWS.values()
                  if view.lines([branch], frame)[0]],
        "colors": [palette.conformer(i) for i in range(count)],
        "grey": palette.GHOST,
        "band": palette.BAND,
    }  # fmt: skip


def _place(points: NDArray[np.floating] | None, count: int) -> list | None:
    return None if points is None else _rounded(points[:count], 3)


def _thinned(frames: list[Frame], kept: Frame) -> list[Frame]:
    """Return evenly spaced frames, including the first, the last and ``kept``."""
    indices = np.linspace(0, len(frames) - 1, min(len(frames), MAX_FRAMES)).round().astype(int)
    at = frames.index(kept)
    indices[np.abs(indices - at).argmin()] = at
    return [frames[i] for i in indices]


def _coordinates(ca: NDArray[np.floating]) -> list:
    """Return the x, y and z of smoothed chains (..., L, 3), to 0.01 Å."""
    return _rounded(smooth(ca, SEGMENTS).swapaxes(-1, -2), 2)


def _extent(chains: list[NDArray[np.floating]]) -> float:
    """Return the largest coordinate of any atom along any axis, plus 1 Å."""
    return round(max(float(np.abs(ca).max()) for ca in chains) + 1, 1)


def _rounded(values: ArrayLike, digits: int) -> list:
    """Return nested lists, with None for NaN and infinity."""
    rounded = np.round(np.asarray(values, dtype=float), digits)
    nested = rounded.astype(object)
    nested[~np.isfinite(rounded)] = None
    return nested.tolist()


def _surface(surface: FreeEnergy | None) -> dict[str, Any] | None:
    if surface is None:
        return None
    x, y = ((edges[1:] + edges[:-1]) / 2 for edges in (surface.x_edges, surface.y_edges))
    return {
        "x": _rounded(x, 3),
        "y": _rounded(y, 3),
        "z": _rounded(surface.values.T, 2),
        "colorscale": palette.SURFACE,
    }


def _plot(
    view: CurveView, branch: Branch, frames: list[Frame], band: EnergyBand | None
) -> dict[str, Any]:
    """Return the lines of a view; ``films`` has x and y of each one if they depend on the frame."""
    lines, note = view.lines([branch], frames[-1])
    films = None
    if view.against in ("residue", "angle"):
        films = [_film_of(view.lines([branch], f)[0], len(lines)) for f in frames]
    scale = view.range and view.range([branch], band)
    return {
        "title": view.title,
        "x": view.x,
        "against": view.against,
        "span": view.span([branch]),
        "y": view.y,
        "note": f"{note}, {band_note(band)}" if scale and band else note,
        "range": scale,
        "band": [band.mean - band.sd, band.mean + band.sd] if scale and band else None,
        "films": films,
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


def _film_of(lines: list[Line], count: int) -> list[list[Any]]:
    """Return x and y of each line of a frame, empty ones without it."""
    points = [[_rounded(line.x, 2), _rounded(line.y, 3)] for line in lines]
    return points or [[[], []]] * count


def _frame_line(branch: Branch, frame: Frame) -> str:
    what = "noise xₜ" if frame.predicted is None else "predictions x̂₀" if frame.t else "result"
    return f"{step_line(branch, frame)}  ·  {what}"


def _about_structures(system: System, frame: Frame) -> str:
    count = len(frame.noisy)
    drawn = f"{MAX_CHAINS} of {count}" if count > MAX_CHAINS else f"the {count}"
    placed = "" if system.folded is None else ", superposed on the folded structure (grey)"
    return (
        f"CA traces of {drawn} conformers{placed}. Step 0 is the noise that the run started from. "
        "The other steps show x̂₀, the structure that the network predicts. It is an average "
        "over all structures consistent with xₜ, so early predictions are compact and lack detail. "
        "At t = 0, x̂₀ is the final structure. Drag to rotate, scroll to zoom."
    )


def _about_plane(system: System, background: Background) -> str:
    about = f"{background.title}. {background.note}".strip()
    if system.reference is None:
        return about
    return (
        f"{about} The axes are the two slowest coordinates (TICs) of the reference dynamics. In "
        "bins with a single frame, the free energy is uncertain by about kT. Points are the "
        "conformers in their colours."
    )


def _table(branch: Branch, frame: Frame) -> str:
    values = column_values(branch, frame, MAX_ROWS)
    columns = [column for column in COLUMNS if column["key"] in values]
    head = "".join(
        f'<th title="{escape(column["hint"])}">{escape(column["label"])} '
        f"<span>{escape(column['unit'])}</span></th>"
        for column in columns
    )
    problems, body = validity_problems(frame, MAX_ROWS), []
    for i in range(len(values["conformer"])):
        cells = []
        for column in columns:
            value = values[column["key"]][i]
            cells.append("–" if value is None else f"{value:.{column['digits']}f}")
        cells[0] = f'<i style="background:{palette.conformer(i)}"></i>{cells[0]}'
        cells.append(escape(problems[i]) or "valid")
        body.append(f'<tr data-conformer="{i}">' + "".join(f"<td>{c}</td>" for c in cells))
    more = len(frame.noisy) - len(body)
    note = f"<p>The first {len(body)} of {len(frame.noisy)} conformers.</p>" if more else ""
    head = f"<thead><tr>{head}<th>validity</th></thead>"
    return f"{note}<table>{head}<tbody>{''.join(body)}</tbody></table>"


def _settings(session: Session) -> dict[str, Any]:
    branch, system = session.current, session.system
    return {
        "protein": system.name,
        "sequence": system.sequence,
        "model": system.model_name,
        "device": session.device,
        "branch": branch.title,
        **({} if branch.temperature is None else {"temperature": branch.temperature.label}),
        "config": branch.config.to_dict(),
        "turns": [  # the keys that snapshots have since version 0.1
            {"knob" if key == "parameter" else key: value for key, value in change.items()}
            for change in branch.parameter_changes()
        ],
        "version": __version__,
    }


def _json(data: dict[str, Any]) -> str:
    """Return JSON that is safe inside a script element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c")
