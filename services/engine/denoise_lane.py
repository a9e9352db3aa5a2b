"""The jobs of one picture size, and whose turn it is among them."""

from __future__ import annotations

from collections.abc import Sequence

from services.engine.denoising import DenoiseRequest
from services.engine.runtime import DenoiserPool
from services.engine.slots import SlotPool
from services.engine.ticket import Ticket
from services.size import Size

DenoiseTicket = Ticket[DenoiseRequest]


class Job:
    """A request in a slot of its lane; `step` steps are done."""

    __slots__ = ("lane", "slot", "step", "ticket")

    def __init__(self, ticket: DenoiseTicket, lane: DenoiseLane) -> None:
        self.ticket, self.lane = ticket, lane
        self.step = ticket.request.start_step
        self.slot = -1


class DenoiseLane:
    """Rows of one size: only they can be one call of the graph."""

    def __init__(self, pool: DenoiserPool, size: Size) -> None:
        self.pool, self.size = pool, size
        self.slots: SlotPool[Job] = SlotPool(len(pool.rows.sigma))
        self._next = 0
        # SDXL's size conditioning: original size, crop corner, target size.
        pool.rows.time_ids[:] = (size.height, size.width, 0, 0, size.height, size.width)

    def take(self, job: Job) -> int:
        """Give `job` the next slot."""
        self.slots.reserve(1)
        return self.slots.take(job)

    def release(self, job: Job) -> None:
        """Free `job`'s slot and fill the hole with the last live one."""
        move = self.slots.release(job)
        if move is not None:
            self.pool.move(move.source, move.target)

    def window(self, batch: int) -> Sequence[Job]:
        """The next jobs of this round, at most `batch`, in slots that follow each other; none: the round is over."""
        jobs = self.slots.owners[self._next : self._next + batch]
        self._next = self._next + len(jobs) if jobs else 0
        return jobs


class Turns:
    """Rounds in which every live row advances once, whatever its size: lane after lane, window after window.

    A lane's turn ends after as many windows as its slots fill, whoever comes meanwhile: no size waits for ever.
    """

    def __init__(self, lanes: Sequence[DenoiseLane], batch: int) -> None:
        self._lanes, self._batch, self._turn = lanes, batch, 0

    def next(self) -> tuple[DenoiseLane, Sequence[Job]] | None:
        """Whose turn it is; None if nothing is live."""
        # Once around, and the first lane again: its round may have just ended.
        for _ in range(len(self._lanes) + 1):
            lane = self._lanes[self._turn]
            jobs = lane.window(self._batch)
            if jobs:
                return lane, jobs
            self._turn = (self._turn + 1) % len(self._lanes)
        return None
