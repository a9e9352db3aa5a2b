"""Ctrl-C during a call."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

import grpc


class Cancellable(Protocol):
    """A call."""

    def cancel(self) -> object:
        """Give it up."""


class Interrupt:
    """While open, Ctrl-C cancels `call` and is remembered in `pressed`.

    Left to itself it raises at whatever line the main thread is in. In a callback of grpc's that error is lost, and
    the call with it goes on. Outside of the main thread, where no signal arrives, nothing changes.
    """

    def __init__(self, call: Cancellable) -> None:
        self._call = call
        self._usual = signal.getsignal(signal.SIGINT)
        self._installed = threading.current_thread() is threading.main_thread()
        self.pressed = False

    def __enter__(self) -> Self:
        if self._installed:
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, self._usual)

    def _press(self, _number: int, _frame: FrameType | None) -> None:
        self.pressed = True
        self._call.cancel()


def heard(call: Any) -> Iterator[Any]:  # noqa: ANN401 - grpc's stubs know no call that is iterated
    """What a streaming call brings; leaving the loop early cancels it, Ctrl-C does too and is raised behind it."""
    with Interrupt(call) as interrupt:
        try:
            yield from call
        except grpc.RpcError:
            if not interrupt.pressed:
                raise
        finally:
            call.cancel()
    if interrupt.pressed:
        raise KeyboardInterrupt
