"""Celery's consumer, which comes back soon after its broker does."""

from __future__ import annotations

import structlog
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown
from kombu import Connection

_EVERY_S = 1
_log = structlog.get_logger(__name__)


class SteadyConsumer(Consumer):
    """Asks for the broker every second; Celery's own pauses grow to half a minute and no setting bounds them."""

    def ensure_connected(self, conn: Connection) -> Connection:
        """The connection, once there is one; ends early on SIGTERM."""
        told = False

        def tell(error: Exception, _interval: float) -> None:
            nonlocal told
            if not told:
                _log.warning("redis is away", cause=type(error).__name__)
                told = True

        conn.ensure_connection(
            tell, interval_start=_EVERY_S, interval_step=0, interval_max=_EVERY_S, callback=maybe_shutdown
        )
        if told:
            _log.info("redis is back")
        return super().ensure_connected(conn)
