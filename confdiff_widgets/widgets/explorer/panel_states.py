"""What Python sends to each panel of the Explorer.

Each class has an interface with the same name and fields in js/widgets/src/*/state.ts.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class Choice(TypedDict):
    """An option of a list; ``disabled_reason`` is empty if it can be chosen."""

    value: str
    label: str
    disabled_reason: str


class Validity(TypedDict):
    """Numbers of conformers; an invalid one can have both a clash and a broken bond."""

    count: int
    valid: int
    clash: int
    broken: int


# --- header ---------------------------------------------------------------------------------------


class Seed(TypedDict):
    """Seed of the next run or branch, and whether restarts keep it."""

    value: int
    locked: bool


class Check(TypedDict):
    """A result of the self-check; ``passed`` is None while it is not known."""

    text: str
    passed: bool | None


class HeaderState(TypedDict):
    """Title, transport, progress and messages. The page acknowledges ``number``."""

    number: int
    title: str
    sequence: str
    guidance: str
    status: Literal[
        "empty", "loading", "ready", "running", "paused", "stopped", "finished", "failed"
    ]
    message: str
    step: int
    steps: int
    t: float
    rate: float
    seed: Seed
    device: str
    fixed: str
    validity: Validity | None
    speed: float | None
    saved: str
    restored: str
    checks: list[Check]
    tour: bool


# --- guidance parameters and settings -------------------------------------------------------------


class Parameter(TypedDict):
    """γ or η: its value, the range of its slider, and the window of t in which it acts."""

    value: float
    limits: list[float]
    min: float
    max: float
    default: float
    disabled_reason: str
    window: list[float]


class Temperature(TypedDict):
    """The temperature (K) that η stands for: at 0, at 1, the set one, and that of the run."""

    hot: float
    cold: float
    default: float
    label: str
    note: str


class GuidanceState(TypedDict):
    """Kind of physical guidance."""

    value: str
    choices: list[Choice]
    help: str


class Settings(TypedDict):
    """Settings of the next run."""

    protein: str
    model: str
    solver: str
    steps: int
    samples: int
    t_start: float
    structure: str
    fixed: str
    device: str
    reference: str
    compared: str


class SettingChoices(TypedDict):
    """What the settings can be."""

    protein: list[Choice]
    model: list[Choice]
    solver: list[Choice]
    device: list[Choice]


class ParametersState(TypedDict):
    """γ, η and the settings of the next run."""

    gamma: Parameter
    eta: Parameter
    temperature: Temperature | None
    guidance: GuidanceState
    settings: Settings
    choices: SettingChoices
    limits: dict[str, list[float]]
    estimate: str


# --- timeline -------------------------------------------------------------------------------------


class Flag(TypedDict):
    """A change of γ or η."""

    step: int
    text: str


class BranchState(TypedDict):
    """A branch and how far its run has come."""

    name: str
    title: str
    color: str
    temperature: str
    parent: str | None
    fork: int
    completed: int
    steps: int
    settings: str
    flags: list[Flag]


class TimelineState(TypedDict):
    """The branches, and the step that is shown."""

    branches: list[BranchState]
    current: str
    compared: str | None
    times: list[float]
    step: int
    live: bool
    undo: str


# --- table of conformers --------------------------------------------------------------------------


class Column(TypedDict):
    """A column of the table."""

    key: str
    label: str
    unit: str
    hint: str
    digits: int


class ExportState(TypedDict):
    """A button that exports."""

    kind: str
    label: str
    hint: str
    disabled_reason: str


class SavedRun(TypedDict):
    """A saved run; ``problem`` says why it cannot be opened and is empty if it can."""

    folder: str
    label: str
    problem: str


class EnsembleState(TypedDict):
    """The conformers of a frame, the selection, and the exports."""

    description: str
    columns: list[Column]
    values: dict[str, list[float | None]]
    colors: list[str]
    problems: list[str]
    selected: list[int]
    max_drawn: int
    validity: Validity | None
    only_valid: bool
    export_scope: str
    exports: list[ExportState]
    saved_runs: list[SavedRun]
    export_message: str


# --- toolbars -------------------------------------------------------------------------------------


class Control(TypedDict):
    """A control of a toolbar; "about" is a help text alone."""

    key: str
    kind: Literal["tabs", "select", "check", "button", "about"]
    label: str
    help: str
    disabled_reason: str
    value: str | bool | None
    choices: list[Choice]


class ToolbarState(TypedDict):
    """A row of small controls."""

    label: str
    controls: list[Control]
