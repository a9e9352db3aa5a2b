"""Logs: one JSON object a line, the library's own and those of Celery, gRPC or SQLAlchemy in the same shape.

configure("gateway", "INFO")
log = structlog.get_logger()
with bound(request_id="r1"):
    log.info("chat started", references=2)
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from services.telemetry import spans

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

# What people wrote or uploaded, and secrets. They stay out of every line above DEBUG, whoever passes them.
PRIVATE = frozenset({"prompt", "text", "brief", "rewrite", "image_bytes", "pixels", "features", "latents", "access_key",
                     "secret_key", "password", "url"})  # fmt: skip
WITHHELD = "[withheld]"


def configure(service: str, level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Send everything logged at `level` or above to `stream` (default stderr) as JSON lines naming `service`.

    Raises:
        ValueError: the level is not one of `LEVELS`.
    """
    wanted = level.upper()
    if wanted not in LEVELS:
        raise ValueError(f"log level {level!r} is not one of {', '.join(LEVELS)}")
    shared = _shared(service)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_final()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(wanted)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # Loggers made at import time must follow a later configure, in tests above all.
        cache_logger_on_first_use=False,
    )


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Add `values` (request_id, job_id) to every line logged inside, in this thread or task only."""
    with structlog.contextvars.bound_contextvars(**values):
        yield


def _shared(service: str) -> list[Processor]:
    def name_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        name_service,
        name_trace,
        withhold_private,
    ]


def _final() -> list[Processor]:
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        # The plain traceback: structlog's rich one shows local variables, prompts among them.
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
    ]


def name_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add trace_id and span_id where a span is recorded."""
    span = spans.current()
    if span.recording:
        event["trace_id"], event["span_id"] = span.trace_id, span.span_id
    return event


def withhold_private(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the values of private keys, except at DEBUG."""
    if event.get("level") != "debug":
        for key in PRIVATE.intersection(event):
            event[key] = WITHHELD
    return event
