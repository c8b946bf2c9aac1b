"""Temperature guidance: thermal networks evaluated at the temperature that η stands for.

With the inverse temperature as an input of the networks, -∇E^(η) = s(·, T(η)) - s(·, T_hot) is
exact for every η of the training range, and the guided score γ s_cond(x, t, T) + (1 - γ)
s_uncond(x, t, T) needs no additional evaluation.
"""

from __future__ import annotations

from ..diffusion.se3 import Score
from ..errors import SettingsError
from ..geometry.rigid import Rigid
from ..models.score_model import ScoreModel
from ..models.temperature import T_COLD, T_HOT, eta_of_temperature, temperature_of_eta
from .cfg import ClassifierFreeGuidance, ScoreEvaluation
from .physical import EnergyGradient
from .schedule import Strength, strength_bounds


class TemperatureGuidance:
    """Physical guidance by the temperature input of thermal networks.

    Parameters
    ----------
    model : ScoreModel
        The thermal model whose gradient is estimated, usually the conditional one.

    Raises
    ------
    SettingsError
        If the model does not take the temperature as an input.
    """

    name = "temperature"
    memory = 1.0

    def __init__(self, model: ScoreModel):
        check_thermal(model)
        self.model = model
        self.process = model.process

    def __call__(self, rigid: Rigid, t: float) -> EnergyGradient:
        """Estimate ∇E^(1) = s(·, T_hot) - s(·, T_cold) at x_t, frames (B, L) in Å."""
        hot, cold = (self._score(rigid, t, eta) for eta in (0.0, 1.0))
        return EnergyGradient(hot.trans - cold.trans, hot.rot - cold.rot)

    def guide(
        self, cfg: ClassifierFreeGuidance, rigid: Rigid, t: float, gamma: float, eta: float
    ) -> ScoreEvaluation:
        """Evaluate the score guided by η, which the networks take as their temperature."""
        return cfg.at(eta)(rigid, t, gamma)

    def _score(self, rigid: Rigid, t: float, eta: float) -> Score:
        return self.process.score(rigid, self.model.at(eta)(rigid, t).frames, t)


ETA_RANGE = (-0.1, 1.2)
"""Range of η, 474 to 281 K; outside [0, 1], the networks extrapolate."""


INFINITE_TEMPERATURE = -T_COLD / (T_HOT - T_COLD)
"""η at which 1 / T is 0."""


def check_temperatures(eta: Strength) -> None:
    """Refuse η outside of `ETA_RANGE`.

    Raises
    ------
    SettingsError
    """
    # whole kelvins, as the message states them: 281 K is η = 1.203
    hottest, coldest = (round(temperature_of_eta(bound)) for bound in ETA_RANGE)
    low, high = (eta_of_temperature(float(kelvin)) for kelvin in (hottest, coldest))
    for value in strength_bounds(eta):
        if not low - 1e-9 <= value <= high + 1e-9:
            found = "no temperature"
            if value > INFINITE_TEMPERATURE:
                found = f"{temperature_of_eta(value):.4g} K"
            raise SettingsError(
                f"η = {value:g} is {found}. Temperature guidance covers {coldest} to {hottest} K "
                f"(η from {ETA_RANGE[1]:g} to {ETA_RANGE[0]:g}); the networks were trained from "
                f"{T_COLD:g} to {T_HOT:g} K."
            )


def check_thermal(model: ScoreModel) -> None:
    """Refuse a model that does not take the temperature as an input.

    Raises
    ------
    SettingsError
    """
    if not model.thermal:
        raise SettingsError(
            "The network does not take a temperature. Use another kind of guidance, or train a "
            "thermal network (`confdiff train` and a recipe with temperature = 32 in its [network] "
            'table). Bundled ones are loaded with load_networks(device, "temperature").'
        )
