"""What the loop relies on in a row of latents, whoever runs the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture
def jobs(denoiser: Any) -> Any:
    """Different latents, features and steps in every row, sent."""
    rows, random = denoiser.pool.rows, np.random.default_rng(3)
    rows.latents[:] = random.standard_normal(rows.latents.shape)
    rows.features[:] = random.standard_normal(rows.features.shape)
    rows.time_ids[:] = (64, 64, 0, 0, 64, 64)
    rows.sigma[:], rows.sigma_next[:] = (9, 7, 5, 3, 1), (8, 5, 4, 1, 0)
    rows.timestep[:], rows.guidance[:] = (900, 700, 500, 300, 20), (1, 2, 3, 4, 5)
    for row in range(5):
        denoiser.pool.put(row)
    return denoiser.pool


def latents(runtime: Any) -> NDArray[Any]:
    return np.stack([runtime.latents(row) for row in range(5)])


def test_a_window_of_rows_leaves_the_others_alone(jobs: Any) -> None:
    before = latents(jobs)
    jobs.step(1, 2)
    changed = [not np.array_equal(*pair) for pair in zip(before, latents(jobs), strict=True)]
    assert changed == [False, True, True, False, False]


def test_a_row_is_the_same_in_any_company(denoiser: Any, jobs: Any) -> None:
    start = latents(jobs)
    jobs.step(0, 5)
    together = latents(jobs)
    for windows in ([(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)], [(3, 2), (0, 3)], [(1, 4), (0, 1)]):
        restart(jobs, start)
        for first, count in windows:
            jobs.step(first, count)
        np.testing.assert_allclose(latents(jobs), together, rtol=0, atol=denoiser.company)
    assert np.abs(together - start).max() > 0.01


def test_steps_are_deterministic(jobs: Any) -> None:
    start = latents(jobs)
    jobs.step(0, 5)
    once = latents(jobs)
    restart(jobs, start)
    jobs.step(0, 5)
    np.testing.assert_array_equal(latents(jobs), once)


def test_steps_go_on_from_the_latents_before(denoiser: Any, jobs: Any) -> None:
    jobs.step(2, 1)
    half = jobs.latents(2)
    jobs.step(2, 1)
    expected = jobs.latents(2)
    jobs.rows.latents[2] = half
    jobs.put(2)
    jobs.step(2, 1)
    np.testing.assert_allclose(jobs.latents(2), expected, rtol=0, atol=denoiser.company)
    assert not np.array_equal(half, expected)


def test_latents_are_the_callers_own(jobs: Any) -> None:
    mine = jobs.latents(0)
    kept = mine.copy()
    jobs.step(0, 1)
    np.testing.assert_array_equal(mine, kept)
    after = jobs.latents(0)
    mine[:] = 0
    np.testing.assert_array_equal(jobs.latents(0), after)


def test_a_moved_row_goes_on_like_its_source(denoiser: Any, jobs: Any) -> None:
    jobs.step(0, 5)
    jobs.move(4, 1)
    jobs.step(0, 5)
    found = latents(jobs)
    np.testing.assert_allclose(found[1], found[4], rtol=0, atol=denoiser.company)
    assert not np.array_equal(found[0], found[1])


def test_inputs_are_read_at_every_step(jobs: Any) -> None:
    start = latents(jobs)
    jobs.rows.sigma_next[:] = jobs.rows.sigma
    jobs.step(0, 5)
    standing = latents(jobs)
    restart(jobs, start)
    jobs.rows.sigma_next[2] = 0
    jobs.step(0, 5)
    changed = [not np.array_equal(*pair) for pair in zip(standing, latents(jobs), strict=True)]
    assert changed == [False, False, True, False, False]


def restart(runtime: Any, start: NDArray[Any]) -> None:
    runtime.rows.latents[:] = start
    for row in range(len(start)):
        runtime.put(row)
