"""What of the store no row knows, and what rows promise that the store has not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select

from services.jobs.database import Database
from services.jobs.job import JobState
from services.jobs.tables import JobRow
from services.jobs.transitions import TERMINAL
from services.storage.store import ObjectInfo, ObjectStore

_AT_ONCE = 500
_YOUNG = timedelta(hours=1)
_ENDED_WITHOUT = (JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Findings:
    """Names of objects that nobody needs, and of pictures that are promised and missing."""

    orphans: tuple[str, ...]
    missing: tuple[str, ...]


class Audit:
    """Reads only. A picture whose row is forgotten is no orphan before `keep` is over: callers may refer to it."""

    def __init__(self, database: Database, store: ObjectStore, *, keep: timedelta) -> None:
        self._database, self._store, self._keep = database, store, keep

    def run(self, now: datetime) -> Findings:
        """Look at everything. UnavailableError for the one that does not answer."""
        orphans = [name for batch in _batches(self._store.list("")) for name in self._orphans(batch, now)]
        return Findings(tuple(orphans), tuple(self._missing()))

    def _orphans(self, batch: list[ObjectInfo], now: datetime) -> Iterator[str]:
        owned = [(found, *owner) for found in batch if (owner := _owner(found.name))]
        wanted = {job_id for _, _, job_id in owned}
        with self._database.read() as session:
            rows = session.execute(select(JobRow.id, JobRow.state).where(JobRow.id.in_(wanted)))
            states = {row.id: row.state for row in rows}
        for found, kind, job_id in owned:
            if now - found.modified > _YOUNG and self._unwanted(kind, states.get(job_id), now - found.modified):
                yield found.name

    def _unwanted(self, kind: str, state: JobState | None, age: timedelta) -> bool:
        if state is None:
            return kind != "images" or age > self._keep
        if kind == "checkpoints":
            return state in TERMINAL
        return state in _ENDED_WITHOUT

    def _missing(self) -> Iterator[str]:
        made = select(JobRow.image).where(JobRow.state == JobState.SUCCEEDED, JobRow.image.is_not(None))
        with self._database.read() as session:
            promised = {name for name in session.scalars(made) if name}
        tenants = {name.split("/")[0] for name in promised}
        there = {found.name for tenant in tenants for found in self._store.list(f"{tenant}/images/")}
        yield from sorted(promised - there)


def _owner(name: str) -> tuple[str, str] | None:
    """The kind of an object and the job it is of; None for what is no job's."""
    match name.split("/"):
        case [_, "images" as kind, file]:
            return kind, file.removesuffix(".png")
        case [_, ("previews" | "checkpoints") as kind, job_id, _]:
            return kind, job_id
    return None


def _batches(found: Iterable[ObjectInfo]) -> Iterator[list[ObjectInfo]]:
    rest = iter(found)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch
