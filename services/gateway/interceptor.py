"""A span for every call of ours, in the trace its caller is in. Not even there where no traces are kept."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import grpc
import grpc.aio

from services.gateway.call import Context
from services.telemetry.spans import Tracer, carried_by, within

# Of health checks and reflection nobody wants a trace.
_OURS = ("/wegen.", "/google.longrunning.")
# Of the conventions for gRPC: on the server's side the other codes are the caller's errors.
_FAULTS = {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}

Behaviour = Callable[[Any, Context], Awaitable[Any]]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class TracedCalls(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Names, attributes and status as the RPC conventions have them."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    async def intercept_service(  # type: ignore[override]  # grpc's stubs know only plain functions here
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """The handler, within a span if it is one of ours."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(_OURS):
            return handler
        for kind, wrap in (
            ("unary_unary", grpc.unary_unary_rpc_method_handler),
            ("unary_stream", grpc.unary_stream_rpc_method_handler),
        ):
            behaviour = getattr(handler, kind)
            if behaviour is not None and inspect.iscoroutinefunction(behaviour):
                traced = self._traced(method.removeprefix("/"), behaviour)
                return wrap(traced, handler.request_deserializer, handler.response_serializer)
        return handler

    def _traced(self, method: str, behaviour: Behaviour) -> Behaviour:
        async def traced(request: Any, context: Context) -> Any:  # noqa: ANN401 - any message
            parent = carried_by(context.invocation_metadata() or ())
            attributes = {"rpc.system.name": "grpc", "rpc.method": method}
            span = self._tracer.span(method, "server", parent=parent, attributes=attributes)
            code = "OK"
            try:
                with within(span):
                    return await behaviour(request, context)
            except BaseException as error:
                code = _code(error, context)
                raise
            finally:
                span.set("rpc.response.status_code", code)
                if code in _FAULTS:
                    span.fail(code)
                span.end()

        return traced


def _code(error: BaseException, context: Context) -> str:
    """What the caller sees: the code of an abort, else what gRPC makes of `error`."""
    if context.code() is not None:
        return context.code().name
    return "CANCELLED" if isinstance(error, asyncio.CancelledError) else "UNKNOWN"
