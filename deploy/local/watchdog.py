"""supervisor's event listener that restarts a program which runs but no longer answers.

It asks for life, not for readiness: a gateway that says NOT_SERVING because Redis is away must not be restarted.
"""

from __future__ import annotations

import socket
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol, TextIO, cast

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.settings import StackSettings
from deploy.local.supervisor import ProgramState, Supervisor

_SECONDS = 5.0
# Silent checks in a row, five seconds apart: a starved machine must not look like a hung service.
PATIENCE = 6
# What has answered once is watched from then on; what never has, only after this long.
START_SECONDS = 600


class KnowsStates(Protocol):
    """Whoever can tell how the programs are: supervisord."""

    def states(self) -> Mapping[str, ProgramState]:
        """All programs by name."""
        ...


class Watchdog:
    """Counts silent checks in a row for each program and restarts it when there were too many."""

    def __init__(self, alive: Mapping[str, Callable[[], bool]], restart: Callable[[str], None]) -> None:
        self._alive = alive
        self._restart = restart
        self._silent: Counter[str] = Counter()
        self._answered: dict[str, int] = {}

    def look(self, states: Mapping[str, ProgramState]) -> list[str]:
        """Check every program that runs; the names of those restarted."""
        due = [name for name in self._alive if name in states and self._silent_too_long(states[name])]
        for name in due:
            self._silent[name] = 0
            self._restart(name)
        return due

    def _silent_too_long(self, state: ProgramState) -> bool:
        if state.state != "RUNNING" or self._alive[state.name]():
            self._silent[state.name] = 0
            self._answered[state.name] = state.pid
            return False
        if self._answered.get(state.name) != state.pid and state.seconds < START_SECONDS:
            return False
        self._silent[state.name] += 1
        return self._silent[state.name] >= PATIENCE


def signs_of_life(settings: StackSettings) -> dict[str, Callable[[], bool]]:
    """How each program shows that it lives."""
    return {
        "redis": lambda: _redis_answers(settings.redis_port),
        "triton": lambda: _http_answers(f"http://127.0.0.1:{settings.triton_http_port}/v2/health/live"),
        "worker": lambda: _http_answers(f"http://127.0.0.1:{settings.worker_metrics_port}/metrics"),
        "gateway": lambda: _grpc_answers(settings.gateway_address),
    }


def listen(watchdog: Watchdog, supervisor: KnowsStates, source: TextIO, sink: TextIO, log: TextIO) -> None:
    """Supervisor's listener protocol: say READY, read an event, act, say OK; ends when the source does."""
    while True:
        sink.write("READY\n")
        sink.flush()
        header = source.readline()
        if not header:
            return
        source.read(int(dict(word.split(":") for word in header.split())["len"]))
        try:
            for name in watchdog.look(supervisor.states()):
                log.write(f"{name} did not answer {PATIENCE} times in a row: restarted\n")
        except OSError as error:
            log.write(f"supervisord does not answer: {error}\n")
        log.flush()
        sink.write("RESULT 2\nOK")
        sink.flush()


def main() -> None:
    """Run as supervisord's child."""
    settings = StackSettings.load()
    supervisor = Supervisor(settings.state)

    def restart(name: str) -> None:
        supervisor.stop_program(name)
        supervisor.start_program(name)

    listen(Watchdog(signs_of_life(settings), restart), supervisor, sys.stdin, sys.stdout, sys.stderr)


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(1) in {b"+", b"-"}
    except OSError:
        return False


def _http_answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS):  # noqa: S310 - our own loopback address
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _grpc_answers(address: str) -> bool:
    request = health_pb2.HealthCheckRequest(service="")
    try:
        with grpc.insecure_channel(address) as channel:
            health_pb2_grpc.HealthStub(channel).Check(request, timeout=_SECONDS)
    except grpc.RpcError as error:
        return cast("grpc.Call", error).code() not in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
    return True


if __name__ == "__main__":
    main()
