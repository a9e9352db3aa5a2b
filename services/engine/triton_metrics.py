"""A loop's metrics as Triton's custom metrics."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from services.engine.metrics import Snapshot
from services.telemetry.family import Family

# By the code of what was refused; an error that has none of them is counted when it comes.
_CODES = ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "UNAVAILABLE")
_MODEL: dict[str, tuple[str, ...]] = {"model": ("llama_feature_generator", "sdxl_denoiser")}
_KIND = _MODEL | {"kind": ("prefill", "decode", "denoise")}
FAMILIES = (
    Family("wegen_slots", "gauge", "Slots of the model.", "slots", _MODEL),
    Family("wegen_slots_in_use", "gauge", "Slots that are live or promised.", "slots", _MODEL),
    Family("wegen_queue_depth", "gauge", "Requests that wait for slots.", "requests", _MODEL),
    Family("wegen_steps_total", "counter", "Calls of the engine.", "calls", _KIND),
    Family("wegen_step_rows_total", "counter", "Rows of all calls of the engine.", "rows", _KIND),
    Family("wegen_step_seconds_total", "counter", "Seconds in calls of the engine.", "seconds", _KIND),
    Family("wegen_refusals_total", "counter", "Requests that were not taken.", "requests", _MODEL | {"reason": _CODES}),
    Family("wegen_cancels_total", "counter", "Requests that their callers gave up.", "requests", _MODEL),
)


class MetricFamilies:
    """Families and their metrics, made when first needed; a counter grows by what its total grew."""

    def __init__(self, pb: Any, model: str) -> None:  # noqa: ANN401
        family = pb.MetricFamily
        kinds = {"gauge": family.GAUGE, "counter": family.COUNTER}
        self._families = {
            one.name: family(name=one.name, description=one.text, kind=kinds[one.kind]) for one in FAMILIES
        }
        self._model = model
        self._metrics: dict[tuple[str, ...], Any] = {}
        self._totals: dict[tuple[str, ...], float] = {}

    def publish(self, snapshot: Snapshot) -> None:
        """Bring every metric up to `snapshot`."""
        self._metric("wegen_slots").set(snapshot.slots)
        self._metric("wegen_slots_in_use").set(snapshot.slots_in_use)
        self._metric("wegen_queue_depth").set(snapshot.queue_depth)
        for name, totals in (
            ("wegen_steps_total", snapshot.steps),
            ("wegen_step_rows_total", snapshot.rows),
            ("wegen_step_seconds_total", snapshot.seconds),
        ):
            for kind, total in totals.items():
                self._raise(name, total, kind=kind)
        for reason, total in (dict.fromkeys(_CODES, 0) | snapshot.refusals).items():
            self._raise("wegen_refusals_total", total, reason=reason)
        self._raise("wegen_cancels_total", snapshot.cancels)

    def _metric(self, name: str, **labels: str) -> Any:  # noqa: ANN401
        key = (name, *labels.values())
        if key not in self._metrics:
            self._metrics[key] = self._families[name].Metric(labels={"model": self._model, **labels})
        return self._metrics[key]

    def _raise(self, name: str, total: float, **labels: str) -> None:
        key = (name, *labels.values())
        metric, grown = self._metric(name, **labels), total - self._totals.get(key, 0.0)
        if grown:
            metric.increment(grown)
            self._totals[key] = total


class MetricsPublisher:
    """Copies a scheduler's metrics into Triton's once a second, and at the end."""

    def __init__(self, pb: Any, model: str, read: Callable[[], Snapshot], *, period_s: float = 1.0) -> None:  # noqa: ANN401
        self._families = MetricFamilies(pb, model)
        self._read = read
        self._period = period_s
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{model}-metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Publish once more and end the thread."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(self._period):
            self._families.publish(self._read())
        self._families.publish(self._read())
