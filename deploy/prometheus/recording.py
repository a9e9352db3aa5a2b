"""Recording rules: events, errors and their share for each objective over each window; how full engines are."""

from __future__ import annotations

from deploy.prometheus.objectives import OBJECTIVES, Objective
from deploy.prometheus.windows import WINDOWS, Pace

Rule = dict[str, object]
Group = dict[str, object]
# Windows of a day and more change slowly and cost most.
_SLOW = frozenset({"1d", "3d"})


def groups(pace: Pace) -> list[Group]:
    """All groups of recording rules."""
    return [*(_window(window, pace) for window in WINDOWS), _budgets(pace), _engines(pace)]


def _window(window: str, pace: Pace) -> Group:
    rules = [rule for objective in OBJECTIVES for rule in _objective(objective, window, pace)]
    rules.append(
        {
            "record": f"wegen:slo_error_ratio:rate{window}",
            # Without events there are no errors: 0, not a gap.
            "expr": f"wegen:slo_errors:rate{window} / (wegen:slo_events:rate{window} > 0)\n"
            f"or 0 * wegen:slo_events:rate{window}",
        }
    )
    return {"name": f"wegen-slo-{window}", "interval": pace("2m" if window in _SLOW else "30s"), "rules": rules}


def _objective(objective: Objective, window: str, pace: Pace) -> list[Rule]:
    labels = {"slo": objective.name}
    over = pace(window)
    return [
        {"record": f"wegen:slo_events:rate{window}", "expr": objective.events(over), "labels": labels},
        {
            "record": f"wegen:slo_errors:rate{window}",
            # The parts of a histogram are not scraped at one instant: the difference may be a little below nothing.
            "expr": f"clamp_min(\n{objective.errors(over)},\n0)",
            "labels": labels,
        },
    ]


def _budgets(pace: Pace) -> Group:
    rules = [
        {"record": "wegen:slo_budget:ratio", "expr": f"vector({one.budget})", "labels": {"slo": one.name}}
        for one in OBJECTIVES
    ]
    return {"name": "wegen-slo-budgets", "interval": pace("30s"), "rules": rules}


def _engines(pace: Pace) -> Group:
    over = pace("5m")
    rows = f"sum by (model, kind) (rate(wegen_step_rows_total[{over}]))"
    steps = f"sum by (model, kind) (rate(wegen_steps_total[{over}]))"
    rules: list[Rule] = [
        {
            "record": "wegen:slots:use_ratio",
            "expr": "sum by (model) (wegen_slots_in_use) / sum by (model) (wegen_slots)",
        },
        {"record": "wegen:rows_per_step:mean5m", "expr": f"{rows} / ({steps} > 0)\nor 0 * {steps}"},
    ]
    return {"name": "wegen-engines", "interval": pace("30s"), "rules": rules}
