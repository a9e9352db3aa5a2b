"""Alerts on budgets that burn too fast: two windows each, so that they come soon and end soon."""

from __future__ import annotations

from deploy.prometheus.alert import Alert
from deploy.prometheus.objectives import OBJECTIVES, Objective
from deploy.prometheus.windows import BURNS, Burn, Pace


def alerts(pace: Pace) -> list[Alert]:
    """Four alerts an objective."""
    return [_alert(objective, burn, pace) for objective in OBJECTIVES for burn in BURNS]


def _alert(objective: Objective, burn: Burn, pace: Pace) -> Alert:
    series = f'{{slo="{objective.name}"}}'
    limit = f"{burn.rate * objective.budget:g}"
    expr = (
        f"wegen:slo_error_ratio:rate{burn.short}{series} > {limit}\n"
        f"and wegen:slo_error_ratio:rate{burn.long}{series} > {limit}\n"
        # A night's few events: one slow of three is a third of them, and nothing to wake for.
        f"and wegen:slo_errors:rate{burn.long}{series} * {pace.seconds(burn.long):g} >= {objective.least}"
    )
    severity = burn.severity if objective.wakes else "warning"
    summary = f"{burn.rate:g} times the allowed rate for {burn.long}: {objective.summary}"
    return Alert(objective.alert, expr, "", severity, summary, {"long": burn.long, "short": burn.short})
