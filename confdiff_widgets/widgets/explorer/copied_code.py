"""Write Python code that repeats a run.

Names, paths and settings may come from a recording that someone else made. Every value enters the
code as `repr` of a plain string or number, and nothing else: no comments, no unquoted text.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from ...guidance.registry import has_temperature
from ...guidance.schedule import Schedule, Strength
from ...live.branch import Branch
from ...live.session import Session
from ...models.temperature import exact_temperature
from ...sampling import SamplerConfig

IMPORTS = """\
from confdiff_widgets.proteins import load_system
from confdiff_widgets.sampling import Run, SamplerConfig
"""


def code_for(session: Session) -> str:
    """Return a script that repeats the current branch: settings, seeds, and changes of γ and η."""
    branch, system = session.current, session.system
    config = branch.config
    system_arguments = [repr(system.protein.name if system.protein else system.sequence)]
    system_arguments += [f"{name}={value!r}" for name, value in system.network_sources.items()]
    networks = f"system.load_networks({session.device!r})"
    if has_temperature(config.guidance):
        networks = f"system.load_networks({session.device!r}, {config.guidance!r})"
    run_arguments = [networks, "system.sequence", "config"]
    if config.guidance != "none":
        run_arguments.append(
            f"physical=system.load_physical({config.guidance!r}, {session.device!r})"
        )
    imports = [IMPORTS.rstrip()]
    start = []
    if branch.start is not None:
        start_import, start_code = _start(branch)
        imports.append(start_import)
        start = [f"start = {start_code}"]
        if config.t_start < 1:
            run_arguments.append("structure=start.rigid")
        if branch.start.fixed:
            run_arguments.append("fixed_residues=start.fixed_residues")
    steps = _steps(branch)
    if any("eta_of_temperature" in line for line in steps):
        imports.append("from confdiff_widgets.guidance import eta_of_temperature")
    if _uses_schedule(branch):
        imports.append("from confdiff_widgets.guidance import Schedule")
    lines = [
        *imports,
        "",
        f"system = load_system({', '.join(system_arguments)})",
        *start,
        f"config = {_config(config)}",
        f"run = Run({', '.join(run_arguments)})",
        *steps,
        "ensemble = run.ensemble()",
        f"ensemble.save({f'{system.name}.pdb'!r}, heavy=True)",
    ]
    return "\n".join(lines) + "\n"


def _start(branch: Branch) -> tuple[str, str]:
    """Return the import and the code of the starting structure."""
    start = branch.start
    assert start is not None
    if branch.folder is not None:
        source = "from confdiff_widgets.live import Recording"
        return source, f"Recording({str(branch.folder)!r}).start"
    function, arguments = "folded_structure", "system"
    if start.file is not None:
        function, arguments = "read_starting_structure", f"{start.file!r}, system.sequence"
    fixed = f", fixed={start.fixed!r}" if start.fixed else ""
    return (
        f"from confdiff_widgets.proteins import {function}",
        f"{function}({arguments}{fixed})",
    )


def _config(config: SamplerConfig) -> str:
    defaults = SamplerConfig()
    settings: dict[str, Any] = {
        name: getattr(config, name)
        for name in config.to_dict()
        if name in ("samples", "seed") or getattr(config, name) != getattr(defaults, name)
    }
    kelvin = _kelvin(config, config.eta)
    if kelvin is not None:  # which implies the guidance, and gives the same η
        settings = {k: v for k, v in settings.items() if k not in ("guidance", "eta")}
        settings["temperature"] = kelvin
    return f"SamplerConfig({', '.join(f'{k}={v!r}' for k, v in settings.items())})"


def _kelvin(config: SamplerConfig, eta: Strength) -> float | None:
    """Return the temperature that gives exactly this η; None if there is none."""
    if not has_temperature(config.guidance) or isinstance(eta, Schedule):
        return None
    return exact_temperature(eta)


def _steps(branch: Branch) -> list[str]:
    """Return the steps with their γ, η and seeds, with equal steps in one loop."""
    run = branch.run
    if run is None or not run.state.step:
        return ["for _ in run:", "    pass"]
    lines = []
    before = (run.config.gamma, run.config.eta, run.config.seed)
    steps = zip(run.parameter_history, run.seeds, strict=True)
    for ((gamma, eta), seed), group in groupby(steps):
        for name, value, old in zip(("gamma", "eta"), (gamma, eta), before[:2], strict=True):
            if value != old:
                kelvin = _kelvin(run.config, value) if name == "eta" else None
                code = repr(value) if kelvin is None else f"eta_of_temperature({kelvin!r})"
                lines.append(f"run.{name} = {code}")
        if seed != before[2]:
            lines.append(f"run.reseed({int(seed)!r})")
        before = (gamma, eta, seed)
        lines += [f"for _ in range({len(list(group))}):", "    run.step()"]
    return lines


def _uses_schedule(branch: Branch) -> bool:
    """Return whether γ or η is a schedule at the start or in any step."""
    strengths = [branch.config.gamma, branch.config.eta]
    if branch.run is not None:
        strengths += [strength for step in branch.run.parameter_history for strength in step]
    return any(isinstance(strength, Schedule) for strength in strengths)
