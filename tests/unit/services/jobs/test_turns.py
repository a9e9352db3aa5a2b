from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.jobs.job import Priority
from services.jobs.turns import SHARE, Turns, queue_name

QUEUES = {priority: queue_name(priority) for priority in Priority}


def _taken(waiting: dict[str, int], turns: Turns) -> str | None:
    """What a worker takes: the first queue that is not empty, as BRPOP does."""
    name = next((name for name in turns.consume(2) if waiting[name]), None)
    if name:
        waiting[name] -= 1
        turns.rotate(name)
    return name


def test_batch_gets_its_share_of_a_busy_queue_and_no_more() -> None:
    turns = Turns(QUEUES.values())
    waiting = dict.fromkeys(QUEUES.values(), 100)
    taken = Counter(_taken(waiting, turns) for _ in range(10 * SHARE))
    assert taken[QUEUES[Priority.BATCH]] == 10


@given(st.integers(0, 30), st.integers(0, 30))
def test_interactive_goes_first_and_all_get_their_turn(interactive: int, batch: int) -> None:
    turns = Turns(reversed(list(QUEUES.values())))
    waiting = {QUEUES[Priority.INTERACTIVE]: interactive, QUEUES[Priority.BATCH]: batch}
    taken = [_taken(waiting, turns) for _ in range(interactive + batch)]
    assert None not in taken
    if interactive:
        assert taken[0] == QUEUES[Priority.INTERACTIVE]
    if batch:
        assert taken.index(QUEUES[Priority.BATCH]) <= SHARE - 1
