"""Calls the webhooks that are due, one after another."""

from __future__ import annotations

import asyncio

import structlog

from services.gateway.webhook.sender import CallFailedError, Sender
from services.jobs.operations.calls import Calls
from services.telemetry.spans import NO_TRACES, Tracer

_log = structlog.get_logger(__name__)


class Caller:
    """Any number of gateways share the work. UnavailableError("database")."""

    def __init__(self, calls: Calls, sender: Sender, tracer: Tracer = NO_TRACES) -> None:
        self._calls, self._sender, self._tracer = calls, sender, tracer

    async def once(self) -> None:
        """Make every call that is due now."""
        while await asyncio.to_thread(self._one):
            pass

    def _one(self) -> bool:
        operation = self._calls.take()
        if operation is None:
            return False
        try:
            # Nothing of the address: it may hold the receiver's secret.
            attributes = {"http.request.method": "POST", "wegen.operation.id": operation.id}
            with self._tracer.span("POST webhook", "client", parent=operation.trace, attributes=attributes):
                self._sender.call(operation)
        except CallFailedError as error:
            _log.warning("webhook failed", operation_id=operation.id, cause=str(error))
        else:
            self._calls.done(operation.id)
            _log.info("webhook called", operation_id=operation.id)
        return True
