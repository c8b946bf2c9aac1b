import numpy as np
import pytest
from deeptime.decomposition import TICA

from confdiff_widgets.analysis import (
    TicaModel,
    ca_distances,
    distance_correlations,
    fit_tica,
    implied_timescales,
    pair_indices,
    tica,
)


@pytest.fixture(scope="module")
def model(chignolin):
    return fit_tica(chignolin.replicas, lag_ps=chignolin.frame_ps, frame_ps=chignolin.frame_ps)


def test_projection_equals_deeptime_up_to_the_sign(chignolin, model):
    estimator = TICA(lagtime=1, scaling="kinetic_map")
    for replica in chignolin.replicas:
        estimator.partial_fit(ca_distances(replica))
    expected = estimator.fetch_model().transform(ca_distances(chignolin.ca))[:, :2]
    found = model.transform(chignolin.ca)
    signs = np.sign((found * expected).sum(axis=0))
    assert np.allclose(found, signs * expected, atol=1e-8)
    assert np.allclose(
        model.timescales_ps, chignolin.frame_ps * estimator.fetch_model().timescales(k=2)
    )


def test_signs_do_not_depend_on_the_fit(chignolin, model):
    distances, tics = ca_distances(chignolin.ca), model.transform(chignolin.ca)
    for k in range(2):
        correlation = [np.corrcoef(d, tics[:, k])[0, 1] for d in distances.T]
        assert correlation[np.argmax(np.abs(correlation))] > 0
    again = fit_tica(
        chignolin.replicas[::-1], lag_ps=chignolin.frame_ps, frame_ps=chignolin.frame_ps
    )
    assert np.allclose(again.transform(chignolin.ca), tics, atol=1e-6)


def breathing_chains(n_chains=4, n_frames=4000, rate=0.02, seed=0):
    """Simulate three residues: distance 1-2 is slow (autocorrelation 1 - rate), 2-3 is white."""
    rng = np.random.default_rng(seed)
    chains = []
    for _ in range(n_chains):
        slow = np.zeros(n_frames)
        kicks = rng.normal(size=n_frames) * np.sqrt(1 - (1 - rate) ** 2)
        for t in range(1, n_frames):
            slow[t] = (1 - rate) * slow[t - 1] + kicks[t]
        ca = np.zeros((n_frames, 3, 3))
        ca[:, 1, 0] = 20 + slow
        ca[:, 2, 0] = 40 + slow + rng.normal(size=n_frames)
        chains.append(ca)
    return chains


def test_finds_the_slow_distance_and_its_time_scale():
    chains = breathing_chains()
    model = fit_tica(chains, lag_ps=10.0, frame_ps=2.0, n_tics=1)
    exact = -2.0 / np.log(0.98)
    assert model.timescales_ps[0] == pytest.approx(exact, rel=0.15)
    slow = ca_distances(chains[0])[:, 0]
    assert np.corrcoef(slow, model.transform(chains[0])[:, 0])[0, 1] > 0.99


def test_kinetic_map_scales_by_the_eigenvalue():
    chains = breathing_chains()
    model = fit_tica(chains, lag_ps=5.0, frame_ps=1.0, n_tics=1)
    eigenvalue = np.exp(-model.lag_ps / model.timescales_ps[0])
    spread = np.concatenate([model.transform(c) for c in chains]).std()
    assert spread == pytest.approx(eigenvalue, rel=0.02)


def test_round_trip_through_a_file_without_pickle(chignolin, model, tmp_path):
    np.savez(tmp_path / "m.npz", **model.to_arrays("tica_"))
    with np.load(tmp_path / "m.npz", allow_pickle=False) as arrays:
        again = TicaModel.from_arrays(arrays, "tica_")
    assert np.array_equal(again.transform(chignolin.ca), model.transform(chignolin.ca))
    assert (again.lag_ps, again.n_frames, again.n_residues) == (280.0, 200, 10)
    assert isinstance(again.lag_ps, float)


def test_trajectories_no_longer_than_the_lag_do_not_count(chignolin, model):
    short = chignolin.replicas[0][:1]
    again = fit_tica([*chignolin.replicas, short], lag_ps=280.0, frame_ps=280.0)
    np.testing.assert_array_equal(again.components, model.components)


def test_projection_is_invariant_under_rigid_motion(chignolin, model, moved):
    assert np.allclose(model.transform(moved(chignolin.ca)), model.transform(chignolin.ca))


def test_invalid_input_is_named_in_the_error(chignolin, model):
    fit = {"lag_ps": 280.0, "frame_ps": 280.0}
    with pytest.raises(ValueError, match=r"not a whole number of frames of 280\.0 ps\. Use 280"):
        fit_tica(chignolin.replicas, lag_ps=300.0, frame_ps=280.0)
    with pytest.raises(ValueError, match=r"longest trajectory has 25 frames, no more than the lag"):
        fit_tica(chignolin.replicas, lag_ps=280.0 * 25, frame_ps=280.0)
    with pytest.raises(ValueError, match="Pass a list of trajectories"):
        fit_tica(chignolin.ca, **fit)
    with pytest.raises(ValueError, match="complex numbers"):
        fit_tica([chignolin.ca + 1j], **fit)
    for name in ("lag_ps", "frame_ps"):
        with pytest.raises(ValueError, match=f"{name} is inf"):
            fit_tica(chignolin.replicas, **{**fit, name: np.inf})
    with pytest.raises(ValueError, match="empty"):
        fit_tica([], **fit)
    with pytest.raises(ValueError, match="independent direction"):
        fit_tica(breathing_chains(1, 50), lag_ps=1, frame_ps=1, n_tics=9)
    with pytest.raises(ValueError, match="ca has 9 residues, this TICA was fitted on 10"):
        model.transform(chignolin.ca[:, 1:])
    with pytest.raises(ValueError, match="no mean, components"):
        TicaModel.from_arrays({"x": np.ones(3)})


def test_correlations_with_distances_agree_with_numpy(chignolin, model):
    far = chignolin.ca + 400.0  # far from the origin, where sums of squares cancel
    found = distance_correlations(model, far)
    distances, tics = ca_distances(chignolin.ca), model.transform(chignolin.ca)
    expected = np.corrcoef(distances.T, tics.T)[: distances.shape[1], distances.shape[1] :]
    np.testing.assert_allclose(found, expected, atol=1e-9)
    still = np.repeat(chignolin.ca[:1], 5, axis=0)
    assert not distance_correlations(model, still).any()


def test_fit_does_not_depend_on_the_block_size(chignolin, model, monkeypatch):
    monkeypatch.setattr(tica, "FRAMES_PER_DISTANCE", 0.16)  # seven frames in a block
    again = fit_tica(chignolin.replicas, lag_ps=280.0, frame_ps=280.0)
    np.testing.assert_allclose(again.components, model.components, atol=1e-8)
    np.testing.assert_allclose(again.transform(chignolin.ca), model.transform(chignolin.ca))


def test_identical_frames_are_rejected(chignolin):
    still = np.repeat(chignolin.ca[:1], 50, axis=0)
    with pytest.raises(ValueError, match="all frames are the same"):
        fit_tica([still], lag_ps=1.0, frame_ps=1.0)


def test_implied_time_scales_of_a_markov_process_are_constant():
    chains = breathing_chains()
    found = implied_timescales(chains, lags_ps=[4.0, 10.0, 20.0], frame_ps=2.0, n_tics=1)
    exact = -2.0 / np.log(0.98)
    assert found.values_ps.shape == found.errors_ps.shape == (3, 1)
    assert (np.abs(found.values_ps - exact) < 4 * found.errors_ps + 0.05 * exact).all()
    assert (found.errors_ps > 0).all()
    alone = implied_timescales(chains[:1], lags_ps=[4.0], frame_ps=2.0, n_tics=1)
    assert np.isnan(alone.errors_ps).all()
    with pytest.raises(ValueError, match="no more than the lag"):
        implied_timescales(chains, lags_ps=[4.0, 9000.0], frame_ps=2.0)


def long_chains(n_residues, n_frames, seed=0):
    """Chains that bend slowly at residue n / 2, with white noise on all residues."""
    rng = np.random.default_rng(seed)
    angle = np.cumsum(rng.normal(scale=0.05, size=n_frames))[:, None]
    along = 3.8 * np.arange(n_residues)[None]
    after = np.maximum(along - along[:, n_residues // 2 : n_residues // 2 + 1], 0)
    x = along - after * (1 - np.cos(angle))
    straight = np.stack([x, after * np.sin(angle), 0 * x], axis=-1)
    return straight + rng.normal(scale=0.2, size=straight.shape)


def test_all_distances_are_used_up_to_sixty_residues():
    fitted = fit_tica([long_chains(60, 30)], lag_ps=1.0, frame_ps=1.0)
    assert fitted.used is None
    assert len(fitted.mean) == 60 * 59 // 2
    assert "used" not in fitted.to_arrays()


@pytest.mark.parametrize(("frames", "count"), [(31, 6), (401, 20), (20_000, 60)])
def test_long_chains_use_as_many_residues_as_the_frames_support(frames, count):
    used = tica._used_residues(214, frames - 1)
    assert used.sum() == count
    assert used[0] and used[-1]
    assert np.ptp(np.diff(np.flatnonzero(used))) <= 1


def test_long_chain_finds_the_slow_motion(tmp_path):
    ca = long_chains(100, 400)
    fitted = fit_tica([ca], lag_ps=5.0, frame_ps=1.0)
    tics = fitted.transform(ca)
    bend = np.linalg.norm(ca[:, 0] - ca[:, -1], axis=-1)
    assert abs(np.corrcoef(tics[:, 0], bend)[0, 1]) > 0.95
    assert np.allclose(fitted.project(ca_distances(ca)), tics)
    correlation = distance_correlations(fitted, ca)
    assert correlation.shape == (100 * 99 // 2, 2)
    distances = ca_distances(ca)
    assert correlation[3, 0] == pytest.approx(np.corrcoef(distances[:, 3], tics[:, 0])[0, 1])
    i, j = pair_indices(100)
    among = correlation[fitted.used[i] & fitted.used[j]]
    assert np.allclose(np.abs(among).max(axis=0), among.max(axis=0))
    np.savez(tmp_path / "tica.npz", **fitted.to_arrays())
    with np.load(tmp_path / "tica.npz") as stored:
        assert np.array_equal(TicaModel.from_arrays(stored).transform(ca), tics)
    with pytest.raises(ValueError, match="99 residues, this TICA was fitted on 100"):
        fitted.transform(ca[:, 1:])
    assert "20 of 100 residues" in fitted.selection


def test_fewer_distances_find_the_same_slow_directions(monkeypatch):
    ca = [long_chains(40, 1200, seed) for seed in range(2)]
    whole = fit_tica(ca, lag_ps=5.0, frame_ps=1.0, n_tics=1)
    monkeypatch.setattr(tica, "MAX_RESIDUES", 10)
    some = fit_tica(ca, lag_ps=5.0, frame_ps=1.0, n_tics=1)
    assert some.used.sum() == 10
    tics = [model.transform(np.concatenate(ca))[:, 0] for model in (whole, some)]
    assert abs(np.corrcoef(tics)[0, 1]) > 0.98


def test_covariances_of_a_long_chain_have_no_more_distances_than_sixty_residues(monkeypatch):
    sizes = []

    class Sums(tica.LaggedSums):
        def __init__(self, origin):
            sizes.append(len(origin))
            super().__init__(origin)

    monkeypatch.setattr(tica, "LaggedSums", Sums)
    for frames in (60, 400):
        fit_tica([long_chains(214, frames)], lag_ps=1.0, frame_ps=1.0)
    assert sizes == [8 * 7 / 2, 20 * 19 / 2]  # at most half as many as pairs of frames


def test_too_few_frames_for_a_long_chain_are_refused():
    with pytest.raises(ValueError, match="4 lagged pairs of frames are too few for 80 residues"):
        fit_tica([long_chains(80, 5)], lag_ps=1.0, frame_ps=1.0)
