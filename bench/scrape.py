"""Reading Prometheus metrics, and what was counted between two readings."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """All samples of one page, by name and labels."""

    values: dict[Key, float]

    def total(self, name: str, **labels: str) -> float:
        """The sum of all samples of `name` that carry `labels`; 0 when there are none."""
        wanted = labels.items()
        return sum(value for (found, have), value in self.values.items() if found == name and wanted <= set(have))

    def since(self, before: Reading) -> Reading:
        """What was added since `before`; meaningful for counters only."""
        return Reading({key: value - before.values.get(key, 0.0) for key, value in self.values.items()})

    def rows_per_step(self, model: str, kind: str) -> float:
        """Mean rows of one step of a Triton loop model; NaN when there was no step."""
        steps = self.total("wegen_steps_total", model=model, kind=kind)
        rows = self.total("wegen_step_rows_total", model=model, kind=kind)
        return rows / steps if steps else float("nan")


def parse(text: str) -> Reading:
    """A page in Prometheus' text format."""
    return Reading(
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    )


def read(port: int, seconds: float = 5.0) -> Reading:
    """The metrics served on this machine's `port`. Raises OSError when nobody answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=seconds) as answer:
        return parse(answer.read().decode())
