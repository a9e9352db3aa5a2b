"""Plain counters of one loop; whoever publishes them takes a snapshot."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Totals since the start, and what is true now. Steps by kind, refusals by reason."""

    slots: int
    slots_in_use: int
    queue_depth: int
    steps: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    cancels: int = 0


class EngineMetrics:
    """Counts of one loop. Steps are counted by the step thread, the rest by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._steps: Counter[str] = Counter()
        self._rows: Counter[str] = Counter()
        self._seconds: dict[str, float] = {}
        self._refusals: Counter[str] = Counter()
        self._cancels = 0

    def step(self, kind: str, rows: int, seconds: float) -> None:
        """One step of `rows` rows took `seconds`."""
        with self._lock:
            self._steps[kind] += 1
            self._rows[kind] += rows
            self._seconds[kind] = self._seconds.get(kind, 0.0) + seconds

    def refusal(self, reason: str) -> None:
        """A request was not taken."""
        with self._lock:
            self._refusals[reason] += 1

    def cancel(self) -> None:
        """A request was given up by its caller."""
        with self._lock:
            self._cancels += 1

    def snapshot(self, *, slots: int, slots_in_use: int, queue_depth: int) -> Snapshot:
        """Everything at this moment."""
        with self._lock:
            return Snapshot(
                slots=slots,
                slots_in_use=slots_in_use,
                queue_depth=queue_depth,
                steps=dict(self._steps),
                rows=dict(self._rows),
                seconds=dict(self._seconds),
                refusals=dict(self._refusals),
                cancels=self._cancels,
            )
