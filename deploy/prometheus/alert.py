"""One alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

RUNBOOK = "docs/runbook.md"
Severity = Literal["critical", "warning"]
"""critical wakes somebody, warning waits for the morning."""


@dataclass(frozen=True, slots=True)
class Alert:
    """`holds`: how long `expr` must be true. `summary` is a sentence that may name labels."""

    name: str
    expr: str
    holds: str
    severity: str
    summary: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def rule(self) -> dict[str, object]:
        """As Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            **({"for": self.holds} if self.holds else {}),
            "labels": {"severity": self.severity, **self.labels},
            "annotations": {"summary": self.summary, "runbook_url": f"{RUNBOOK}#{self.name.lower()}"},
        }
