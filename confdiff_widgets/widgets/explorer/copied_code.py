"""Python that makes a run again."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from ...guidance.schedule import Schedule
from ...live.branch import Branch
from ...live.session import Session
from ...sampling import SamplerConfig

IMPORTS = """\
from confdiff_widgets.proteins.system import load_system
from confdiff_widgets.sampling import Run, SamplerConfig
"""


def code_for(session: Session) -> str:
    """A script that repeats the current branch: same settings, seeds and turns of the knobs."""
    branch, system = session.current, session.system
    config = branch.config
    about = [repr(system.protein.name if system.protein else system.sequence)]
    for name in ("model", "unconditional", "representation", "features"):
        if getattr(system, name) is not None:
            about.append(f"{name}={str(getattr(system, name))!r}")
    more = []
    if config.guidance != "none":
        more.append(f"physical=system.load_physical({config.guidance!r}, {session.device!r})")
    lines = [IMPORTS.rstrip()]
    if branch.start is not None:
        source, make = _start(branch)
        lines.append(source)
        if config.t_start < 1:
            more.append("structure=start.rigid")
        if branch.start.fixed:
            more.append("fixed_residues=start.fixed_residues")
    if _schedules(config):
        lines.append("from confdiff_widgets.guidance.schedule import Schedule")
    lines += ["", f"system = load_system({', '.join(about)})"]
    if branch.start is not None:
        lines.append(f"start = {make}")
    given = [f"system.load_networks({session.device!r})", "system.sequence", "config", *more]
    lines += [
        f"config = {_config(config)}",
        f"run = Run({', '.join(given)})",
        *_steps(session),
        "ensemble = run.ensemble()",
        f'ensemble.save("{system.name}.pdb", heavy=True)',
    ]
    return "\n".join(lines) + "\n"


def _start(branch: Branch) -> tuple[str, str]:
    """An import, and what makes the structure that a run begins at or holds residues of."""
    start = branch.start
    assert start is not None
    if branch.folder is not None:
        source = "from confdiff_widgets.live.recording import Recording"
        return source, f"Recording({str(branch.folder)!r}).start  # {start.name}"
    make, given = "folded_structure", "system"
    if start.file is not None:
        make, given = "read_starting_structure", f"{start.file!r}, system.sequence"
    held = f", fixed={start.fixed!r}" if start.fixed else ""
    return (
        f"from confdiff_widgets.proteins.starting_structure import {make}",
        f"{make}({given}{held})",
    )


def _config(config: SamplerConfig) -> str:
    usual = SamplerConfig()
    settings: dict[str, Any] = {
        name: getattr(config, name)
        for name in config.to_dict()
        if name in ("samples", "seed") or getattr(config, name) != getattr(usual, name)
    }
    return f"SamplerConfig({', '.join(f'{k}={v!r}' for k, v in settings.items())})"


def _steps(session: Session) -> list[str]:
    """Steps with the knobs and seeds that they had, equal ones in one loop."""
    branch = session.current
    run = branch.run
    if run is None or not run.state.step:
        return ["for _ in run:", "    pass"]
    lines = []
    known = (run.config.gamma, run.config.eta, run.config.seed)
    made = list(zip(run.knobs, run.seeds, strict=True))
    for ((gamma, eta), seed), group in groupby(made):
        for name, value, before in zip(("gamma", "eta"), (gamma, eta), known[:2], strict=True):
            if value != before:
                lines.append(f"run.{name} = {value!r}")
        if seed != known[2]:
            lines.append(f"run.reseed({seed})")
        known = (gamma, eta, seed)
        lines += [f"for _ in range({len(list(group))}):", "    run.step()"]
    return lines


def _schedules(config: SamplerConfig) -> bool:
    return isinstance(config.gamma, Schedule) or isinstance(config.eta, Schedule)
