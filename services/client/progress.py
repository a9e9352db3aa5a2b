"""What the person at the terminal sees while an operation goes on."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from services.client.display import printable
from services.protos.wegen.v1 import job_pb2

STATES = {
    job_pb2.JOB_STATE_QUEUED: "waiting",
    job_pb2.JOB_STATE_RUNNING: "running",
    job_pb2.JOB_STATE_SUCCEEDED: "done",
    job_pb2.JOB_STATE_FAILED: "failed",
    job_pb2.JOB_STATE_CANCELLING: "cancelling",
    job_pb2.JOB_STATE_CANCELLED: "cancelled",
}


def fate(image: job_pb2.ImageStatus) -> str:
    """A picture's state in words, with the cause of a failure."""
    state = STATES.get(image.state, "unknown")
    again = f" (attempt {image.attempt})" if image.attempt > 1 else ""
    return state + again + (f": {printable(image.error)}" if image.error else "")


class View(Protocol):
    """Shows what is heard of one operation; a context manager."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def show(self, event: job_pb2.WatchJobResponse) -> None:
        """Show one event."""


class LiveView:
    """A bar per picture, and one line for the whole until there are pictures."""

    def __init__(self, console: Console, name: str) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._whole = self._bars.add_task(name, total=None, note="")
        self._tasks: dict[int, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def show(self, event: job_pb2.WatchJobResponse) -> None:
        """Show one event."""
        match event.WhichOneof("event"):
            case "state":
                self._bars.update(self._whole, note=STATES.get(event.state, ""))
            case "image":
                self._picture(event.image)

    def _picture(self, image: job_pb2.ImageStatus) -> None:
        self._bars.update(self._whole, visible=False)
        if image.index not in self._tasks:
            self._tasks[image.index] = self._bars.add_task(f"picture {image.index + 1}", total=None, note="")
        self._bars.update(self._tasks[image.index], completed=image.step, total=image.steps or None, note=fate(image))


class PlainView:
    """One line per change of state, for pipes and logs."""

    def __init__(self, console: Console, name: str) -> None:
        self._console, self._name = console, name
        self._told: dict[int, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, event: job_pb2.WatchJobResponse) -> None:
        """Show one event."""
        match event.WhichOneof("event"):
            case "state":
                self._line(f"{self._name}: {STATES.get(event.state, 'unknown')}")
            case "image" if self._told.get(event.image.index) != fate(event.image):
                self._told[event.image.index] = fate(event.image)
                self._line(f"picture {event.image.index + 1}: {fate(event.image)}")

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def view_for(console: Console, name: str) -> View:
    """Live on a terminal, plain elsewhere."""
    live = console.is_terminal and not console.is_dumb_terminal
    return LiveView(console, name) if live else PlainView(console, name)
