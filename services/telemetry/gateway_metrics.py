"""What the gateway measures, every name beginning with `wegen_gateway_`, times in seconds."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from services.telemetry import buckets, labels
from services.telemetry.service_metrics import ServiceMetrics


class GatewayMetrics(ServiceMetrics):
    """The gateway's metrics in the registry handed in, so that two gateways can live in one process."""

    prefix = "wegen_gateway"

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self._of_chats()
        self._of_calls()
        self._of_orders()
        self._of_the_database()
        self._of_dependencies()

    def _of_chats(self) -> None:
        self.time_to_first_token = self._histogram(
            "time_to_first_token_seconds",
            "From a chat's arrival to its first text token or rewrite, or to where it was given up without one.",
            buckets.FIRST_TOKEN,
        )
        self.inter_token_latency = self._histogram(
            "inter_token_latency_seconds", "Between two tokens of one candidate.", buckets.PER_TOKEN
        )
        self.rewrite_duration = self._histogram(
            "rewrite_duration_seconds", "Prompt self-rewriting of one wish, resampling included.", buckets.OPERATION
        )
        self.feature_generation_duration = self._histogram(
            "feature_generation_duration_seconds", "Of the 64 visual features of one candidate.", buckets.OPERATION
        )
        self.queue_wait = self._histogram(
            "queue_wait_seconds", "From the submission of a chat's image job to its first step.", buckets.QUEUE
        )
        self.image_duration = self._histogram(
            "image_duration_seconds", "From the submission of a chat's image job to its end.", buckets.OPERATION
        )
        self.chat_duration = self._histogram("chat_duration_seconds", "Of one whole Chat call.", buckets.OPERATION)
        self.candidates = self._counter(
            "candidates",
            "Rewrites: accepted, duplicate (a near-duplicate), kept (one for which no resampling was left), "
            "incomplete (no end within max_tokens), resampled (drawn anew).",
            "rewrites",
            outcome=("accepted", "duplicate", "kept", "incomplete", "resampled"),
        )
        self.images = self._counter(
            "images",
            "Images that chats asked for, by how they ended; abandoned: the caller went.",
            "images",
            outcome=(*labels.ENDS, "abandoned"),
        )
        self.tokens = self._counter("tokens", "Tokens: prompt or generated.", "tokens", kind=("prompt", "generated"))
        self.active_chats = self._gauge("active_chats", "Chat calls running now.", "calls")

    def _of_calls(self) -> None:
        self.requests = self._counter(
            "requests",
            "Calls ended, by method and gRPC status code.",
            "calls",
            method=labels.METHODS,
            code=labels.CODES,
        )
        self.refusals = self._counter(
            "refusals", "Calls ended by an error, by its ErrorInfo reason.", "calls", reason=labels.REASONS
        )

    def _of_orders(self) -> None:
        self.compositions = self._histogram(
            "composition_duration_seconds",
            "Making an operation's features, by how it ended here; waiting: a dependency was away, it is tried again.",
            buckets.OPERATION,
            outcome=("composed", "waiting", "failed", "lost", "cancelled"),
        )
        self.webhooks = self._counter(
            "webhooks",
            "Calls of webhooks; given_up: the last one failed too.",
            "calls",
            outcome=("delivered", "failed", "given_up"),
        )
        self.webhook_tries = self._histogram(
            "webhook_tries",
            "Calls that one webhook took until it was delivered or given up.",
            buckets.TRIES,
            "calls",
        )
        self.cancel_latency = self._histogram(
            "cancel_latency_seconds",
            "From the request to cancel a running job to its CANCELLED row; one not confirmed within a minute counts "
            "as a minute.",
            buckets.CANCEL,
        )

    def _of_the_database(self) -> None:
        """Read from the rows: every gateway tells the same, so queries take the maximum over gateways, never sums."""
        self.jobs = self._gauge("jobs", "Jobs that wait for a worker or have one.", "jobs", state=labels.WAITS)
        self.queue_age = self._gauge(
            "queue_age_seconds",
            "Age of the oldest waiting job, 0 when none waits.",
            "seconds",
            priority=labels.PRIORITIES,
        )
        self.operations = self._gauge(
            "operations", "Operations that wait for a gateway, or have not ended yet.", "operations", state=labels.WAITS
        )
        self.operation_duration = self._histogram(
            "operation_duration_seconds",
            "From an operation's order to its end, by outcome; each gateway counts the ends of all.",
            buckets.OPERATION_END,
            outcome=labels.ENDS,
        )

    def _of_dependencies(self) -> None:
        self.dependency_ready = self._gauge(
            "dependency_ready",
            "1 while the dependency answers this gateway.",
            "boolean",
            dependency=("database", "redis", "store", "triton"),
        )
        self.store_seconds = self._histogram(
            "store_seconds", "Calls of the object store.", buckets.STORE, call=labels.STORE_CALLS
        )
        self.store_errors = self._counter(
            "store_errors", "Calls that the object store did not answer.", "calls", call=labels.STORE_CALLS
        )
