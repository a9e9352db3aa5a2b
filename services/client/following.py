"""Following an operation to its end, by as many calls as that takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from google.longrunning.operations_pb2 import Operation

from services.client.failure import ClientError, LostError, WatchLimitError
from services.protos.wegen.v1 import job_pb2

_LEAST_S = 0.001
_FIRST_S = 0.5
_LONGEST_S = 5.0
_PATIENCE_S = 60.0


class Watched(Protocol):
    """Where an operation is watched."""

    def watch(self, name: str, cursor: str, seconds: float) -> Iterator[job_pb2.WatchJobResponse]:
        """Events from behind `cursor` on; LostError when another call may go on."""
        ...


def follow(
    orders: Watched,
    name: str,
    show: Callable[[job_pb2.WatchJobResponse], None],
    *,
    seconds: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Operation:
    """The operation as it ended; each event was shown once, however often the connection was lost.

    ClientError: it has not ended within `seconds`, or nothing was heard of the gateway for a minute. KeyboardInterrupt
    says how to come back: Ctrl-C ends the watch, not the operation.
    """
    try:
        return _followed(orders, name, show, seconds, sleep)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(f"{name} goes on: `wegen operations watch` or `cancel` it") from error


def _followed(
    orders: Watched,
    name: str,
    show: Callable[[job_pb2.WatchJobResponse], None],
    seconds: float,
    sleep: Callable[[float], None],
) -> Operation:
    cursor, delay, trouble = "", _FIRST_S, 0.0
    end = time.monotonic() + seconds
    while True:
        try:
            for event in orders.watch(name, cursor, max(_LEAST_S, end - time.monotonic())):
                cursor, delay, trouble = event.cursor, _FIRST_S, 0.0
                if event.HasField("finished"):
                    return event.finished
                show(event)
        except WatchLimitError:
            continue
        except LostError:
            trouble = trouble or time.monotonic()
            if time.monotonic() - trouble > _PATIENCE_S:
                raise
        except ClientError as error:
            if time.monotonic() < end:
                raise
            raise ClientError(f"{name} has not ended within {seconds:g} s; it goes on") from error
        sleep(delay)
        delay = min(2 * delay, _LONGEST_S)
