"""What the gateway measures, every name beginning with `wegen_gateway_`, times in seconds."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.telemetry import buckets


class GatewayMetrics:
    """The gateway's metrics in the registry handed in, so that two gateways can live in one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.time_to_first_token = self._seconds(
            "time_to_first_token", "From the request's arrival to the first text token or rewrite.", buckets.FIRST_TOKEN
        )
        self.inter_token_latency = self._seconds(
            "inter_token_latency", "Between two tokens of one candidate.", buckets.PER_TOKEN
        )
        self.rewrite_duration = self._seconds(
            "rewrite_duration", "Prompt self-rewriting of one wish, resampling included.", buckets.OPERATION
        )
        self.feature_generation_duration = self._seconds(
            "feature_generation_duration", "Of the 64 visual features of one candidate.", buckets.OPERATION
        )
        self.queue_wait = self._seconds(
            "queue_wait", "From an image job's submission to its first step.", buckets.QUEUE
        )
        self.image_duration = self._seconds(
            "image_duration", "From an image job's submission to its end.", buckets.OPERATION
        )
        self.chat_duration = self._seconds("chat_duration", "Of one whole Chat call.", buckets.OPERATION)
        self.requests = self._count("requests", "Calls ended, by method and gRPC status code.", "method", "code")
        self.candidates = self._count("candidates", "Rewrites: accepted, duplicate or resampled.", "outcome")
        self.images = self._count("images", "Images asked for, by how they ended.", "outcome")
        self.tokens = self._count("tokens", "Tokens: prompt or generated.", "kind")
        self.active_chats = Gauge("wegen_gateway_active_chats", "Chat calls running now.", registry=registry)

    def _seconds(self, name: str, text: str, bounds: tuple[float, ...]) -> Histogram:
        return Histogram(f"wegen_gateway_{name}_seconds", text, buckets=bounds, registry=self.registry)

    def _count(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"wegen_gateway_{name}", text, labels, registry=self.registry)
