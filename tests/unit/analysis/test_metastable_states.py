import numpy as np
import pytest
from deeptime.clustering import KMeans
from deeptime.markov.msm import MaximumLikelihoodMSM

from confdiff_widgets.analysis import (
    ca_rmsd,
    find_states,
    mean_pairwise_rmsd,
    populations,
    representatives,
)

HOP = np.array([[0.98, 0.015, 0.005], [0.01, 0.98, 0.01], [0.005, 0.025, 0.97]])
CENTRES = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])


def hopping_chains(n_chains=6, n_frames=3000, seed=0):
    """Simulate chains that hop between three states; return states and TICs, 1 ps a frame."""
    rng = np.random.default_rng(seed)
    states, tics = [], []
    for _ in range(n_chains):
        s = np.zeros(n_frames, dtype=int)
        for t in range(1, n_frames):
            s[t] = rng.choice(3, p=HOP[s[t - 1]])
        states.append(s)
        tics.append(CENTRES[s] + 0.4 * rng.normal(size=(n_frames, 2)))
    return states, tics


@pytest.fixture(scope="module")
def chains():
    return hopping_chains()


@pytest.mark.parametrize("options", [{"lag_ps": 5.0, "frame_ps": 1.0}, {"method": "gmm"}])
def test_finds_three_states(chains, options):
    states, tics = chains
    found = find_states(tics, 3, **options)
    truth = np.concatenate(states)
    assert len(found) == 3
    for s in range(3):
        known = truth[found.labels == s]
        assert np.bincount(known).max() / len(known) > 0.99
    assert (np.diff(found.population) <= 0).all() and found.population.sum() == pytest.approx(1)
    share = np.sort(np.bincount(truth) / len(truth))[::-1]
    np.testing.assert_allclose(found.population, share, atol=0.01)
    np.testing.assert_array_equal(found.assign(np.concatenate(tics)), found.labels)


def test_markov_model_has_the_exact_time_scales_and_stationary_distribution(chains):
    _, tics = chains
    found = find_states(tics, 3, lag_ps=5.0, frame_ps=1.0)
    eigenvalues = np.sort(np.linalg.eigvals(HOP).real)[::-1]
    np.testing.assert_allclose(found.timescales_ps, -1 / np.log(eigenvalues[1:]), rtol=0.2)
    values, vectors = np.linalg.eig(HOP.T)
    exact = vectors[:, np.argmax(values.real)].real
    exact = np.sort(exact / exact.sum())[::-1]
    assert (np.abs(found.stationary - exact) < 4 * found.population_error + 0.01).all()
    assert found.lag_ps == 5.0


def test_markov_model_equals_deeptime(chains):
    _, tics = chains
    found = find_states(tics, 3, lag_ps=5.0, frame_ps=1.0, n_clusters=30, seed=3)
    cells = KMeans(30, fixed_seed=3, max_iter=100, n_jobs=1).fit_fetch(np.concatenate(tics))
    model = MaximumLikelihoodMSM(lagtime=5).fit_fetch([cells.transform(t) for t in tics])
    np.testing.assert_allclose(found.timescales_ps, model.timescales(k=2), rtol=1e-6)


def test_errors_equal_the_spread_over_repeated_studies():
    rng = np.random.default_rng(1)
    found = []
    for _ in range(300):
        rate = rng.beta(4, 6, size=12)  # twelve trajectories with different populations
        labels = (rng.random((12, 50)) > rate[:, None]).astype(int).ravel()
        found.append(populations(labels, 2, np.repeat(np.arange(12), 50)))
    fraction, error = map(np.array, zip(*found, strict=True))
    np.testing.assert_allclose(error.mean(axis=0), fraction.std(axis=0), rtol=0.1)
    alone, binomial = populations([0, 0, 1, 0], 2)
    assert alone.tolist() == [0.75, 0.25]
    assert binomial[0] == pytest.approx(np.sqrt(0.75 * 0.25 / 4))


def test_representatives_are_medoids(chignolin):
    labels = (ca_rmsd(chignolin.ca, chignolin.folded_ca) > 2).astype(int)
    found = representatives(chignolin.ca, labels, 3)
    assert found[2] == -1
    for state in range(2):
        assert labels[found[state]] == state
        members = chignolin.ca[labels == state]
        assert ca_rmsd(members, chignolin.ca[found[state]]).mean() < mean_pairwise_rmsd(members)


def test_invalid_input_is_named_in_the_error(chains):
    _, tics = chains
    times = {"lag_ps": 5.0, "frame_ps": 1.0}
    with pytest.raises(ValueError, match="the lag of 5000 ps is 5000 frames, the longest"):
        find_states(tics, 3, lag_ps=5000.0, frame_ps=1.0)
    with pytest.raises(ValueError, match="needs lag_ps and frame_ps"):
        find_states(tics, 3)
    with pytest.raises(ValueError, match="n_states is 1"):
        find_states(tics, 1, **times)
    with pytest.raises(ValueError, match="too few to find 3 states"):
        find_states([tics[0][:20]], 3, **times)
    with pytest.raises(ValueError, match="method is 'pcca'"):
        find_states(tics, 3, method="pcca")
    with pytest.raises(ValueError, match="NaN"):
        find_states([tics[0] * np.nan], 3, **times)
    with pytest.raises(ValueError, match="2 needed"):
        find_states(tics, 3, **times).assign(np.zeros((4, 1)))
