from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.longrunning import operations_pb2

from services.client.failure import ClientError, LostError, WatchLimitError
from services.client.following import follow
from services.protos.wegen.v1 import job_pb2

END = operations_pb2.Operation(name="operations/1", done=True)


def step(cursor: int) -> job_pb2.WatchJobResponse:
    return job_pb2.WatchJobResponse(cursor=str(cursor), image=job_pb2.ImageStatus(step=cursor))


class Gateways:
    """Ten steps and an end; each call ends with the next of `breaks` after three events."""

    def __init__(self, *breaks: Exception | None) -> None:
        self.breaks = list(breaks)
        self.cursors: list[str] = []

    def watch(self, name: str, cursor: str, seconds: float) -> Iterator[job_pb2.WatchJobResponse]:
        self.cursors.append(cursor)
        first = int(cursor or 0) + 1
        for number in range(first, 11):
            if self.breaks and number == first + 3:
                broken = self.breaks.pop(0)
                if broken:
                    raise broken
                return
            yield step(number)
        yield job_pb2.WatchJobResponse(cursor="11", finished=END)


def test_every_event_is_shown_once_however_often_the_watch_ends() -> None:
    gateways = Gateways(LostError("gone"), WatchLimitError("over"), None)
    seen: list[job_pb2.WatchJobResponse] = []
    pauses: list[float] = []
    ended = follow(gateways, "operations/1", seen.append, seconds=60, sleep=pauses.append)
    assert ended == END
    assert [event.image.step for event in seen] == list(range(1, 11))
    assert gateways.cursors == ["", "3", "6", "9"]
    # A watch that has only lasted its time is taken up at once.
    assert len(pauses) == 2


def test_what_is_wrong_is_not_tried_again() -> None:
    with pytest.raises(ClientError, match="name: is not"):
        follow(Gateways(ClientError("name: is not")), "x", lambda _: None, seconds=60)


def test_a_time_that_is_over_says_that_the_operation_goes_on() -> None:
    with pytest.raises(ClientError, match="has not ended within 0 s; it goes on"):
        follow(Gateways(ClientError("too late")), "operations/1", lambda _: None, seconds=0)
