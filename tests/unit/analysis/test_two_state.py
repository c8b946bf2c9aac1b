"""Two-state fits against closed forms: T_m, ΔH, the coverage of their intervals, and refusals."""

import numpy as np
import pytest

from confdiff_widgets.analysis.two_state import (
    Interval,
    folded_fraction,
    two_state_fit,
    two_state_fit_of_blocks,
)

KELVIN = np.linspace(300.0, 450.0, 7)


def fit(folded, frames=200, kelvin=KELVIN):
    return two_state_fit(kelvin, folded, np.full(len(kelvin), frames))


def test_exact_curves_return_their_parameters():
    found = fit(folded_fraction(KELVIN, 350.0, 60.0))
    assert found.melting.value == pytest.approx(350, abs=0.01)
    assert found.enthalpy.value == pytest.approx(60, abs=0.01)
    assert found.melting.low < 350 < found.melting.high
    assert found.enthalpy.low < 60 < found.enthalpy.high
    assert found.remark == ""
    np.testing.assert_allclose(found.folded([350.0]), [0.5], atol=1e-4)
    assert folded_fraction(350.0, 350.0, 60.0) == 0.5
    assert folded_fraction(300.0, 350.0, 60.0) > 0.9


def test_intervals_shrink_with_the_number_of_conformers():
    few, many = (fit(folded_fraction(KELVIN, 350.0, 60.0), n) for n in (100, 1600))
    for name in ("melting", "enthalpy"):
        _, low, high = getattr(few, name)
        _, closer_low, closer_high = getattr(many, name)
        assert (closer_high - closer_low) / (high - low) == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize(("melting", "enthalpy", "frames"), [(350, 60, 200), (340, 25, 64)])
def test_intervals_cover_the_truth(melting, enthalpy, frames):
    rng = np.random.default_rng(7)
    exact = folded_fraction(KELVIN, melting, enthalpy)
    fits = [fit(rng.binomial(frames, exact) / frames, frames) for _ in range(150)]
    for truth, found in (
        (melting, [one.melting for one in fits]),
        (enthalpy, [one.enthalpy for one in fits]),
    ):
        covered = np.mean([interval.low <= truth <= interval.high for interval in found])
        assert 0.90 <= covered <= 0.99


def test_blocks_give_intervals_that_cover_the_truth():
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(100):
        parts = np.array(
            [folded_fraction(KELVIN, *rng.normal((350.0, 50.0), (6.0, 6.0))) for _ in range(4)]
        )
        found = two_state_fit_of_blocks(KELVIN, parts.mean(axis=0), parts)
        hits.append(
            (
                found.melting.low <= 350 <= found.melting.high,
                found.enthalpy.low <= 50 <= found.enthalpy.high,
            )
        )
    assert (np.mean(hits, axis=0) >= 0.90).all() and (np.mean(hits, axis=0) <= 0.99).all()


def test_equal_blocks_have_no_error():
    exact = folded_fraction(KELVIN, 350.0, 60.0)
    found = two_state_fit_of_blocks(KELVIN, exact, [exact, exact, exact])
    assert found.melting == pytest.approx((350, 350, 350), abs=0.01)
    flat = two_state_fit_of_blocks(KELVIN, np.full(7, 0.4), [np.full(7, 0.5), np.full(7, 0.3)])
    assert flat.melting is None and "No transition" in flat.remark


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_constant_fractions_are_no_transition(fraction):
    found = fit(np.full(7, fraction))
    assert found.melting is None and found.enthalpy is None
    assert found.folded(KELVIN) is None
    assert "No transition: the folded fraction does not change with temperature" in found.remark
    assert f"({fraction:.2f})" in found.remark and "300 to 450 K" in found.remark
    assert found.describe() == found.remark


def test_changes_within_the_error_are_no_transition():
    folded = [0.58, 0.52, 0.53, 0.52, 0.47, 0.46, 0.44]
    assert "beyond its error" in fit(folded, 64).remark
    assert fit(folded, 6400).melting is not None


@pytest.mark.parametrize(
    ("melting", "words"),
    [
        (270.0, "stays below 0.5 from 300 to 450 K (0.00–0.10): T_m is below 300 K"),
        (520.0, "stays above 0.5 from 300 to 450 K (0.86–1.00): T_m is above 450 K"),
    ],
)
def test_curves_that_do_not_cross_one_half_give_an_enthalpy_only(melting, words):
    found = fit(folded_fraction(KELVIN, melting, 50.0))
    assert found.melting is None
    assert found.enthalpy.value == pytest.approx(50, abs=0.1)
    assert words in found.remark and "not extrapolated" in found.remark
    assert found.describe().startswith("ΔH = 50 (")


def test_fractions_that_increase_are_no_melting():
    assert "No melting" in fit([0.3, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]).remark


@pytest.mark.parametrize("folded", [[1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 0.5, 0, 0, 0]])
def test_changes_between_two_temperatures_are_too_sharp(folded):
    found = fit(folded)
    assert found.melting is None
    assert "changes near 3" in found.remark and "Use more temperatures" in found.remark


def test_curves_of_another_shape_are_reported_and_widen_the_intervals():
    exact = fit(folded_fraction(KELVIN, 369.0, 17.0), 400)
    bent = fit([0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.1], 400)
    assert "deviates from two states" in bent.remark
    width = bent.enthalpy.high - bent.enthalpy.low
    assert width > 2 * (exact.enthalpy.high - exact.enthalpy.low)


def test_two_temperatures_are_too_few():
    found = fit([0.9, 0.1], kelvin=KELVIN[:2])
    assert found.melting is None
    assert "needs 3 temperatures or more, and there are 2" in found.remark


@pytest.mark.parametrize(
    ("kelvin", "folded", "frames", "words"),
    [
        ([300, np.nan, 400], [1, 0.5, 0], [9, 9, 9], "positive and finite"),
        ([300, 350, 400], [1, np.nan, 0], [9, 9, 9], "positive and finite"),
        ([300, 350, -400], [1, 0.5, 0], [9, 9, 9], "positive and finite"),
        ([300, 350, 400], [1, 0.5, 0], [9, 0, 9], "positive and finite"),
        ([300, 350, 400], [1, 0.5, -0.1], [9, 9, 9], "fractions from 0 to 1"),
        ([300, 350], [1, 0.5, 0], [9, 9, 9], "shapes"),
        ([], [], [], "shapes"),
    ],
)
def test_invalid_input_is_refused(kelvin, folded, frames, words):
    with pytest.raises(ValueError, match=words):
        two_state_fit(kelvin, folded, frames)


def test_blocks_are_checked():
    with pytest.raises(ValueError, match="two or more rows"):
        two_state_fit_of_blocks(KELVIN, np.full(7, 0.5), [np.full(7, 0.5)])
    with pytest.raises(ValueError, match="positive and finite"):
        two_state_fit_of_blocks(KELVIN, np.full(7, 0.5), np.full((2, 7), np.nan))


def test_intervals_as_text_and_for_json():
    assert Interval(345.2, 338.4, 352.1).text() == "345 (338–352)"
    assert Interval(-1.25, -2.5, 0.5).text(".1f") == "-1.2 (-2.5 to 0.5)"
    assert Interval(5.0, 2.0, np.inf).text() == "5 (above 2)"
    assert Interval(5.0, -np.inf, np.inf).text() == "5 (no bounds)"
    assert Interval(5.0, 2.0, np.inf).to_dict() == {"value": 5.0, "low": 2.0, "high": None}
