"""One message sent, its answer shown, its pictures saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from services.client.album import Album
from services.client.display import display_for
from services.client.failure import ClientError
from services.client.gateway import Gateway
from services.protos.wegen.v1 import chat_pb2
from services.size import Size
from services.telemetry.spans import NO_TRACES, Tracer


@dataclass(frozen=True, slots=True)
class Preferences:
    """How every message of this run is sent; `timeout` in seconds for an answer, `size` None for the model's own."""

    settings: chat_pb2.ChatSettings
    out: Path
    timeout: float
    size: Size | None = None


@dataclass(slots=True)
class Talk:
    """A conversation with the gateway; `conversation` is empty until the first answer begins."""

    gateway: Gateway
    preferences: Preferences
    console: Console
    conversation: str = field(default="")
    tracer: Tracer = NO_TRACES

    def say(self, text: str, references: Sequence[str] = ()) -> list[Path]:
        """Send `text` with `references` (object names) before it; the pictures saved, the sheet last.

        Raises:
            ClientError: the call failed, or pictures were wanted and none could be made.
        """
        size = self.preferences.size
        request = chat_pb2.ChatRequest(
            conversation_id=self.conversation,
            content=[*map(_image, references), *([chat_pb2.Part(text=text)] if text else [])],
            settings=self.preferences.settings,
            size=chat_pb2.PictureSize(width=size.width, height=size.height) if size else None,
        )
        with self.tracer.span("wegen chat", "internal") as span:
            pictures, failures = self._answer(request)
            paths = self._saved(pictures, text)
        for path in paths:
            self.console.print(str(path), markup=False, highlight=False, soft_wrap=True)
        if span.recording:
            self.console.print(f"trace {span.trace_id}", markup=False, highlight=False)
        if failures and not pictures:
            raise ClientError(f"no picture could be made: {failures[0]}")
        return paths

    def _answer(self, request: chat_pb2.ChatRequest) -> tuple[dict[int, str], list[str]]:
        pictures: dict[int, str] = {}
        failures: list[str] = []
        with display_for(self.console) as display:
            for event in self.gateway.chat(request, self.preferences.timeout):
                if event.HasField("started"):
                    self.conversation = event.started.conversation_id
                elif event.HasField("image_done"):
                    pictures[event.image_done.image] = event.image_done.object
                elif event.HasField("image_failed"):
                    failures.append(event.image_failed.reason)
                display.show(event)
        return pictures, failures

    def _saved(self, pictures: dict[int, str], title: str) -> list[Path]:
        if not pictures:
            return []
        album = Album(self.preferences.out, title)
        paths = [album.save(number, self.gateway.picture(name)) for number, name in sorted(pictures.items())]
        return [*paths, album.sheet(paths)] if len(paths) > 1 else paths


def _image(name: str) -> chat_pb2.Part:
    return chat_pb2.Part(image=chat_pb2.ImageReference(object=name))
