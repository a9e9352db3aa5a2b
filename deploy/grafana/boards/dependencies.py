"""What the service leans on."""

from __future__ import annotations

from deploy.grafana.chart import OVER, Board, Chart, Curve, Row, rate

_OURS = 'group by (job, instance) ({__name__=~"wegen_gateway_active_chats|wegen_worker_running_jobs|wegen_slots"})'


def board() -> Board:
    """The dashboard."""
    return Board(
        "dependencies",
        "WeGen / Dependencies",
        "Triton, database, Redis and store as gateways and workers meet them.",
        (Row("Ready", _ready()), Row("Object store", _store()), Row("Triton", _triton())),
    )


def _ready() -> list[Chart]:
    return [
        Chart(
            "Ready, as gateways see it",
            "1: every gateway reaches it; between: some; 0: none.",
            "none",
            [Curve("avg by (dependency) (wegen_gateway_dependency_ready)", "{{dependency}}")],
        ),
        Chart(
            "Targets up",
            "Those of ours that Prometheus reaches.",
            "none",
            [Curve(f"sum by (job) (up and on (job, instance) {_OURS})", "{{job}}")],
        ),
        Chart(
            "Calls refused for a dependency",
            "UNAVAILABLE answers a second.",
            "reqps",
            [Curve(rate("wegen_gateway_requests_total", match='code="UNAVAILABLE"'), "UNAVAILABLE")],
        ),
    ]


def _store() -> list[Chart]:
    slow = f"histogram_quantile(0.95, sum by (le, call) ({_both('seconds_bucket')}) > 0)"
    return [
        Chart(
            "Calls",
            "A second, of gateways and workers, by call; check is the gateways' look at its health.",
            "reqps",
            [Curve(f"sum by (call) ({_both('seconds_count')})", "{{call}}")],
        ),
        Chart(
            "Calls without an answer",
            "A second, by call.",
            "reqps",
            [Curve(f"sum by (call) ({_both('errors_total')})", "{{call}}")],
        ),
        Chart("Calls, 95 of 100", "By call.", "s", [Curve(slow, "{{call}}")]),
    ]


def _both(series: str) -> str:
    return f"rate(wegen_gateway_store_{series}[{OVER}]) or rate(wegen_worker_store_{series}[{OVER}])"


def _triton() -> list[Chart]:
    return [
        Chart(
            "Requests",
            "Answered a second, by model.",
            "reqps",
            [Curve(rate("nv_inference_request_success", "model"), "{{model}}")],
        ),
        Chart(
            "Failures",
            "A second, by model.",
            "reqps",
            [Curve(rate("nv_inference_request_failure", "model"), "{{model}}")],
        ),
        Chart(
            "Requests that wait",
            "In Triton's own queues, by model.",
            "none",
            [Curve("sum by (model) (nv_inference_pending_request_count)", "{{model}}")],
        ),
    ]
