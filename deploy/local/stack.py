"""Bringing the stack up until all of it is ready, and down until nothing of it is left."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local import configuration, ports, processes, readiness, schema
from deploy.local.logtail import tail
from deploy.local.programs import Program, local_programs
from deploy.local.settings import StackSettings
from deploy.local.supervisor import ProgramState, Supervisor
from deploy.triton import sharedmemory

READY = "ready"
_LOG_LINES = 25
_PAUSE_SECONDS = 0.25
_KILL_SECONDS = 5.0

# Told (program, "ready" or what it still lacks) while the stack comes up.
Report = Callable[[str, str], None]


class StartError(RuntimeError):
    """A program did not become ready. `log` holds the last lines it wrote."""

    def __init__(self, program: str, problem: str, log: list[str]) -> None:
        super().__init__(f"{program} did not become ready: {problem}")
        self.program = program
        self.log = log


@dataclass(frozen=True, slots=True)
class ProgramStatus:
    """One line of `status`. `lacks` is None for a program that is ready; `memory` counts bytes (PSS)."""

    name: str
    state: str
    pid: int
    seconds: int
    memory: int
    lacks: str | None


class Stack:
    """The stack of one state folder."""

    def __init__(
        self, settings: StackSettings, programs: tuple[Program, ...], ready: Mapping[str, readiness.Check]
    ) -> None:
        self.settings = settings
        self.supervisor = Supervisor(settings.state)
        self.names = tuple(program.name for program in programs)
        self._programs = programs
        self._ready = ready

    @classmethod
    def of(cls, settings: StackSettings) -> Stack:
        """The real services with their real checks."""
        return cls(settings, local_programs(settings), readiness.checks(settings))

    def running(self) -> bool:
        """Whether its supervisor runs, all programs ready or not."""
        return self.supervisor.running()

    def up(self, report: Report) -> bool:
        """Start what does not run and wait until all are ready; whether anything had to be started.

        Raises:
            PortBusyError: before anything was started.
            StartError: a program gave up or the time is over; the stack is down again.
            SupervisorError: supervisord itself does not start.
            SchemaUpgradeError: a shared database cannot be migrated.
        """
        with self._locked():
            fresh = not self.running()
            if fresh:
                self._start()
            else:
                self._restart_stopped()
            try:
                self._await_ready(report)
            except BaseException:
                # Interrupted or failed: half a stack is no use to anybody.
                self._stop()
                raise
            return fresh

    def down(self) -> list[psutil.Process]:
        """Stop everything in reverse order; the processes that had to be killed. Harmless when nothing runs."""
        with self._locked():
            return self._stop()

    def status(self) -> list[ProgramStatus]:
        """How each program is; empty when the stack is down."""
        if not self.running():
            return []
        states = self.supervisor.states()
        return [self._status(states[program.name]) for program in self._programs]

    def overhead(self) -> int:
        """Bytes (PSS) of supervisord and the watchdog."""
        programs = {state.pid for state in self.supervisor.states().values()} if self.running() else set()
        own = [one for one in processes.of_stack(self.settings.state) if not _descends(one, programs)]
        return sum(processes.proportional_memory(one) for one in own)

    def _status(self, state: ProgramState) -> ProgramStatus:
        lacks = self._ready[state.name]() if state.pid else state.problem or state.state.lower()
        memory = processes.memory(state.pid) if state.pid else 0
        return ProgramStatus(state.name, state.state, state.pid, state.seconds, memory, lacks)

    def _start(self) -> None:
        state = self.settings.state
        # What a killed supervisord left behind would hold the ports.
        processes.end(processes.of_stack(state), _KILL_SECONDS)
        ports.require_free(self.settings)
        sharedmemory.sweep()
        (state / "log").mkdir(parents=True, exist_ok=True)
        configuration.socket(state).unlink(missing_ok=True)
        (state / "supervisord.conf").write_text(configuration.render(self._programs, state))
        environment = self.settings.service_environment()
        schema.upgrade(environment)
        self.supervisor.start(environment)

    def _restart_stopped(self) -> None:
        for name, state in self.supervisor.states().items():
            if not state.pid:
                self.supervisor.start_program(name)

    def _await_ready(self, report: Report) -> None:
        deadline = time.monotonic() + self.settings.start_timeout
        waiting = dict(self._ready)
        lacks: dict[str, str] = {}
        seen: dict[str, set[int]] = {name: set() for name in waiting}
        while waiting:
            states = self.supervisor.states()
            for name in list(waiting):
                self._require_alive(states[name], seen[name])
                problem = waiting[name]()
                report(name, problem or READY)
                if problem is None:
                    del waiting[name]
                else:
                    lacks[name] = problem
            if waiting and time.monotonic() > deadline:
                first = next(iter(waiting))
                raise self._failure(first, f"{lacks[first]} after {self.settings.start_timeout:g} s")
            time.sleep(_PAUSE_SECONDS if waiting else 0)

    def _require_alive(self, state: ProgramState, pids: set[int]) -> None:
        """`pids` collects the processes this program has been: one that dies late is started again without end."""
        if state.failed:
            raise self._failure(state.name, state.problem or "it ends as soon as it is started")
        if state.pid:
            pids.add(state.pid)
        if len(pids) > configuration.START_RETRIES + 1:
            raise self._failure(state.name, f"it was started {len(pids)} times and ended each time")

    def _failure(self, program: str, problem: str) -> StartError:
        return StartError(program, problem, tail(configuration.log_file(self.settings.state, program), _LOG_LINES))

    def _stop(self) -> list[psutil.Process]:
        state = self.settings.state
        daemon = self._daemon()
        self.supervisor.shutdown()
        left = self._await_end(state, daemon)
        killed = left + processes.end(left, _KILL_SECONDS)
        sharedmemory.sweep()
        for file in (configuration.socket(state), configuration.pid_file(state)):
            file.unlink(missing_ok=True)
        return list(dict.fromkeys(killed))

    def _daemon(self) -> psutil.Process | None:
        """The running supervisord; asked before it stops, since it removes its pid file well before it has ended."""
        try:
            return psutil.Process(int(configuration.pid_file(self.settings.state).read_text()))
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None

    def _await_end(self, state: Path, daemon: psutil.Process | None) -> list[psutil.Process]:
        """What still runs when the stop timeout is over, or when supervisord is gone and its children are not."""
        deadline = time.monotonic() + self.settings.stop_timeout
        left = processes.of_stack(state)
        while daemon in left and time.monotonic() < deadline:
            psutil.wait_procs(left, timeout=_PAUSE_SECONDS)
            left = processes.of_stack(state)
        return left

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One `up` or `down` of a state folder at a time; a second one waits."""
        self.settings.state.mkdir(parents=True, exist_ok=True)
        with (self.settings.state / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _descends(process: psutil.Process, pids: set[int]) -> bool:
    """Whether `process` is, or comes from, one of `pids`."""
    try:
        return process.pid in pids or any(parent.pid in pids for parent in process.parents())
    except psutil.NoSuchProcess:
        return True
