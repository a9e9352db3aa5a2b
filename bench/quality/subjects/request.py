"""Messages as the gateway's requests: every subject is asked in the very same words and settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.quality.subjects.message import Message
from bench.quality.subjects.subject import Identity
from services.gateway.wish import Task
from services.protos.wegen.v1 import chat_pb2

_TASKS: Final = {
    Task.AUTO: chat_pb2.TASK_AUTO,
    Task.GENERATE: chat_pb2.TASK_GENERATE,
    Task.CHAT: chat_pb2.TASK_CHAT,
}


def request_of(
    message: Message, names: Sequence[str], identity: Identity, conversation: str = ""
) -> chat_pb2.ChatRequest:
    """The request for one picture or answer; `names` are the objects of the message's pictures, in order."""
    objects = iter(names)
    return chat_pb2.ChatRequest(
        conversation_id=conversation,
        content=[
            chat_pb2.Part(text=piece)
            if isinstance(piece, str)
            else chat_pb2.Part(image=chat_pb2.ImageReference(object=next(objects)))
            for piece in message.content
        ],
        settings=_settings(message, identity),
    )


def _settings(message: Message, identity: Identity) -> chat_pb2.ChatSettings:
    settings = chat_pb2.ChatSettings(
        task=_TASKS[message.task], seed=message.seed, steps=identity.steps, guidance=identity.guidance, n=1
    )
    if strategy := message.strategy:
        settings.rewrite = chat_pb2.REWRITE_ON if strategy.rewrite else chat_pb2.REWRITE_OFF
        settings.top_p, settings.temperature = strategy.top_p, strategy.temperature
    return settings
