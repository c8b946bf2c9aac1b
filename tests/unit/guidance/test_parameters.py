"""The pair of γ and η: numbers, or schedules at a time."""

from confdiff_widgets.guidance.parameters import GuidanceParameters
from confdiff_widgets.guidance.schedule import Schedule


def test_schedules_have_their_value_at_t():
    found = GuidanceParameters(0.8, Schedule(2.0, start=0.6, stop=0.1))
    assert found.at(0.3) == (0.8, 2.0)
    assert found.at(0.9) == (0.8, 0.0)
    assert found.at(0.05) == (0.8, 0.0)


def test_equal_parameters_are_equal_and_can_be_changed_one_at_a_time():
    found = GuidanceParameters(1.0, 0.0)
    assert found == GuidanceParameters(1.0, 0.0)
    assert found._replace(eta=1.0) == (1.0, 1.0)
