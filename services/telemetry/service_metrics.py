"""What the metrics of gateway and worker share: how they are made, and that all their series exist from the start.

A counter that appears with its first increment has no rate for it: the first error would be the one nobody sees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.telemetry.family import Family

_Metric = TypeVar("_Metric", Counter, Gauge, Histogram)


class ServiceMetrics:
    """Makes metrics in the registry handed in and remembers what they are in `families`."""

    prefix: ClassVar[str]

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.families: list[Family] = []

    def _counter(self, name: str, text: str, unit: str, **values: Sequence[str]) -> Counter:
        family = self._known(Family(f"{self.prefix}_{name}_total", "counter", text, unit, _tuples(values)))
        return _complete(Counter(family.name, text, family.labels, registry=self.registry), family)

    def _gauge(self, name: str, text: str, unit: str, **values: Sequence[str]) -> Gauge:
        family = self._known(Family(f"{self.prefix}_{name}", "gauge", text, unit, _tuples(values)))
        return _complete(Gauge(family.name, text, family.labels, registry=self.registry), family)

    def _histogram(
        self, name: str, text: str, bounds: tuple[float, ...], unit: str = "seconds", **values: Sequence[str]
    ) -> Histogram:
        family = self._known(Family(f"{self.prefix}_{name}", "histogram", text, unit, _tuples(values), bounds))
        return _complete(Histogram(family.name, text, family.labels, buckets=bounds, registry=self.registry), family)

    def _known(self, family: Family) -> Family:
        self.families.append(family)
        return family


def _tuples(values: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {label: tuple(known) for label, known in values.items()}


def _complete(metric: _Metric, family: Family) -> _Metric:
    """The metric with a series for every combination of its labels' values."""
    if family.labels:
        for labels in family.combinations():
            metric.labels(**labels)
    return metric
