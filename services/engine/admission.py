"""The bounded queue in front of the slots."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from typing import Generic

from services.engine.ticket import RequestT, Ticket
from services.errors import ResourceExhaustedError


class AdmissionQueue(Generic[RequestT]):
    """Waiting tickets, higher priority first, then first come. The caller holds the lock."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.waiting: list[Ticket[RequestT]] = []

    def __len__(self) -> int:
        return len(self.waiting)

    def push(self, ticket: Ticket[RequestT], *, slots: int, in_use: int) -> None:
        """Queue `ticket`; `ResourceExhaustedError` with the numbers if the queue is full."""
        if len(self.waiting) >= self.limit:
            raise ResourceExhaustedError(
                f"{len(self.waiting)} requests wait, the limit is {self.limit}, and {in_use} of {slots} slots are taken"
            )
        insort(self.waiting, ticket, key=lambda each: each.order)

    def remove(self, tickets: Iterable[Ticket[RequestT]]) -> None:
        """Take `tickets` out, those that are in it."""
        gone = {id(ticket) for ticket in tickets}
        self.waiting = [ticket for ticket in self.waiting if id(ticket) not in gone]

    def __contains__(self, ticket: Ticket[RequestT]) -> bool:
        return any(each is ticket for each in self.waiting)
