"""ChatService over gRPC."""

from __future__ import annotations

import asyncio

from services.gateway.admission import Admission
from services.gateway.call import Context, answering
from services.gateway.chat import ChatFlow
from services.protos.wegen.v1 import chat_pb2, chat_pb2_grpc
from services.telemetry.gateway_metrics import GatewayMetrics


class ChatService(chat_pb2_grpc.ChatServiceServicer):
    """Admits chats and sends their events. A caller who does not read slows its chat down, nothing piles up."""

    def __init__(self, flow: ChatFlow, admission: Admission, metrics: GatewayMetrics, *, timeout: float) -> None:
        self._flow, self._admission, self._metrics, self._timeout = flow, admission, metrics, timeout

    async def Chat(self, request: chat_pb2.ChatRequest, context: Context) -> None:  # type: ignore[override]  # noqa: N802
        """See chat.proto. Written as a coroutine that writes, since events come from several tasks."""
        writing = asyncio.Lock()

        async def emit(event: chat_pb2.ChatResponse) -> None:
            async with writing:
                await context.write(event)

        async with answering(context, "Chat", self._timeout, self._metrics) as call:
            with self._admission.admitted():
                await self._flow.run(request, call, emit)
