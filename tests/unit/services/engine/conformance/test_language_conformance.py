"""What the loop relies on in a cache of slots, whoever runs the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.engine.runtime import PromptChunk


class Sequences:
    """Random sequences of tokens and features, fed in any way."""

    def __init__(self, language: Any, count: int, length: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.pool, self.length = language.pool, length
        self.ids = random.integers(3, language.vocab, (count, length))
        self.features = random.standard_normal((count, length, language.width)).astype(np.float32)
        self.is_feature = random.random((count, length)) < 0.4

    def chunk(self, number: int, start: int = 0, end: int | None = None) -> PromptChunk:
        part = slice(start, self.length if end is None else end)
        return PromptChunk(
            self.ids[number, part], self.features[number, part], self.is_feature[number, part], part.start
        )

    def prefill(self, number: int, slot: int, start: int = 0, end: int | None = None) -> NDArray[Any]:
        row: NDArray[Any] = both(self.pool.prefill(slot, self.chunk(number, start, end)), 1)[0]
        return row

    def step(self, numbers: list[int], at: int | list[int]) -> NDArray[Any]:
        """Position `at` of each sequence, the first in slot 0 and so on."""
        rows, count = self.pool.rows, len(numbers)
        places = np.broadcast_to(at, count)
        rows.ids[:count] = self.ids[numbers, places]
        rows.features[:count] = self.features[numbers, places]
        rows.is_feature[:count] = self.is_feature[numbers, places]
        rows.past_length[:count] = places
        return both(self.pool.decode(count), count)


def both(output: Any, rows: int) -> NDArray[Any]:
    """Logits and feature of each row, copied."""
    assert len(output.logits) == len(output.features) == rows
    return np.concatenate([output.logits, output.features], axis=1)


@pytest.fixture
def many(language: Any) -> Sequences:
    return Sequences(language, count=5, length=20, seed=1)


def close(language: Any, found: NDArray[Any], expected: NDArray[Any]) -> None:
    assert np.ptp(expected) > 0.1, "the outputs say nothing"
    np.testing.assert_allclose(found, expected, rtol=0, atol=language.tolerance)


def test_a_chunked_prompt_is_the_whole_prompt(language: Any, many: Sequences) -> None:
    expected = many.prefill(0, 0)
    for start, end in ((0, 3), (3, 4), (4, 15), (15, 20)):
        found = many.prefill(0, 1, start, end)
    close(language, found, expected)


def test_a_prompt_fed_step_by_step_is_the_whole_prompt(language: Any, many: Sequences) -> None:
    expected = many.prefill(0, 1)
    for at in range(many.length):
        found = many.step([0], at)[0]
    close(language, found, expected)


def test_a_step_follows_a_prompt(language: Any, many: Sequences) -> None:
    expected = many.prefill(2, 4)
    many.prefill(2, 0, 0, 19)
    close(language, many.step([2], 19)[0], expected)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_row_is_the_same_in_any_company(language: Any, many: Sequences, count: int) -> None:
    def first_row(numbers: list[int]) -> NDArray[Any]:
        for slot, number in enumerate(numbers):
            many.prefill(number, slot, 0, 18)
        many.step(numbers, 18)
        row: NDArray[Any] = many.step(numbers, 19)[0]
        return row

    alone, together = first_row([0]), first_row([0, 1, 2, 3, 4][:count])
    np.testing.assert_allclose(together, alone, rtol=0, atol=language.company)


def test_the_order_of_rows_does_not_matter(language: Any, many: Sequences) -> None:
    seen: dict[int, list[NDArray[Any]]] = {}
    for order in ([0, 1, 2, 3, 4], [3, 0, 4, 2, 1]):
        for slot, number in enumerate(order):
            many.prefill(number, slot, 0, 19)
        outputs = many.step(order, 19)
        for number, row in zip(order, outputs, strict=True):
            seen.setdefault(number, []).append(row)
    for first, second in seen.values():
        np.testing.assert_allclose(second, first, rtol=0, atol=language.company)
    close(language, seen[0][0], many.prefill(0, 0))


def test_rows_of_different_lengths(language: Any, many: Sequences) -> None:
    lengths = [19, 3, 11, 1, 7]
    for slot, length in enumerate(lengths):
        many.prefill(slot, slot, 0, length)
    found = many.step([0, 1, 2, 3, 4], lengths)
    for slot, length in enumerate(lengths):
        close(language, found[slot], many.prefill(slot, slot, 0, length + 1))


def test_steps_are_deterministic(language: Any, many: Sequences) -> None:
    for slot in range(5):
        many.prefill(slot, slot, 0, 10)
    first = many.step([0, 1, 2, 3, 4], 10)
    np.testing.assert_array_equal(many.step([0, 1, 2, 3, 4], 10), first)


def test_a_prompt_leaves_other_slots_alone(language: Any, many: Sequences) -> None:
    many.prefill(0, 0, 0, 19)
    many.prefill(1, 1, 0, 19)
    expected = many.step([0, 1], 19)
    many.prefill(0, 0, 0, 19)
    for slot in (2, 3, 4):
        many.prefill(slot, slot)
    many.prefill(1, 1, 0, 19)
    np.testing.assert_array_equal(many.step([0, 1], 19), expected)


def test_a_forked_prefix_goes_on_like_its_source(language: Any, many: Sequences) -> None:
    for slot in range(1, 5):
        many.prefill(slot, slot)  # whatever was there before
    many.prefill(0, 0, 0, 12)
    many.pool.copy(0, 1, 4, 12)
    found = many.step([0, 0, 0, 0, 0], 12)
    expected = many.prefill(0, 0, 0, 13)
    for row in found:
        close(language, row, expected)


def test_forks_go_their_own_ways(language: Any, many: Sequences) -> None:
    many.prefill(0, 0, 0, 12)
    many.pool.copy(0, 1, 2, 12)
    many.ids[1, :12], many.features[1, :12], many.is_feature[1, :12] = (
        many.ids[0, :12],
        many.features[0, :12],
        many.is_feature[0, :12],
    )
    for at in (12, 13, 14):
        found = many.step([0, 1, 0], at)
    close(language, found[0], many.prefill(0, 3, 0, 15))
    close(language, found[1], many.prefill(1, 3, 0, 15))
    np.testing.assert_allclose(found[2], found[0], rtol=0, atol=language.company)


def test_a_copy_over_what_was_there(language: Any, many: Sequences) -> None:
    many.prefill(0, 0)
    many.prefill(1, 3, 0, 19)
    many.pool.copy(0, 4, 1, 20)
    many.pool.copy(3, 0, 1, 19)
    many.pool.copy(4, 3, 1, 0)
    close(language, many.step([1], 19)[0], many.prefill(1, 1))


def test_a_hole_is_filled_by_the_last_row(language: Any, many: Sequences) -> None:
    """What a lane does when a request is cancelled."""
    for slot in range(3):
        many.prefill(slot, slot, 0, 15)
    many.pool.copy(2, 0, 1, 15)
    found = many.step([2, 1], 15)
    for number, row in zip((2, 1), found, strict=True):
        close(language, row, many.prefill(number, 4, 0, 16))


def test_a_slot_is_as_good_as_new(language: Any, many: Sequences) -> None:
    expected = many.prefill(0, 2, 0, 5)
    many.prefill(1, 2)
    close(language, many.prefill(0, 2, 0, 5), expected)


def test_a_cleared_slot_forgets_what_was_not_finite(language: Any, many: Sequences) -> None:
    expected = many.prefill(0, 0, 0, 9)
    many.features[1], many.is_feature[1] = np.nan, True
    assert not np.isfinite(many.prefill(1, 0)).all()
    many.pool.clear(0)
    close(language, many.prefill(0, 0, 0, 9), expected)


def test_the_last_entries_of_a_slot_can_be_used(language: Any) -> None:
    longest = language.pool.span
    one = Sequences(language, count=1, length=longest, seed=2)
    one.prefill(0, 0, 0, longest - 1)
    close(language, one.step([0], longest - 1)[0], one.prefill(0, 4))
