"""Every metric there is, and its page in the documentation."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry

from deploy.prometheus import triton_own
from services.engine import triton_metrics
from services.telemetry.family import Family
from services.telemetry.gateway_metrics import GatewayMetrics
from services.telemetry.worker_metrics import WorkerMetrics

_HEAD = """# Metrics

Written by `python -m deploy.prometheus write` from the code that makes them; a test fails when the two differ.

Gateway and worker make every series of a label's known values at their start, so that the first error has a rate. No
label is free: names of tenants, requests, jobs and addresses are in logs and traces, never here. The client library
adds to each counter and histogram a `_created` series that nothing here uses.
"""
_PARTS = {
    "Gateway": "`WEGEN_GATEWAY_METRICS_PORT`, 9101. `jobs`, `queue_age_seconds`, `operations` and "
    "`operation_duration_seconds` are read from the rows every `WEGEN_GATEWAY_SURVEY_S` (5 s), never for a scrape. "
    "Each gateway tells them of all gateways: queries take the maximum over gateways, not the sum.",
    "Worker": "`WEGEN_WORKER_METRICS_PORT`, 9102.",
    "Triton, our loop models": "`WEGEN_TRITON_METRICS_PORT`, 8002; published once a second. A series of a kind appears "
    "with its first step.",
    "Triton's own": "The same page; those that rules and dashboards use. The GPU's are there where there is one.",
}


def families() -> dict[str, tuple[Family, ...]]:
    """All metrics by the title of their part of the page."""
    gateway, worker = GatewayMetrics(CollectorRegistry()), WorkerMetrics(CollectorRegistry())
    parts = (tuple(gateway.families), tuple(worker.families), triton_metrics.FAMILIES, triton_own.FAMILIES)
    return dict(zip(_PARTS, parts, strict=True))


def series() -> dict[str, Family]:
    """Every name that a query may use, with its family."""
    return {name: family for part in families().values() for family in part for name in family.series}


def page() -> str:
    """docs/metrics.md."""
    parts = [f"\n## {title}\n\n{_PARTS[title]}\n\n{_table(part)}" for title, part in families().items()]
    return _HEAD + "".join(parts)


def _table(part: Iterable[Family]) -> str:
    head = "| name | type | unit | labels | buckets | meaning |\n|---|---|---|---|---|---|\n"
    return head + "".join(_row(family) for family in part)


def _row(family: Family) -> str:
    labels = "; ".join(_label(name, values) for name, values in family.values.items())
    buckets = " ".join(f"{bound:g}" for bound in family.buckets)
    return f"| `{family.name}` | {family.kind} | {family.unit} | {labels} | {buckets} | {family.text} |\n"


def _label(name: str, values: tuple[str, ...]) -> str:
    return f"`{name}`: {', '.join(values)}" if values else f"`{name}`"
