"""Whose turn it is: the interactive queue goes first, and the batch queue is never forgotten."""

from __future__ import annotations

from collections.abc import Iterable

from services.jobs.job import Priority

# One message in so many is a batch's while both wait.
SHARE = 4


def queue_name(priority: Priority) -> str:
    """The Celery queue, and Redis list, of a priority."""
    return {Priority.INTERACTIVE: "wegen.jobs", Priority.BATCH: "wegen.batch"}[priority]


class Turns:
    """The order in which a worker looks into its queues; kombu's Redis transport makes one and asks it each time.

    After SHARE - 1 interactive messages in a row the batch queue is looked at first, until it had its turn.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = list(names)
        self._in_a_row = 0

    def update(self, names: Iterable[str]) -> None:
        """The queues there are."""
        self._names = list(names)

    def consume(self, count: int) -> list[str]:
        """The queues, the first one to be emptied first."""
        batch = queue_name(Priority.BATCH)
        owed = self._in_a_row >= SHARE - 1
        return sorted(self._names, key=lambda name: (name != batch) if owed else (name == batch))[:count]

    def rotate(self, name: str) -> str:
        """Note that a message came from queue `name`."""
        self._in_a_row = 0 if name == queue_name(Priority.BATCH) else self._in_a_row + 1
        return name
