"""The table of a path."""

from types import SimpleNamespace

from confdiff_widgets.sampling.pathways.table import path_table


def test_rows_are_the_images_in_order():
    profile = SimpleNamespace(arc=[0.0, 1.25, 2.5], values=[0.0, 3.21456, -1.0])
    assert path_table(SimpleNamespace(profile=lambda: profile)) == (
        "image,arc_length_angstrom,minus_log_density_kt\n"
        "1,0.0000,0.0000\n2,1.2500,3.2146\n3,2.5000,-1.0000\n"
    )
