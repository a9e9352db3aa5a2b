from __future__ import annotations

import io

from rich.console import Console

from services.client.progress import LiveView, PlainView, view_for
from services.protos.wegen.v1 import job_pb2

NAME = "operations/1"


def _image(state: int, step: int = 0, **fields: object) -> job_pb2.WatchJobResponse:
    status = job_pb2.ImageStatus(index=0, state=state, step=step, steps=4, **fields)  # type: ignore[arg-type]
    return job_pb2.WatchJobResponse(image=status)


EVENTS = [
    job_pb2.WatchJobResponse(state=job_pb2.JOB_STATE_QUEUED),
    _image(job_pb2.JOB_STATE_RUNNING, attempt=1),
    _image(job_pb2.JOB_STATE_RUNNING, 3, attempt=1),
    _image(job_pb2.JOB_STATE_RUNNING, 2, attempt=2),
    _image(job_pb2.JOB_STATE_FAILED, 2, attempt=2, error="no \x1b[2Jpaint"),
]


def shown(*, terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=120, _environ={"TERM": "xterm"})
    with view_for(console, NAME) as view:
        assert isinstance(view, LiveView if terminal else PlainView)
        for event in EVENTS:
            view.show(event)
    return stream.getvalue()


def test_a_terminal_shows_a_bar_per_picture() -> None:
    output = shown(terminal=True)
    for words in ("picture 1", "2/4", "failed (attempt 2): no \ufffd[2Jpaint"):
        assert words in output


def test_elsewhere_a_change_is_a_line() -> None:
    assert shown(terminal=False).splitlines() == [
        "operations/1: waiting",
        "picture 1: running",
        "picture 1: running (attempt 2)",
        "picture 1: failed (attempt 2): no \ufffd[2Jpaint",
    ]
