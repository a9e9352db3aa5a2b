"""The queue and what becomes of what is in it."""

from __future__ import annotations

from deploy.grafana.chart import OVER, Board, Chart, Curve, Row, rate
from deploy.prometheus.symptoms import QUEUE_AGE_S


def board() -> Board:
    """The dashboard."""
    return Board(
        "jobs",
        "WeGen / Jobs and queue",
        "Pictures and orders from the queue to their end, and what was lost on the way.",
        (Row("Queue", _queue()), Row("Ends", _ends()), Row("Lost and found", _lost()), Row("Orders", _orders())),
    )


def _queue() -> list[Chart]:
    return [
        Chart(
            "Pictures",
            "Waiting and running, by the rows.",
            "none",
            [Curve("max by (state) (wegen_gateway_jobs)", "{{state}}")],
        ),
        Chart(
            "Age of the oldest",
            "How long the longest-waiting picture has waited, by priority.",
            "s",
            [Curve("max by (priority) (wegen_gateway_queue_age_seconds)", "{{priority}}")],
            limits={QUEUE_AGE_S: "red"},
        ),
        Chart(
            "Workers' places",
            "Pictures driven, and how many could be.",
            "none",
            [
                Curve("sum(wegen_worker_running_jobs)", "driven"),
                Curve("sum(wegen_worker_threads)", "places"),
            ],
        ),
    ]


def _ends() -> list[Chart]:
    return [
        Chart(
            "Pictures ended",
            "A second, by outcome; queued: handed back by a worker that stops.",
            "reqps",
            [Curve(rate("wegen_worker_jobs_total", "outcome"), "{{outcome}}")],
        ),
        Chart(
            "Failed pictures",
            "A second, by cause.",
            "reqps",
            [Curve(rate("wegen_worker_failures_total", "cause"), "{{cause}}")],
        ),
        Chart(
            "Pictures of chats",
            "A second, by outcome; abandoned: the caller went.",
            "reqps",
            [Curve(rate("wegen_gateway_images_total", "outcome"), "{{outcome}}")],
        ),
    ]


def _lost() -> list[Chart]:
    return [
        Chart(
            "Leases lost",
            "In an hour, by who noticed; some with each worker that dies.",
            "none",
            [Curve("sum by (noticed) (increase(wegen_worker_leases_lost_total[1h]))", "{{noticed}}")],
        ),
        Chart(
            "Taken over",
            "In an hour: pictures begun again after a loss, with and without a strike.",
            "none",
            [Curve("sum by (strike) (increase(wegen_worker_redeliveries_total[1h]))", "strike: {{strike}}")],
        ),
        Chart(
            "Refusals",
            "Calls refused a second, by reason.",
            "reqps",
            [Curve(rate("wegen_gateway_refusals_total", "reason"), "{{reason}}")],
        ),
    ]


def _orders() -> list[Chart]:
    # Every gateway tells of all operations.
    ends = f"rate(wegen_gateway_operation_duration_seconds_bucket[{OVER}])"
    counted = f"rate(wegen_gateway_operation_duration_seconds_count[{OVER}])"
    tries = "sum(increase(wegen_gateway_webhook_tries_{part}[1h]))"
    mean = f"{tries.format(part='sum')} / ({tries.format(part='count')} > 0) or vector(0)"
    return [
        Chart(
            "Operations",
            "Waiting for a gateway, and not ended yet.",
            "none",
            [Curve("max by (state) (wegen_gateway_operations)", "{{state}}")],
        ),
        Chart(
            "Operations ended",
            "A second, by outcome.",
            "reqps",
            [Curve(f"max by (outcome) ({counted})", "{{outcome}}")],
        ),
        Chart(
            "Operation, 95 of 100",
            "From order to end, all outcomes.",
            "s",
            [Curve(f"histogram_quantile(0.95, sum by (le) (max by (le, outcome) ({ends})))", "p95")],
        ),
        Chart(
            "Composing",
            "A second, by how it ended here; waiting: a dependency was away.",
            "reqps",
            [Curve(rate("wegen_gateway_composition_duration_seconds_count", "outcome"), "{{outcome}}")],
        ),
        Chart(
            "Webhooks",
            "Calls a second, by outcome.",
            "reqps",
            [Curve(rate("wegen_gateway_webhooks_total", "outcome"), "{{outcome}}")],
        ),
        Chart(
            "Calls of a webhook",
            "Mean of the last hour, until it was delivered or given up; 0 where there was none.",
            "none",
            [Curve(mean, "calls")],
        ),
    ]
