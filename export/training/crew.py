"""Several stages at a time: each a process of its own, begun when what it needs is there."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from export.training.run import Run

LOG_FILE: Final = "training.log"
_TAIL: Final = 20

Command = Callable[[str, int], Sequence[str]]
"""The command that trains a stage with as many threads, to its end."""


class StageError(RuntimeError):
    """A stage's process failed; the message has its last words."""


class Journal:
    """One log of a whole run, on the screen too; a run that is resumed goes on writing it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def tell(self, message: str) -> None:
        """Add a line."""
        line = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {message}"
        print(line, flush=True)
        with self._path.open("a") as file:
            file.write(line + "\n")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the crew looks after its stages, and how often it tells how far they are; seconds."""

    look: float = 2.0
    tell: float = 60.0


class Crew:
    """Trains the stages in `needs` that a run has not finished, `jobs` at a time on `cores` cores.

    A stage begins when all it needs is finished, or at once where there is room for all: it prepares what it can and
    waits itself. Cores that nobody else uses are given to those who still run.
    """

    def __init__(
        self, run: Run, needs: Mapping[str, Sequence[str]], command: Command, *, jobs: int, cores: int, pace: Pace
    ) -> None:
        if jobs < 1:
            raise ValueError(f"jobs {jobs} is not above 0")
        self._run, self._needs, self._command = run, needs, command
        self._jobs, self._cores, self._pace = jobs, cores, pace
        self._room_for_all = jobs >= len(needs)
        self._waiting = [stage for stage in needs if not run.is_finished(stage)]
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._journal = Journal(run.out / LOG_FILE)

    def work(self) -> None:
        """Return when all stages are finished.

        Raises:
            StageError: one failed. The others are stopped; the same run goes on from their checkpoints.
        """
        told = time.monotonic()
        try:
            while self._waiting or self._running:
                self._begin()
                time.sleep(self._pace.look)
                self._reap()
                if time.monotonic() - told >= self._pace.tell:
                    told = time.monotonic()
                    self._tell()
        finally:
            self._stop()

    def _begin(self) -> None:
        ready = [stage for stage in self._waiting if self._room_for_all or self._has_all(stage)]
        begun = ready[: self._jobs - len(self._running)]
        threads = self._threads(len(self._running) + len(begun))
        for stage in begun:
            self._waiting.remove(stage)
            with self._output(stage).open("ab") as output:
                self._running[stage] = subprocess.Popen(  # noqa: S603 - our own interpreter and stages
                    self._command(stage, threads), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
                )
            self._journal.tell(f"{stage} begins: {self._run.plan(stage).steps} steps")
        for stage in self._running:
            self._run.threads_file(stage).write_text(f"{threads}\n")

    def _has_all(self, stage: str) -> bool:
        return all(map(self._run.is_finished, self._needs[stage]))

    def _threads(self, running: int) -> int:
        return max(1, self._cores // max(1, running))

    def _reap(self) -> None:
        for stage, process in list(self._running.items()):
            code = process.poll()
            if code is None:
                continue
            del self._running[stage]
            if code or not self._run.is_finished(stage):
                words = "\n".join(self._output(stage).read_text(errors="replace").splitlines()[-_TAIL:])
                self._journal.tell(f"{stage} failed with exit status {code}\n{words}")
                raise StageError(f"{stage} failed with exit status {code}; its last words are in {self._output(stage)}")
            self._journal.tell(f"{stage} is finished: {self._progress(stage)}")

    def _tell(self) -> None:
        for stage in self._running:
            self._journal.tell(f"{stage}: {self._progress(stage)}")

    def _progress(self, stage: str) -> str:
        """What the last line of a stage's loss log says."""
        log = self._run.out / f"{stage}.jsonl"
        lines = log.read_text().splitlines() if log.exists() else []
        if not lines:
            return "preparing"
        record = json.loads(lines[-1])
        steps = self._run.plan(stage).steps
        return f"step {record['step']} of {steps}, loss {record['loss']:.4f}, {record['wall'] / 60:.0f} min"

    def _stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait()

    def _output(self, stage: str) -> Path:
        """What a stage's process prints."""
        return self._run.out / f"{stage}.out"
