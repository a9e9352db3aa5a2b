"""What a step thread runs: the protocol between the scheduler and the two loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol

from services.engine.ticket import RequestT, Ticket
from services.errors import WegenError


@dataclass(frozen=True, slots=True)
class Step(Generic[RequestT]):
    """One call of an engine: its kind and rows for the metrics, how to run it, and who fails if it does."""

    kind: str
    rows: int
    run: Callable[[], None]
    tickets: Callable[[], list[Ticket[RequestT]]]


class Answers(Protocol):
    """Where a program puts its events; returns at once."""

    def post(self, ticket: Ticket[Any], event: object, /) -> None:
        """Queue `event`; nothing happens if the request has ended."""

    def finish(self, ticket: Ticket[Any], /) -> None:
        """End the request after what is queued."""

    def fail(self, ticket: Ticket[Any], error: WegenError, /) -> None:
        """End the request with an error after what is queued."""


class Program(Protocol[RequestT]):
    """Sequences or jobs in slots. Only the step thread calls it, apart from the two counts."""

    @property
    def slots(self) -> int:
        """Slots in all."""

    @property
    def slots_in_use(self) -> int:
        """Slots that are live or promised."""

    def admit(self, waiting: Sequence[Ticket[RequestT]]) -> list[Ticket[RequestT]]:
        """Start those of `waiting` (in order of admission) whose slots are free; who they are."""

    def next_step(self) -> Step[RequestT] | None:
        """The next step, None if nothing is live."""

    def stop(self, ticket: Ticket[RequestT], *, scrub: bool = False) -> None:
        """Free the slots of a running request at once; `scrub` wipes what a failed step may have left there."""

    def running(self) -> list[Ticket[RequestT]]:
        """Requests that hold slots."""
