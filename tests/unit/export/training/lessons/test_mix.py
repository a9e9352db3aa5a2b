"""Every step has its share of every family, and repeats itself when it is run again."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.training.lessons.mix import LESSONS, Mix, Shares
from export.training.library import Library


def test_a_step_always_draws_the_same_lessons(library: Library) -> None:
    first, again, other = (Mix(library, Shares(), seed).lessons(7, 12) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert first != Mix(library, Shares(), 1).lessons(8, 12)


@given(step=st.integers(0, 10_000), count=st.integers(1, 64))
def test_no_step_strays_from_the_shares_by_more_than_one_lesson(step: int, count: int) -> None:
    families = Counter(Mix(Library(), Shares(), 0).families(step, count))
    assert families.total() == count
    for family, share in asdict(Shares()).items():
        assert abs(families[family] - share * count) <= 1.0 + 1e-9


def test_there_are_lessons_for_every_share() -> None:
    assert set(asdict(Shares())) == set(LESSONS)


def test_shares_must_add_up() -> None:
    with pytest.raises(ValueError, match=r"add up to 1, not to 1\.1"):
        Shares(asking=0.27)
