"""What the person at the terminal sees while an answer grows."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from services.protos.wegen.v1 import chat_pb2

_FATE = {
    chat_pb2.REWRITE_OUTCOME_DUPLICATE: "too close to another: replaced",
    chat_pb2.REWRITE_OUTCOME_KEPT: "close to another: kept",
    chat_pb2.REWRITE_OUTCOME_INCOMPLETE: "not finished: dropped",
}


def printable(text: str) -> str:
    """`text` without what would steer a terminal: a model may say any byte."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)


class Display(Protocol):
    """Shows events; a context manager around one answer."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def show(self, event: chat_pb2.ChatResponse) -> None:
        """Show one event."""


class LiveDisplay:
    """Text as it grows and a bar per picture."""

    def __init__(self, console: Console) -> None:
        self._text = ""
        self._rewrites: dict[int, Text] = {}
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}")
        )
        self._tasks: dict[int, TaskID] = {}
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=12)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, event: chat_pb2.ChatResponse) -> None:
        """Show one event."""
        match event.WhichOneof("event"):
            case "text_delta":
                self._text += printable(event.text_delta.text)
            case "rewrite_delta":
                self._rewrite(event.rewrite_delta.candidate).append(printable(event.rewrite_delta.text))
            case "rewrite_done":
                self._judge(event.rewrite_done)
            case "image_queued":
                number = event.image_queued.image
                self._tasks[number] = self._bars.add_task(f"picture {number + 1}", total=None, note="waiting")
            case "image_progress":
                step = event.image_progress
                self._bars.update(self._tasks[step.image], completed=step.step, total=step.steps, note="")
            case "image_done":
                self._bars.update(self._tasks[event.image_done.image], note="done")
            case "image_failed":
                self._fail(event.image_failed)

    def _rewrite(self, candidate: int) -> Text:
        return self._rewrites.setdefault(candidate, Text(f"{candidate + 1}. "))

    def _judge(self, done: chat_pb2.RewriteDone) -> None:
        fate = _FATE.get(done.outcome)
        if fate:
            self._rewrite(done.candidate).append(f"  ({fate})").stylize("dim")

    def _fail(self, failed: chat_pb2.ImageFailed) -> None:
        if failed.image not in self._tasks:
            self._tasks[failed.image] = self._bars.add_task(f"picture {failed.image + 1}", total=None, note="")
        self._bars.update(self._tasks[failed.image], note=f"failed: {failed.reason}")

    def _render(self) -> RenderableType:
        parts: list[RenderableType] = [self._rewrites[number] for number in sorted(self._rewrites)]
        if self._text:
            parts.append(Text(self._text.strip()))
        if self._tasks:
            parts.append(self._bars)
        return Group(*parts)


class PlainDisplay:
    """One line per thing that has happened, for pipes and logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._text.strip():
            self._line(self._text.strip())

    def show(self, event: chat_pb2.ChatResponse) -> None:
        """Show one event."""
        match event.WhichOneof("event"):
            case "text_delta":
                self._text += printable(event.text_delta.text)
            case "rewrite_done":
                done = event.rewrite_done
                fate = _FATE.get(done.outcome, "")
                words = " ".join(printable(done.text).split())
                self._line(f"rewrite {done.candidate + 1}: {words}" + (f" ({fate})" if fate else ""))
            case "image_queued":
                self._line(f"picture {event.image_queued.image + 1}: waiting")
            case "image_done":
                self._line(f"picture {event.image_done.image + 1}: done, seed {event.image_done.seed}")
            case "image_failed":
                self._line(f"picture {event.image_failed.image + 1}: failed: {event.image_failed.reason}")

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def display_for(console: Console) -> Display:
    """Live on a terminal, plain elsewhere."""
    return LiveDisplay(console) if console.is_terminal and not console.is_dumb_terminal else PlainDisplay(console)
