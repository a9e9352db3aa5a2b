"""The first look: are promises kept, how fast do budgets burn, what is going on."""

from __future__ import annotations

from deploy.grafana.chart import Board, Chart, Curve, Row, quantile, quantiles, rate
from deploy.prometheus.objectives import CANCEL_S, FIRST_TOKEN_S, IMAGE_S, OBJECTIVES, Objective

_TELLS = {
    "first_token": f"Chats whose first token came within {FIRST_TOKEN_S:g} s",
    "image_latency": f"Pictures that somebody waited for and that came in time ({min(IMAGE_S.values()):g} to "
    f"{max(IMAGE_S.values()):g} s by size and steps); the worst class",
    "job_success": "Accepted pictures that were made, cancelled ones aside",
    "cancel_latency": f"Cancelled pictures that stopped within {CANCEL_S:g} s",
    "calls": "Calls without an error of ours",
}
_TITLES = {
    "first_token": "First token",
    "image_latency": "Picture in time",
    "job_success": "Picture made",
    "cancel_latency": "Cancel in time",
    "calls": "Calls answered",
}
_ROW_TITLE = "Objectives, last three days"


def board() -> Board:
    """The dashboard."""
    return Board(
        "overview",
        "WeGen / Overview",
        "Objectives and how fast their budgets burn, and the traffic behind them.",
        (Row(_ROW_TITLE, [*map(_kept, OBJECTIVES), _alerts()]), Row("Budgets", _burns()), Row("Traffic", _traffic())),
    )


def _kept(objective: Objective) -> Chart:
    return Chart(
        _TITLES[objective.name],
        f"{_TELLS[objective.name]}: share over three days; {objective.goal:.3g} is promised.",
        "percentunit",
        [Curve(f'1 - max(wegen:slo_error_ratio:rate3d{{slo="{objective.name}"}})', objective.name)],
        width=4,
        kind="number",
        limits={0: "red", objective.goal: "green"},
    )


def _alerts() -> Chart:
    firing = 'count(ALERTS{alertname=~"Wegen.+",alertstate="firing"}) or vector(0)'
    return Chart(
        "Alerts",
        "Alerts that fire now; docs/runbook.md has a section for each.",
        "none",
        [Curve(firing, "firing")],
        width=4,
        kind="number",
        limits={1: "red"},
    )


def _burns() -> list[Chart]:
    burn = "max by (slo) (wegen:slo_error_ratio:rate{window} / on (slo) group_left () wegen:slo_budget:ratio)"
    return [
        Chart(
            f"Burn rate over {window}",
            f"How many times faster than allowed the budget is spent; from {limit:g} on somebody is told.",
            "none",
            [Curve(burn.format(window=window), "{{slo}}")],
            width=12,
            limits={1: "orange", limit: "red"},
        )
        for window, limit in (("1h", 14.4), ("6h", 6.0))
    ]


def _traffic() -> list[Chart]:
    image = quantile("wegen_worker_image_seconds", 0.95, by="size, steps", match='priority="interactive"')
    return [
        Chart(
            "Calls",
            "Calls ended a second, by method.",
            "reqps",
            [Curve(rate("wegen_gateway_requests_total", "method"), "{{method}}")],
        ),
        Chart(
            "Calls that failed",
            "By gRPC code; only INTERNAL, UNAVAILABLE and UNKNOWN count against the objective.",
            "reqps",
            [Curve(rate("wegen_gateway_requests_total", "code", match='code!="OK"'), "{{code}}")],
        ),
        Chart(
            "Pictures ended",
            "A second, by outcome.",
            "reqps",
            [Curve(rate("wegen_worker_jobs_total", "outcome"), "{{outcome}}")],
        ),
        Chart(
            "Time to first token",
            "From a chat's arrival to its first token or rewrite.",
            "s",
            quantiles("wegen_gateway_time_to_first_token_seconds"),
            limits={FIRST_TOKEN_S: "red"},
        ),
        Chart(
            "Picture, 95 of 100",
            "From order to stored picture, of those that somebody waits for, by size and step class.",
            "s",
            [Curve(image, "{{size}}, {{steps}} steps")],
        ),
        Chart(
            "Chats now",
            "Chat calls running, over all gateways.",
            "none",
            [Curve("sum(wegen_gateway_active_chats)", "chats")],
        ),
    ]
