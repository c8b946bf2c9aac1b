import io
import json

import numpy as np
import pytest
from rich.console import Console

from confdiff_widgets.analysis import (
    METRICS,
    backbone_clash_free,
    ca_rmsd,
    compare,
    contact_rmse,
    features,
    fit_tica,
    js_distance,
    js_pwd,
    js_rg,
    js_tic,
    js_tic2d,
    mean_pairwise_rmsd,
    mean_pairwise_tm,
    metric_evaluator,
    rmsf,
    superposition,
    trajectory_groups,
    val_clash,
)


@pytest.fixture(scope="module")
def tica(chignolin):
    return fit_tica(chignolin.replicas, lag_ps=chignolin.frame_ps, frame_ps=chignolin.frame_ps)


@pytest.fixture(scope="module")
def reference(chignolin):
    """Return 4000 frames: the excerpt with 0.15 Å of noise."""
    rng = np.random.default_rng(1)
    return chignolin.ca[rng.integers(200, size=4000)] + 0.15 * rng.normal(size=(4000, 10, 3))


@pytest.fixture(scope="module")
def ideal(chignolin, tica, reference):
    rng = np.random.default_rng(2)
    sample = chignolin.ca[rng.integers(200, size=300)] + 0.15 * rng.normal(size=(300, 10, 3))
    return compare(sample, reference, folded=chignolin.folded_ca, tica=tica)


def test_values_equal_those_of_the_single_functions(chignolin, tica, reference):
    sample = chignolin.ca[:70] * 1.02
    found = compare(sample, reference, folded=chignolin.folded_ca, tica=tica, baseline_draws=2)
    a, b, folded = tica.transform(sample), tica.transform(reference), chignolin.folded_ca
    expected = {
        "js_pwd": js_pwd(sample, reference),
        "js_rg": js_rg(sample, reference),
        "js_tic": js_tic(a, b),
        "js_tic2d": js_tic2d(a, b),
        "folded": (ca_rmsd(sample, folded) < 2).mean(),
        "val_clash": val_clash(sample),
        "pairwise_rmsd": mean_pairwise_rmsd(sample),
        "contact_rmse": contact_rmse(sample, reference),
        "rmsf_difference": np.sqrt(np.mean((rmsf(sample, folded) - rmsf(reference, folded)) ** 2)),
    }
    for key, value in expected.items():
        assert found[key].value == pytest.approx(value, abs=1e-12), key
    assert found["folded"].reference == pytest.approx(
        (ca_rmsd(reference, folded) < 2).mean(), abs=1e-12
    )
    assert (
        found["val_bond"].reference
        == (np.linalg.norm(np.diff(reference, axis=1), axis=-1).max(axis=1) <= 4.2).mean()
    )


def test_released_variants_equal_their_functions(chignolin, reference):
    sample = chignolin.ca[:70] * 1.02
    found = compare(sample, reference, folded=chignolin.folded_ca, tica=None, baseline_draws=2)
    expected = js_rg(sample, reference, per_residue=True)
    assert found["js_rg_residue"].value == pytest.approx(expected, abs=1e-12)
    expected = contact_rmse(sample, reference, reduction="sum")
    assert found["contact_rmse_sum"].value == pytest.approx(expected, abs=1e-12)
    assert found["contact_rmse_sum"].value > found["contact_rmse"].value


def test_tm_score_of_pairs_equals_tmtools(chignolin, reference):
    twelve = chignolin.ca[:12]
    found = compare(twelve, reference, folded=chignolin.folded_ca, tica=None, baseline_draws=2)
    assert found["pairwise_tm"].value == pytest.approx(mean_pairwise_tm(twelve), abs=1e-9)
    assert found["pairwise_tm"].single_structure == pytest.approx(1.0, abs=1e-6)


def test_values_do_not_depend_on_the_block_size(chignolin, tica, reference, monkeypatch):
    options = {"folded": chignolin.folded_ca, "tica": tica, "baseline_draws": 2, "n_bootstrap": 2}
    whole = compare(reference[:99], reference[:400], **options)
    monkeypatch.setattr(features, "BLOCK_SIZE", 1000)  # six frames in a block
    monkeypatch.setattr(features, "PAIRS_PER_BLOCK", 5)
    monkeypatch.setattr(features, "FRAMES_PER_BLOCK", 70)
    blocks = compare(reference[:99], reference[:400], **options)
    for a, b in zip(whole, blocks, strict=True):
        for name in (
            "value",
            "reference",
            "baseline_mean",
            "baseline_sd",
            "single_structure",
            "low",
            "high",
        ):
            assert getattr(a, name) == pytest.approx(getattr(b, name), abs=1e-9), (a.key, name)


def test_counts_are_exact_in_single_precision(chignolin, tica, reference, monkeypatch):
    settings = {"folded": chignolin.folded_ca, "tica": tica, "baseline_draws": 2, "n_bootstrap": 2}
    found = compare(reference[:200], reference, **settings)
    monkeypatch.setattr(metric_evaluator, "EXACT_FLOAT32", 0)
    assert compare(reference[:200], reference, **settings) == found


@pytest.mark.parametrize(("residues", "pairs"), [(60, 50), (120, 25), (240, 12)])
def test_long_chains_use_fewer_pairs_of_frames(residues, pairs, monkeypatch):
    counted = []

    def paired_rmsd(a, b):
        counted.append(len(a))
        return np.zeros(len(a))

    monkeypatch.setattr(superposition, "paired_rmsd", paired_rmsd)
    ca = np.random.default_rng(0).normal(scale=2.2, size=(12, residues, 3)).cumsum(axis=1)
    options = {"tica": None, "baseline_draws": 2, "n_bootstrap": 2, "n_bins": 2, "max_pairs": 50}
    found = compare(ca, ca, folded=ca[0], **options)
    assert found.settings["max_pairs"] == pairs
    assert set(counted) == {pairs}


def test_identical_frames_score_the_single_structure_baseline(chignolin, tica, reference):
    still = np.repeat(chignolin.folded_ca[None], 50, axis=0)
    found = compare(still, reference, folded=chignolin.folded_ca, tica=tica, n_bootstrap=3)
    for metric in found:
        assert metric.value == pytest.approx(metric.single_structure, abs=1e-6), metric.key
        if metric.info.unit != "fraction":  # Wilson's intervals of 0 and 1 have a width
            assert metric.high - metric.low == pytest.approx(0, abs=1e-4), metric.key


def test_a_sample_of_the_reference_scores_the_sampling_baseline(ideal):
    for metric in ideal:
        spread = max(metric.baseline_sd, 2e-4)
        assert abs(metric.value - metric.baseline_mean) < 4 * spread, metric.key


DISTANCES = ("js_pwd", "js_rg", "js_tic", "js_tic2d", "contact_rmse", "rmsf_difference")


def test_the_baseline_is_unbiased_for_samples_of_any_size(chignolin, tica):
    """Independent perfect samples, smaller and larger than the reference."""
    rng = np.random.default_rng(0)

    def frames(count):
        return chignolin.ca[rng.integers(200, size=count)] + 0.3 * rng.normal(size=(count, 10, 3))

    options = {"folded": chignolin.folded_ca, "tica": tica, "n_bootstrap": 2, "max_pairs": 10}
    for size, reference_size in ((150, 900), (600, 300)):
        found = [compare(frames(size), frames(reference_size), **options) for _ in range(8)]
        for key in ("js_pwd", "js_rg", "js_tic", "contact_rmse"):
            value = np.mean([one[key].value for one in found])
            baseline = np.mean([one[key].baseline_mean for one in found])
            spread = np.std([one[key].value for one in found], ddof=1) / np.sqrt(8)
            assert abs(value - baseline) < 3 * spread + 0.05 * baseline, (key, size)


def test_parts_of_the_baseline_and_the_excess_add_as_squares(chignolin, tica, reference):
    swollen = 1.03 * reference[:300]
    options = {"folded": chignolin.folded_ca, "tica": tica}
    for trajectory in (None, np.arange(4000) % 4):
        found = compare(swollen, reference, trajectory=trajectory, **options)
        for key in DISTANCES:
            m = found[key]
            if key == "rmsf_difference":
                assert m.excess is None is m.excess_low and m.finite_samples > 0
                continue
            assert m.excess_low <= m.excess <= m.excess_high, key
            parts = m.finite_samples + m.reference_error + m.excess**2
            if key != "js_pwd" and key != "js_tic" and m.excess:  # means of several features
                assert m.value == pytest.approx(np.sqrt(parts), abs=1e-9), key
        assert found["folded"].excess is None
    assert found["js_rg"].excess_low > 0


def test_the_error_of_the_reference_is_part_of_the_baseline(chignolin, reference):
    """Two groups of trajectories of which one is shrunk by 2 %."""
    groups = np.arange(4000) < 2000
    shrunk = np.where(groups[:, None, None], reference, 0.98 * reference)
    options = {"folded": chignolin.folded_ca, "tica": None, "n_bootstrap": 2}
    whole, grouped = (
        compare(reference[:300], shrunk, trajectory=one, **options) for one in (None, groups)
    )
    assert whole["js_rg"].reference_error == 0 < grouped["js_rg"].reference_error
    gap = js_rg(shrunk[groups], shrunk[~groups]) ** 2 / 4
    assert grouped["js_rg"].reference_error == pytest.approx(gap, rel=0.2)
    assert grouped["js_rg"].baseline_mean > whole["js_rg"].baseline_mean
    again = reference.copy()
    calm = compare(reference[:300], again, trajectory=np.arange(4000) % 2, **options)
    assert calm["js_rg"].reference_error < 0.1 * grouped["js_rg"].reference_error


def test_intervals_of_distances_have_the_width_of_the_scatter(chignolin):
    rng = np.random.default_rng(5)

    def frames(count):
        return chignolin.ca[rng.integers(200, size=count)] + 0.3 * rng.normal(size=(count, 10, 3))

    reference = frames(5000)
    options = {"folded": chignolin.folded_ca, "tica": None, "n_bootstrap": 2, "max_pairs": 10}
    found = [compare(frames(300), reference, **options)["js_pwd"] for _ in range(20)]
    scatter = np.std([one.value for one in found], ddof=1)
    width = np.mean([one.high - one.low for one in found]) / (2 * 1.96)
    assert 0.7 * scatter < width < 1.5 * scatter


def test_trajectories_with_balanced_starts_form_the_groups():
    groups = trajectory_groups(np.repeat([3, 5, 8, 9, 11, 12], 2))
    assert groups.tolist() == [True] * 4 + [False] * 4 + [True] * 4
    assert trajectory_groups([7, 7, 2]).tolist() == [False, False, True]
    assert trajectory_groups([4, 4, 4, 4]).tolist() == [True, True, False, False]
    assert trajectory_groups([4]) is None


def test_the_single_structure_baseline_has_no_diversity_and_large_distances(chignolin, ideal):
    assert ideal["folded"].single_structure == 1
    assert ideal["pairwise_rmsd"].single_structure == pytest.approx(0, abs=1e-6)
    for key in ("js_pwd", "js_rg", "js_tic", "js_tic2d", "contact_rmse", "rmsf_difference"):
        assert (
            ideal[key].single_structure > 3 * ideal[key].value or ideal[key].single_structure > 0.7
        )


def test_a_worse_sample_scores_worse(chignolin, tica, reference):
    rng = np.random.default_rng(3)
    noisy = reference[:300] + rng.normal(size=(300, 10, 3))
    found = compare(noisy, reference, folded=chignolin.folded_ca, tica=tica)
    for key in ("js_pwd", "js_tic", "outside"):
        assert found[key].low > found[key].baseline_mean + 3 * found[key].baseline_sd
    assert found["val_bond"].high < found["val_bond"].baseline_mean


def test_intervals_contain_the_value_and_stay_in_range(ideal):
    for metric in ideal:
        assert 0 <= metric.low <= metric.value <= metric.high <= metric.info.upper_bound


def test_intervals_cover_a_fraction_as_the_binomial_does(chignolin, reference):
    sample = reference[:400]
    found = compare(
        sample, reference, folded=chignolin.folded_ca, tica=None, n_bootstrap=200, max_pairs=10
    )
    p = found["folded"].value
    half = (found["folded"].high - found["folded"].low) / 2
    assert half == pytest.approx(1.96 * np.sqrt(p * (1 - p) / 400), rel=0.2)


def test_fractions_of_zero_and_one_have_wilsons_interval(chignolin, reference):
    found = compare(reference[:50], reference, folded=chignolin.folded_ca, tica=None)
    assert found["val_clash"].value == 1 and found["val_clash"].high == 1
    assert found["val_clash"].low == pytest.approx(1 - 3.84 / 53.84, rel=1e-3)


def test_backbone_clashes_are_counted_where_backbones_are_given(chignolin):
    backbone = chignolin.backbone.copy()
    backbone[:20, 0, 3] = backbone[:20, 2, 0] + [0.0, 0.0, 1.0]  # O of 1 next to N of 3
    options = {"folded": chignolin.folded_ca, "tica": None}
    given = (backbone, chignolin.backbone, chignolin.folded[None])
    found = compare(chignolin.ca, chignolin.ca, backbones=given, **options)["val_backbone"]
    free = backbone_clash_free(chignolin.backbone)
    assert found.value == backbone_clash_free(backbone).mean() <= 0.92 * free.mean()
    assert found.reference == found.baseline_mean == free.mean()
    assert found.low < found.value < found.high and found.single_structure == 1


@pytest.mark.parametrize("shift", [0.0, 0.35])
def test_excess_intervals_hold_for_any_reference(chignolin, shift):
    """Both ensembles swell by a common factor, whose mean differs by ``shift`` of its sd."""
    base = chignolin.folded_ca - chignolin.folded_ca.mean(axis=0)

    def frames(rng, count, offset=0.0):
        scale = 1 + 0.04 * (rng.normal(size=count) + offset)
        return base * scale[:, None, None]

    rng = np.random.default_rng(8)
    pool = [features.radius_of_gyration(frames(rng, 400_000, at)) for at in (shift, 0.0)]
    covered = []
    for seed in range(50):
        offset = np.repeat(0.15 * rng.normal(size=16), 25)  # trajectories have their own mean
        reference = frames(rng, 400, offset)
        found = compare(
            frames(rng, 300, shift), reference, folded=base, tica=None, n_bootstrap=2,
            max_pairs=2, trajectory=np.repeat(np.arange(16), 25), seed=seed,
        )["js_rg"]  # fmt: skip
        rg = features.radius_of_gyration(reference)
        counts = [np.histogram(one, 50, (rg.min(), rg.max()))[0] for one in pool]
        truth = float(js_distance(*counts)) if shift else 0.0
        covered.append(found.excess_low <= truth <= found.excess_high)
    assert 0.88 <= np.mean(covered) <= 1.0


def test_sparse_histograms_have_an_unbiased_baseline(chignolin, tica):
    """Two dimensions have 2500 bins, most of them empty, where JS² is not linear in 1/N."""
    rng, ratio = np.random.default_rng(3), []

    def frames(count):
        return chignolin.ca[rng.integers(200, size=count)] + 0.3 * rng.normal(size=(count, 10, 3))

    for seed in range(8):
        found = compare(
            frames(300), frames(800), folded=chignolin.folded_ca, tica=tica, n_bootstrap=2,
            max_pairs=2, seed=seed,
        )["js_tic2d"]  # fmt: skip
        ratio.append(found.baseline_mean / found.value)
    assert np.mean(ratio) == pytest.approx(1, abs=0.02)


def test_the_seed_determines_the_values(chignolin, reference):
    def run(seed):
        options = {"folded": chignolin.folded_ca, "tica": None, "max_pairs": 500}
        return compare(reference[:100], reference, seed=seed, **options).to_dict()

    assert run(3) == run(3)
    assert run(3)["metrics"]["js_pwd"]["floor_mean"] != run(4)["metrics"]["js_pwd"]["floor_mean"]


def test_values_are_invariant_under_rigid_motion(chignolin, reference, moved):
    options = {"folded": chignolin.folded_ca, "tica": None}
    one, two = (compare(x, reference, **options) for x in (reference[:99], moved(reference[:99])))
    for a, b in zip(one, two, strict=True):
        assert a.value == pytest.approx(b.value, abs=1e-6), a.key


def test_without_tica_its_metrics_are_omitted(chignolin, reference):
    found = compare(reference[:50], reference, folded=chignolin.folded_ca, tica=None)
    assert set(METRICS) - {m.key for m in found} == {"js_tic", "js_tic2d", "val_backbone"}
    with pytest.raises(KeyError, match="no metric 'js_tic'; there are js_pwd"):
        found["js_tic"]
    assert "No TICA" in found.to_markdown()


def test_json_keeps_the_stored_keys(ideal):
    found = ideal.to_dict()
    assert {"n_floor", "floor_frames"} <= set(found["settings"])
    assert set(found["metrics"]["js_pwd"]) == {
        "label", "unit", "good", "value", "low", "high", "floor_mean", "floor_sd", "static",
        "reference", "floor_finite", "floor_reference", "excess", "excess_low", "excess_high",
    }  # fmt: skip
    assert found["metrics"]["js_pwd"]["floor_mean"] == ideal["js_pwd"].baseline_mean


def test_rendering_as_json_markdown_and_table(ideal):
    again = json.loads(json.dumps(ideal.to_dict(), allow_nan=False))
    assert again["metrics"]["js_pwd"]["value"] == ideal["js_pwd"].value
    assert again["settings"]["seed"] == 0
    lines = ideal.to_markdown().splitlines()
    assert len([line for line in lines if line.startswith("|")]) == 2 + len(ideal.metrics)
    assert len({line.count("|") for line in lines if line.startswith("|")}) == 1
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(ideal.to_table("chignolin"))
    text = console.export_text()
    assert "chignolin" in text
    for metric in ideal:
        assert metric.info.label in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sample": lambda x: x[:1]}, "sample has 1 frame"),
        ({"sample": lambda x: x[:, 1:]}, "sample has 9 residues and reference has 10"),
        ({"sample": lambda x: x / 10}, "look like nm, multiply them by 10"),
        ({"sample": lambda x: x * np.nan}, "sample has NaN"),
        ({"trajectory": lambda x: np.arange(9) % 2}, "one entry for each reference frame"),
        ({"folded": lambda x: x[:-1]}, "folded has 9 residues"),
    ],
)
def test_invalid_input_is_named_in_the_error(chignolin, reference, change, message):
    given = {"sample": reference[:80], "reference": reference, "folded": chignolin.folded_ca}
    for name, function in change.items():
        given[name] = function(given.get(name))
    with pytest.raises(ValueError, match=message):
        compare(given.pop("sample"), given.pop("reference"), tica=None, **given)


def test_at_least_two_draws_are_required(chignolin, reference):
    with pytest.raises(ValueError, match="baseline_draws is 1"):
        compare(reference[:9], reference, folded=chignolin.folded_ca, tica=None, baseline_draws=1)
