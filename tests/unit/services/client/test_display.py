from __future__ import annotations

import io

from rich.console import Console

from services.client.display import LiveDisplay, PlainDisplay, display_for, printable
from services.protos.wegen.v1 import chat_pb2

EVENTS = [
    chat_pb2.ChatResponse(started=chat_pb2.Started(conversation_id="c")),
    chat_pb2.ChatResponse(rewrite_delta=chat_pb2.RewriteDelta(candidate=0, text="a [bold]red[/bold] ")),
    chat_pb2.ChatResponse(rewrite_delta=chat_pb2.RewriteDelta(candidate=0, text="disc")),
    chat_pb2.ChatResponse(
        rewrite_done=chat_pb2.RewriteDone(
            candidate=0, text="a [bold]red[/bold] disc", outcome=chat_pb2.REWRITE_OUTCOME_DUPLICATE
        )
    ),
    chat_pb2.ChatResponse(text_delta=chat_pb2.TextDelta(text=" It is red.")),
    chat_pb2.ChatResponse(image_queued=chat_pb2.ImageQueued(image=0, job_id="j")),
    chat_pb2.ChatResponse(image_progress=chat_pb2.ImageProgress(image=0, step=3, steps=4)),
    chat_pb2.ChatResponse(image_done=chat_pb2.ImageDone(image=0, object="o", seed=7)),
    chat_pb2.ChatResponse(image_failed=chat_pb2.ImageFailed(image=1, reason="no paint")),
    chat_pb2.ChatResponse(finished=chat_pb2.Finished(images=1)),
]


def test_no_word_of_the_model_steers_the_terminal() -> None:
    assert printable("\x1b[2Jé\a\r\nb") == "\ufffd[2Jé\ufffd\ufffd\nb"


def shown(*, terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=100, _environ={"TERM": "xterm"})
    with display_for(console) as display:
        assert isinstance(display, LiveDisplay if terminal else PlainDisplay)
        for event in EVENTS:
            display.show(event)
    return stream.getvalue()


def test_a_terminal_shows_rewrites_text_and_a_bar_per_picture() -> None:
    output = shown(terminal=True)
    for words in ("a [bold]red[/bold] disc", "too close to another", "It is red.", "3/4", "done", "failed: no paint"):
        assert words in output


def test_elsewhere_every_line_is_plain() -> None:
    assert shown(terminal=False).splitlines() == [
        "rewrite 1: a [bold]red[/bold] disc (too close to another: replaced)",
        "picture 1: waiting",
        "picture 1: done, seed 7",
        "picture 2: failed: no paint",
        "It is red.",
    ]
