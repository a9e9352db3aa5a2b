from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

from deploy.triton.canary import Verdict
from deploy.triton.watch import PATIENCE, Watch

ALIVE, DEAD, SILENT, AWAY = Verdict.ALIVE, Verdict.DEAD, Verdict.SILENT, Verdict.SERVER_AWAY


def watch(**verdicts: list[Verdict]) -> tuple[Watch, list[str]]:
    """A watch over models that answer as listed, and live ever after; with the list of what it reloads."""
    answers: dict[str, Iterator[Verdict]] = {name: chain(given, repeat(ALIVE)) for name, given in verdicts.items()}
    reloaded: list[str] = []
    return Watch(verdicts, lambda model: next(answers[model]), reloaded.append), reloaded


def test_living_models_are_left_alone() -> None:
    one, reloaded = watch(a=[], b=[])
    assert [one.look() for _ in range(5)] == [[]] * 5
    assert reloaded == []


def test_a_dead_model_is_reloaded_at_once_and_alone() -> None:
    one, reloaded = watch(a=[], b=[DEAD], c=[])
    assert one.look() == ["b"]
    assert one.look() == []
    assert reloaded == ["b"]


def test_a_silent_model_is_reloaded_when_it_stays_silent() -> None:
    one, reloaded = watch(a=[SILENT] * PATIENCE)
    rounds = [one.look() for _ in range(PATIENCE + 1)]
    assert rounds == [*[[]] * (PATIENCE - 1), ["a"], []]
    assert reloaded == ["a"]


def test_an_answer_between_silences_starts_the_count_anew() -> None:
    one, reloaded = watch(a=[*[SILENT] * (PATIENCE - 1), ALIVE, *[SILENT] * (PATIENCE - 1)])
    for _ in range(3 * PATIENCE):
        one.look()
    assert reloaded == []


def test_nothing_is_reloaded_while_the_server_is_away() -> None:
    one, reloaded = watch(a=[SILENT, SILENT, AWAY, SILENT, ALIVE], b=[])
    for _ in range(6):
        one.look()
    assert reloaded == []


def test_a_model_that_stays_dead_is_tried_again() -> None:
    one, reloaded = watch(a=[DEAD, DEAD])
    assert [one.look(), one.look(), one.look()] == [["a"], ["a"], []]
    assert reloaded == ["a", "a"]
