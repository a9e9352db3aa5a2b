"""Trying again while a database, or its tables, are not there yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from services.errors import UnavailableError
from services.migrations.runner import SchemaError

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries for `seconds`, every `pause` seconds."""

    seconds: float
    pause: float = 2.0

    def call(self, work: Callable[[], None]) -> None:
        """Do `work`; its UnavailableError or SchemaError when the time is over. Every new cause is told once."""
        end, told = time.monotonic() + self.seconds, ""
        while True:
            try:
                return work()
            except (UnavailableError, SchemaError) as error:
                if time.monotonic() + self.pause > end:
                    raise
                if error.message != told:
                    told = error.message
                    _log.info("waiting", cause=told)
            time.sleep(self.pause)
