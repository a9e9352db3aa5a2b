"""Ctrl-C gives a call up instead of getting lost in it."""

from __future__ import annotations

import signal
import threading

from services.client.interrupt import Interrupt


class Call:
    """Counts how often it was given up."""

    cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1


def test_ctrl_c_cancels_the_call_and_raises_nothing() -> None:
    call = Call()
    with Interrupt(call) as interrupt:
        signal.raise_signal(signal.SIGINT)
    assert interrupt.pressed
    assert call.cancelled == 1


def test_afterwards_ctrl_c_is_what_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt(Call()) as interrupt:
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
    assert not interrupt.pressed


def test_another_thread_leaves_signals_alone() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with Interrupt(Call()):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
