"""When tokens and features come, as metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.errors import DeadlineExceededError
from services.gateway.call import Call
from services.telemetry import spans
from services.telemetry.gateway_metrics import GatewayMetrics


class FirstToken:
    """Tells once per call when its first token came; of a call that nobody waits for it tells nothing."""

    def __init__(self, call: Call, metrics: GatewayMetrics) -> None:
        self._call, self._metrics = call, metrics
        self._seen = not call.heard

    def saw(self) -> None:
        """A token has come."""
        if not self._seen:
            self._seen = True
            self._metrics.time_to_first_token.observe(self._call.elapsed())

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Inside, a call that is given up or out of time without a token has waited for so long."""
        try:
            yield
        except (asyncio.CancelledError, DeadlineExceededError):
            # Were these not counted, a model that says nothing any more would look as quick as ever.
            self.saw()
            raise


class TokenClock:
    """The clock of one candidate; its words and its features are spans, told apart by `number`."""

    def __init__(self, first: FirstToken, metrics: GatewayMetrics, number: int = 0) -> None:
        self._first, self._metrics, self._number = first, metrics, number
        self._phase_began = time.time_ns()
        self._last: float | None = None
        self._image_began: float | None = None

    def tokens(self, count: int) -> None:
        """`count` text tokens have come together."""
        now = time.monotonic()
        self._first.saw()
        if self._last is not None and count:
            for _ in range(count):
                self._metrics.inter_token_latency.observe((now - self._last) / count)
        self._last = now

    def image_begins(self) -> None:
        """`<img>` has come: the features follow."""
        self._image_began = time.monotonic()
        self._phase("words")

    def features(self) -> None:
        """The features have come."""
        if self._image_began is not None:
            self._metrics.feature_generation_duration.observe(time.monotonic() - self._image_began)
        self._phase("features")

    def _phase(self, name: str) -> None:
        spans.record(name, self._phase_began, {"wegen.candidate": self._number})
        self._phase_began = time.time_ns()
