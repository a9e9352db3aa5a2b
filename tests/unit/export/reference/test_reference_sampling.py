"""Drawing tokens, as defined."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from export.reference.sampling import Sampling, sample

LOGITS = np.log(np.array([0.1, 0.4, 0.2, 0.3], np.float32))


def draws(sampling: Sampling, count: int = 400) -> list[int]:
    generator = sampling.generator()
    return [sample(LOGITS, sampling, generator) for _ in range(count)]


def test_temperature_zero_takes_the_largest() -> None:
    assert set(draws(Sampling(temperature=0))) == {1}


def test_the_nucleus_is_the_smallest_prefix_that_reaches_its_mass() -> None:
    assert set(draws(Sampling(top_p=0.4, temperature=1))) == {1}
    assert set(draws(Sampling(top_p=0.69, temperature=1))) == {1, 3}
    assert set(draws(Sampling(top_p=1.0, temperature=1))) == {0, 1, 2, 3}


def test_frequencies_follow_the_probabilities() -> None:
    found = np.bincount(draws(Sampling(top_p=1.0, temperature=1), 4000), minlength=4) / 4000
    np.testing.assert_allclose(found, [0.1, 0.4, 0.2, 0.3], atol=0.03)


def test_ties_are_taken_in_the_order_of_ids() -> None:
    generator = Sampling().generator()
    assert {sample(np.zeros(4, np.float32), Sampling(top_p=0.5, temperature=1), generator) for _ in range(99)} == {0, 1}


@given(st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=20), st.floats(0.01, 1), st.floats(0.05, 4))
def test_what_is_masked_is_never_drawn(values: list[float], top_p: float, temperature: float) -> None:
    logits = np.array([-np.inf, *values, -np.inf], np.float32)
    sampling = Sampling(1, top_p, temperature)
    assert 0 < sample(logits, sampling, sampling.generator()) <= len(values)
