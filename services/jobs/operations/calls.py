"""Webhooks that are due: taken by one gateway at a time, tried again later and later, given up in the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from services.jobs.database import Database
from services.jobs.ledger import Clock, now
from services.jobs.order import Operation
from services.jobs.tables import OperationRow

_FIRST_S = 10.0
_LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Call:
    """A call to make: try number `tries` of this operation's webhook, the `last` one or not."""

    operation: Operation
    tries: int
    last: bool


class Calls:
    """Blocking and thread-safe; UnavailableError("database"). A webhook may be called twice, never not at all."""

    def __init__(self, database: Database, *, tries: int, clock: Clock = now) -> None:
        self._database, self._tries, self._clock = database, tries, clock

    def take(self) -> Call | None:
        """An ended operation whose webhook is due; nobody else gets it for a while, which grows with every try."""
        at = self._clock()
        due = select(OperationRow).where(OperationRow.webhook_due_at <= at).order_by(OperationRow.webhook_due_at)
        with self._database.write() as session:
            row = session.scalars(due.limit(1).with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            row.webhook_tries += 1
            delay = timedelta(seconds=min(_LONGEST_S, _FIRST_S * 4 ** (row.webhook_tries - 1)))
            # The last try is made with nothing due behind it.
            last = row.webhook_tries >= self._tries
            row.webhook_due_at = None if last else at + delay
            return Call(row.operation(), row.webhook_tries, last)

    def done(self, operation_id: str) -> None:
        """The receiver has it."""
        called = update(OperationRow).where(OperationRow.id == operation_id).values(webhook_due_at=None)
        with self._database.write() as session:
            session.execute(called, execution_options={"synchronize_session": False})
