"""The stack's life with real processes under a real supervisord; stand-ins take the services' places."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local import configuration, processes
from deploy.local.ports import PortBusyError
from deploy.local.programs import Program
from deploy.local.settings import StackSettings
from deploy.local.stack import READY, Stack, StartError
from tests.contract.servers.stack_settings import own_stack

pytestmark = pytest.mark.contract

SERVER = """
import os, signal, socket, sys
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "child" in sys.argv and os.fork() == 0:
    os.setsid()
    signal.pause()
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    listener.accept()[0].close()
"""


def answers(port: int) -> str | None:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError as error:
        return str(error)
    return None


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return own_stack(tmp_path / "state", start_timeout=20, stop_timeout=10)


@pytest.fixture
def gateway(settings: StackSettings, tmp_path: Path) -> StandIn:
    script = tmp_path / "100 % server.py"
    script.write_text(SERVER)

    def stand_in(*words: str, stop_seconds: int = 5) -> Program:
        return Program("gateway", (sys.executable, str(script), str(settings.gateway_port), *words), stop_seconds)

    return stand_in


StandIn = Callable[..., Program]
Make = Callable[..., Stack]


@pytest.fixture
def make(settings: StackSettings) -> Iterator[Make]:
    made: list[Stack] = []

    def build(*programs: Program) -> Stack:
        port = settings.gateway_port
        stack = Stack(settings, programs, {program.name: lambda: answers(port) for program in programs})
        made.append(stack)
        return stack

    yield build
    for stack in made:
        stack.down()


def silent(_name: str, _lacks: str) -> None:
    return None


def test_up_waits_until_ready_is_harmless_twice_and_down_leaves_no_process(
    make: Make, gateway: StandIn, settings: StackSettings
) -> None:
    stack = make(gateway("child"))
    told: list[tuple[str, str]] = []
    assert stack.up(lambda *news: told.append(news)) is True
    assert told[-1] == ("gateway", READY)
    assert answers(settings.gateway_port) is None
    (status,) = stack.status()
    assert status.lacks is None
    assert status.memory > 0
    assert stack.overhead() > 0

    pid = status.pid
    assert stack.up(silent) is False
    assert stack.status()[0].pid == pid

    assert len(processes.of_stack(settings.state)) >= 4  # supervisord, its watchdog, the server and its detached child
    stack.down()
    assert processes.of_stack(settings.state) == []
    assert answers(settings.gateway_port) is not None
    assert stack.status() == []
    assert stack.down() == []


def test_a_supervisord_that_takes_its_time_to_end_is_waited_for(
    make: Make, gateway: StandIn, settings: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pid file goes first, and on a busy machine some time before it."""
    stack = make(gateway())
    stack.up(silent)
    shutdown = stack.supervisor.shutdown

    def slow() -> None:
        configuration.pid_file(settings.state).unlink()
        shutdown()

    monkeypatch.setattr(stack.supervisor, "shutdown", slow)
    assert stack.down() == []
    assert processes.of_stack(settings.state) == []


def test_a_program_that_ignores_the_stop_is_killed(make: Make, gateway: StandIn, settings: StackSettings) -> None:
    stack = make(gateway("stubborn", stop_seconds=1))
    stack.up(silent)
    stack.down()
    assert processes.of_stack(settings.state) == []


def test_a_program_that_fails_is_named_with_the_end_of_its_log_and_nothing_stays(
    make: Make, gateway: StandIn, settings: StackSettings
) -> None:
    broken = Program("worker", (sys.executable, "-c", "raise SystemExit('no such bucket: pictures')"), 1)
    stack = make(gateway(), broken)
    stack._ready = {"gateway": lambda: None, "worker": lambda: "no worker answers"}
    with pytest.raises(StartError, match="worker did not become ready") as caught:
        stack.up(silent)
    assert "no such bucket: pictures" in caught.value.log
    assert processes.of_stack(settings.state) == []


def test_a_program_that_never_becomes_ready_is_named_with_what_it_lacks(
    make: Make, gateway: StandIn, settings: StackSettings
) -> None:
    stack = make(gateway())
    stack.settings = settings.model_copy(update={"start_timeout": 1.0})
    stack._ready = {"gateway": lambda: "model missing"}
    with pytest.raises(StartError, match=r"gateway did not become ready: model missing after 1 s"):
        stack.up(silent)


def test_a_busy_port_is_one_sentence_and_nothing_is_started(
    make: Make, gateway: StandIn, settings: StackSettings
) -> None:
    with socket.create_server(("127.0.0.1", settings.redis_port)):
        stack = make(gateway())
        expected = rf"port {settings.redis_port} for Redis is in use.*process {psutil.Process().pid}.*WEGEN_REDIS_URL"
        with pytest.raises(PortBusyError, match=expected):
            stack.up(silent)
    assert processes.of_stack(settings.state) == []


def test_up_recovers_after_supervisord_was_killed(make: Make, gateway: StandIn, settings: StackSettings) -> None:
    stack = make(gateway())
    stack.up(silent)
    pid = int((settings.state / "supervisord.pid").read_text())
    psutil.Process(pid).send_signal(signal.SIGKILL)
    psutil.Process(pid).wait(5)
    assert stack.running() is False
    assert stack.up(silent) is True
    assert stack.running()


def test_a_stopped_program_is_started_again_by_up(make: Make, gateway: StandIn, settings: StackSettings) -> None:
    stack = make(gateway())
    stack.up(silent)
    stack.supervisor.stop_program("gateway")
    assert answers(settings.gateway_port) is not None
    stack.up(silent)
    assert answers(settings.gateway_port) is None


def test_a_crashed_program_comes_back_by_itself(make: Make, gateway: StandIn, settings: StackSettings) -> None:
    stack = make(gateway())
    stack.up(silent)
    psutil.Process(stack.status()[0].pid).kill()
    deadline = time.monotonic() + 20
    while (answers(settings.gateway_port) or not stack.status()[0].pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert answers(settings.gateway_port) is None


def test_the_command_line_says_down_when_nothing_runs(settings: StackSettings) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "deploy.local", "status"],
        env=settings.service_environment() | {"WEGEN_LOCAL_STACK": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout.strip()) == (3, "down")
