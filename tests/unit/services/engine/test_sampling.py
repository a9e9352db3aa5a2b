"""A token is drawn as defined, whatever else is in the batch."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.engine.sampling import NOT_FINITE, Sampler, sample
from services.generation import Sampling

samplings = st.builds(
    Sampling,
    seed=st.integers(0, 2**64 - 1),
    top_p=st.sampled_from([0.05, 0.3, 0.5, 0.9, 0.99, 1.0]),
    temperature=st.sampled_from([0.0, 0.1, 0.8, 1.0, 5.0]),
)
# Quarters make ties, -inf is what a forbidden id has.
values = st.integers(-40, 40).map(lambda quarter: quarter / 4) | st.just(-np.inf)
rows = st.lists(values, min_size=12, max_size=12).filter(lambda row: max(row) > -np.inf)


@settings(max_examples=300)
@given(st.lists(st.tuples(rows, samplings), min_size=1, max_size=5))
def test_every_row_is_what_the_definition_says(kit: SimpleNamespace, batch: list[tuple[list[float], Sampling]]) -> None:
    logits = np.array([row for row, _ in batch], np.float32)
    samplers = [Sampler(sampling) for _, sampling in batch]
    random = [np.random.Generator(np.random.Philox(sampling.seed)) for _, sampling in batch]
    for _ in range(3):
        expected = [kit.draw(row, sampling, r) for row, (_, sampling), r in zip(logits, batch, random, strict=True)]
        assert sample(logits, samplers) == expected


def test_a_large_vocabulary_is_drawn_as_defined(kit: SimpleNamespace) -> None:
    noise = np.random.default_rng(3)
    logits = (noise.standard_normal((16, 1098)) * np.linspace(0.1, 8, 16)[:, None]).astype(np.float32)
    sampling = [Sampling(seed, 0.9, 0.8) for seed in range(16)]
    samplers = [Sampler(each) for each in sampling]
    random = [np.random.Generator(np.random.Philox(seed)) for seed in range(16)]
    for _ in range(20):
        expected = [kit.draw(logits[i], sampling[i], random[i]) for i in range(16)]
        assert sample(logits, samplers) == expected


def test_frequencies_follow_the_nucleus() -> None:
    logits = np.log(np.array([[0.5, 0.3, 0.15, 0.05]], np.float32))
    sampler = Sampler(Sampling(7, 0.8, 1.0))
    counts = np.bincount([sample(logits, [sampler])[0] for _ in range(4000)], minlength=4) / 4000
    assert counts[2:].sum() == 0
    assert counts[0] == pytest.approx(0.625, abs=0.03)


def test_temperature_zero_takes_the_first_of_the_largest() -> None:
    assert sample(np.array([[1, 3, 3, 0]], np.float32), [Sampler(Sampling(0, 0.9, 0.0))]) == [1]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_without_a_largest_number_says_so_and_leaves_the_others_alone(bad: float) -> None:
    logits = np.array([[0, bad, 1], [0, 9, 0]], np.float32)
    assert sample(logits, [Sampler(Sampling(0, 0.9, 0.8)) for _ in range(2)]) == [NOT_FINITE, 1]
