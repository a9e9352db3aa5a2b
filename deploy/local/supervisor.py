"""Talking to supervisord over its Unix socket."""

from __future__ import annotations

import subprocess
import sys
import time
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import SupervisorTransport

from deploy.local import configuration
from deploy.local.settings import ROOT

WATCHDOG = "watchdog"
_SOCKET_SECONDS = 10.0


class SupervisorError(RuntimeError):
    """supervisord does not start or does not answer; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class ProgramState:
    """What supervisord knows of a program. `state` is its word: RUNNING, STARTING, BACKOFF, FATAL, STOPPED ..."""

    name: str
    state: str
    pid: int
    seconds: int
    problem: str

    @property
    def failed(self) -> bool:
        """Supervisord has given up on it."""
        return self.state in {"FATAL", "UNKNOWN"}


class Supervisor:
    """The supervisord of one state folder."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._socket = configuration.socket(state)

    def running(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self._call("getState")["statename"])
        except (OSError, xmlrpc.client.Error):
            return False

    def start(self, environment: dict[str, str]) -> None:
        """Start the daemon and wait until it answers; it starts its programs by itself.

        Raises:
            SupervisorError: it ends at once, or does not answer in time.
        """
        file = self._state / "supervisord.conf"
        result = subprocess.run(  # noqa: S603 - our own interpreter and file
            [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(file)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise SupervisorError(f"supervisord does not start: {(result.stderr or result.stdout).strip()}")
        deadline = time.monotonic() + _SOCKET_SECONDS
        while not self.running():
            if time.monotonic() > deadline:
                raise SupervisorError(f"supervisord does not answer on {self._socket}")
            time.sleep(0.05)

    def states(self) -> dict[str, ProgramState]:
        """All programs by name, the watchdog excepted."""
        found = {}
        for info in self._call("getAllProcessInfo"):
            if info["name"] == WATCHDOG:
                continue
            seconds = info["now"] - info["start"] if info["pid"] else 0
            found[info["name"]] = ProgramState(
                info["name"], info["statename"], info["pid"], max(0, seconds), info["spawnerr"]
            )
        return found

    def start_program(self, name: str) -> None:
        """Start a program that is stopped or given up on; nothing when it runs."""
        try:
            self._call("startProcess", name, False)  # noqa: FBT003 - XML-RPC knows positions only
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise SupervisorError(f"{name} does not start: {fault.faultString}") from fault

    def stop_program(self, name: str) -> None:
        """Stop a program and wait until it has ended; nothing when it does not run."""
        try:
            self._call("stopProcess", name)
        except xmlrpc.client.Fault as fault:
            if "NOT_RUNNING" not in fault.faultString:
                raise SupervisorError(f"{name} does not stop: {fault.faultString}") from fault

    def shutdown(self) -> None:
        """Ask it to stop all programs in reverse order and to end; nothing when it does not answer."""
        try:
            self._call("shutdown")
        except (OSError, xmlrpc.client.Error):
            return

    def _call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - XML-RPC's answers have any shape
        transport = cast("xmlrpc.client.Transport", SupervisorTransport(None, None, f"unix://{self._socket}"))
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)
