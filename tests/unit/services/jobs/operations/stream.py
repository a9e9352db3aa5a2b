"""A stream of events in memory, which may forget them."""

from __future__ import annotations

from collections import defaultdict

from services.jobs.events import JobEvent


class SilenceError(Exception):
    """Nothing is left to be told: the watcher would wait."""


class MemoryFeed:
    """Stands where `Feed` does. It is silent once before it raises `SilenceError`, so that a watcher reads the rows."""

    def __init__(self) -> None:
        self._entries: dict[str, list[tuple[int, JobEvent]]] = defaultdict(list)
        self._next = 1
        self.was_silent = False

    def publish(self, event: JobEvent) -> None:
        self._entries[event.stream].append((self._next, event))
        self._next += 1

    def forget(self) -> None:
        """As a Redis that was emptied."""
        self._entries.clear()

    async def newest(self, stream: str) -> str:
        entries = self._entries[stream]
        return f"{entries[-1][0] if entries else 0}-0"

    async def read(self, stream: str, after: str) -> tuple[list[JobEvent], str]:
        position = int(after.split("-", maxsplit=1)[0])
        found = [(number, event) for number, event in self._entries[stream] if number > position]
        if found:
            return [event for _, event in found], f"{found[-1][0]}-0"
        if self.was_silent:
            raise SilenceError
        self.was_silent = True
        return [], after
