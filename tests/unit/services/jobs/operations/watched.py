"""What a client of WatchJob has heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from services.jobs.events import JobEvent
from services.jobs.job import JobState
from services.jobs.operations.watching import Told
from services.jobs.order import Snapshot


@dataclass
class Watched:
    """What one client has been told of an operation, over all its calls."""

    cursor: str = ""
    states: list[JobState] = field(default_factory=list)
    pictures: dict[int, list[JobEvent]] = field(default_factory=dict)
    ended: Snapshot | None = None

    def hear(self, told: Told) -> None:
        assert self.ended is None, "something was told after the end"
        self.cursor = told.cursor
        if told.snapshot:
            self.ended = told.snapshot
        elif told.picture:
            self.pictures.setdefault(told.picture.number, []).append(told.picture)
        elif told.state:
            self.states.append(told.state)

    def told(self, number: int) -> JobState | None:
        """The state of a picture, as far as it was told."""
        return next((event.state for event in reversed(self.pictures.get(number, [])) if event.kind == "state"), None)

    def check(self) -> None:
        """No change was told twice, and no step went back."""
        assert all(one is not other for one, other in pairwise(self.states))
        for events in self.pictures.values():
            steps = [(event.attempt, event.step) for event in events if event.kind == "step"]
            assert steps == sorted(set(steps))
            states = [(event.attempt, event.state) for event in events if event.kind == "state"]
            assert all(one != other for one, other in pairwise(states))
