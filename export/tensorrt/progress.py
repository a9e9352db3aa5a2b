"""TensorRT's phases as bars on the terminal, one for each phase under way."""

from __future__ import annotations

import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class TerminalProgress:
    """A `Progress` for one build. `stop` asks TensorRT to end at its next step; TensorRT calls from its own threads."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        # Where nobody sees bars, their place would be left as empty lines.
        self._bars = Bars(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}
        self._depths: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def __enter__(self) -> TerminalProgress:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def stop(self) -> None:
        """End the build at its next step."""
        self._stopped.set()

    def start(self, phase: str, parent: str | None, steps: int) -> None:
        """A new bar, indented below its parent."""
        with self._lock:
            depth = self._depths.get(parent, -1) + 1 if parent else 0
            self._depths[phase], self._done[phase] = depth, 0
            self._tasks[phase] = self._bars.add_task("  " * depth + phase, total=steps)

    def step(self, phase: str, number: int) -> bool:
        """Steps count from 0 and may come out of order: the highest one is shown."""
        with self._lock:
            if phase in self._tasks:
                self._done[phase] = max(self._done[phase], number + 1)
                self._bars.update(self._tasks[phase], completed=self._done[phase])
        return not self._stopped.is_set()

    def finish(self, phase: str) -> None:
        """Its bar goes."""
        with self._lock:
            self._depths.pop(phase, None)
            self._done.pop(phase, None)
            task = self._tasks.pop(phase, None)
            if task is not None:
                self._bars.remove_task(task)
