"""Work on many pictures, spread over processes where there are cores for it."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from multiprocessing.pool import AsyncResult, Pool
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

_CHUNK = 32
_AHEAD = 3


class Spread(Protocol):
    """`map`, or something faster that gives the same in the same order."""

    def __call__(self, work: Callable[[Item], Made], items: Iterable[Item], /) -> Iterator[Made]:
        """What `work` makes of every item; endless items are taken as they are needed."""


@contextmanager
def spreading(processes: int) -> Iterator[Spread]:
    """Spread work over as many processes of this one's state; over none of its own where it is one.

    Enter it before anything starts threads or a GPU: the processes are forks. What is spread must be picklable.
    """
    if processes <= 1:
        yield map
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield partial(_spread, pool, processes)


def _spread(pool: Pool, processes: int, work: Callable[[Item], Made], items: Iterable[Item], /) -> Iterator[Made]:
    """Chunk by chunk, a few chunks for every process ahead of what is taken."""
    rest = iter(items)
    chunks = iter(lambda: list(islice(rest, _CHUNK)), [])
    under_way: deque[AsyncResult[list[Made]]] = deque()
    for chunk in islice(chunks, _AHEAD * processes):
        under_way.append(pool.apply_async(_all, (work, chunk)))
    while under_way:
        made = under_way.popleft().get()
        for chunk in islice(chunks, 1):
            under_way.append(pool.apply_async(_all, (work, chunk)))
        yield from made


def _all(work: Callable[[Item], Made], items: list[Item]) -> list[Made]:
    return [work(item) for item in items]
