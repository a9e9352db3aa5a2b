"""One RPC: its id, its deadline, and how it is answered when something goes wrong."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import grpc
import structlog

from services.errors import DeadlineExceededError, InternalError, UnavailableError, WegenError
from services.gateway import status
from services.telemetry import labels, logs, spans
from services.telemetry.gateway_metrics import GatewayMetrics

REQUEST_ID = "x-request-id"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """`timeout`: seconds from `began` (monotonic) within which the call must end. `heard`: somebody waits for it."""

    request_id: str
    timeout: float
    began: float = field(default_factory=time.monotonic)
    heard: bool = True

    def elapsed(self) -> float:
        """Seconds since the call arrived."""
        return time.monotonic() - self.began

    def remaining(self) -> float:
        """Seconds left; never below a millisecond, since 0 means "no limit" to some clients."""
        return max(0.001, self.timeout - self.elapsed())

    def deadline(self) -> datetime:
        """When the call must have ended, UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.remaining())


@asynccontextmanager
async def answering(context: Context, method: str, timeout: float, metrics: GatewayMetrics) -> AsyncIterator[Call]:  # noqa: ASYNC109
    """Give the call an id and at most `timeout` seconds; turn whatever is raised inside into a gRPC status."""
    log = structlog.get_logger(__name__)
    call = Call(_request_id(context), min(timeout, context.time_remaining() or timeout))
    code = "INTERNAL"
    spans.current().set("wegen.request.id", call.request_id)
    with logs.bound(request_id=call.request_id):
        try:
            await context.send_initial_metadata(((REQUEST_ID, call.request_id),))
            async with _limited(call):
                yield call
            code = "OK"
        except WegenError as error:
            code = error.code
            metrics.refusals.labels(reason=labels.reason(error.reason)).inc()
            if isinstance(error, UnavailableError | InternalError):
                log.warning("call cannot be answered", method=method, why=error.message)
            await _abort(context, error, call)
        except asyncio.CancelledError:
            code = "CANCELLED"
            raise
        except Exception:
            # The last place that can answer: the caller gets a status and the id under which the traceback is logged.
            log.exception("call failed", method=method)
            metrics.refusals.labels(reason=labels.reason("INTERNAL")).inc()
            unexpected = InternalError("an error of the gateway's own")
            await _abort(context, unexpected, call)
        finally:
            metrics.requests.labels(method=method, code=code).inc()
            log.info("call ended", method=method, code=code, seconds=round(call.elapsed(), 4))


@asynccontextmanager
async def _limited(call: Call) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(call.remaining()):
            yield
    except TimeoutError as error:
        raise DeadlineExceededError(f"the call did not end within {call.timeout:g} s") from error


async def _abort(context: Context, error: WegenError, call: Call) -> NoReturn:
    trailing = ((status.DETAILS, status.details(error, call.request_id)),)
    await context.abort(status.code(error), status.sentence(error), trailing)
    raise AssertionError("abort raises")


def _request_id(context: Context) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == REQUEST_ID and isinstance(value, str) and _ACCEPTABLE_ID.fullmatch(value):
            return value
    return uuid.uuid4().hex
