from __future__ import annotations

import io

from deploy.local.supervisor import ProgramState
from deploy.local.watchdog import PATIENCE, START_SECONDS, Watchdog, listen


class Service:
    def __init__(self) -> None:
        self.alive = True
        self.restarts: list[str] = []

    def watchdog(self) -> Watchdog:
        return Watchdog({"triton": lambda: self.alive}, self.restarts.append)


def state(seconds: int = 60, word: str = "RUNNING", pid: int = 7) -> dict[str, ProgramState]:
    return {"triton": ProgramState("triton", word, pid, seconds, "")}


def test_a_program_that_answers_is_left_alone() -> None:
    service = Service()
    watchdog = service.watchdog()
    for _ in range(10):
        assert watchdog.look(state()) == []
    assert service.restarts == []


def test_a_silent_program_is_restarted_after_so_many_checks_and_counted_anew() -> None:
    service = Service()
    watchdog = service.watchdog()
    watchdog.look(state())
    service.alive = False
    restarted = [watchdog.look(state()) for _ in range(2 * PATIENCE)]
    assert restarted == ([[]] * (PATIENCE - 1) + [["triton"]]) * 2
    assert service.restarts == ["triton", "triton"]


def test_one_answer_forgives_the_silence_before() -> None:
    service = Service()
    watchdog = service.watchdog()
    watchdog.look(state())
    for _ in range(5):
        service.alive = False
        for _ in range(PATIENCE - 1):
            watchdog.look(state())
        service.alive = True
        watchdog.look(state())
    assert service.restarts == []


def test_a_slow_start_is_not_silence_and_a_stopped_program_is_not_judged() -> None:
    service = Service()
    watchdog = service.watchdog()
    watchdog.look(state(pid=6))
    service.alive = False
    for _ in range(3 * PATIENCE):
        watchdog.look(state(seconds=START_SECONDS - 1, pid=7))
        watchdog.look(state(word="STOPPED"))
        watchdog.look({})
    assert service.restarts == []


def test_a_program_that_never_answers_is_restarted_in_the_end() -> None:
    service = Service()
    service.alive = False
    watchdog = service.watchdog()
    for _ in range(PATIENCE):
        watchdog.look(state(seconds=START_SECONDS))
    assert service.restarts == ["triton"]


class Silent:
    def states(self) -> dict[str, ProgramState]:
        return state()


def test_it_speaks_supervisors_listener_protocol() -> None:
    service = Service()
    watchdog = service.watchdog()
    watchdog.look(state())
    service.alive = False
    event = "ver:3.0 server:wegen serial:1 pool:watchdog poolserial:1 eventname:TICK_5 len:15\nwhen:1201063880"
    source, sink, log = io.StringIO(event * PATIENCE), io.StringIO(), io.StringIO()
    listen(watchdog, Silent(), source, sink, log)
    assert sink.getvalue() == "READY\nRESULT 2\nOK" * PATIENCE + "READY\n"
    assert "triton did not answer" in log.getvalue()
