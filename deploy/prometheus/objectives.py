"""What the service promises, as numbers. They are chosen, not measured: change them here and write the rules anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_TOKEN_S = 1.0
CANCEL_S = 5.0
# Seconds from order to picture, by size class and step class, for those somebody waits for.
IMAGE_S = {
    ("small", "few"): 5.0,
    ("small", "usual"): 10.0,
    ("small", "many"): 20.0,
    ("medium", "few"): 10.0,
    ("medium", "usual"): 20.0,
    ("medium", "many"): 45.0,
    ("large", "few"): 30.0,
    ("large", "usual"): 60.0,
    ("large", "many"): 120.0,
}
_TTFT = "wegen_gateway_time_to_first_token_seconds"
_IMAGE = "wegen_worker_image_seconds"
_CANCEL = "wegen_gateway_cancel_latency_seconds"
_COMPOSING = "wegen_gateway_composition_duration_seconds_count"
_FAULTS = "INTERNAL|UNAVAILABLE|UNKNOWN"

Rate = Callable[[str], str]
"""A PromQL expression of events a second, over the window it is given."""


@dataclass(frozen=True, slots=True)
class Objective:
    """`goal` is the share of `events` that shall not be `errors`; fewer than `least` errors wake nobody.

    `by` names labels that make it several objectives with a budget each. `wakes`: whether it may be worth a night.
    """

    name: str
    alert: str
    goal: float
    events: Rate
    errors: Rate
    least: int
    summary: str
    by: tuple[str, ...] = field(default=())
    wakes: bool = True

    @property
    def budget(self) -> float:
        """The share of events that may be errors."""
        return round(1 - self.goal, 6)


def _slower(metric: str, seconds: float) -> Rate:
    """Observations of a histogram above one of its bounds."""
    bound = f'{metric}_bucket{{le="{seconds}"}}'
    return lambda window: f"sum(rate({metric}_count[{window}])) - sum(rate({bound}[{window}]))"


def _images(window: str) -> str:
    return f'sum by (size, steps) (rate({_IMAGE}_count{{priority="interactive"}}[{window}]))'


def _slow_images(window: str) -> str:
    in_time = "\n  or ".join(
        f'rate({_IMAGE}_bucket{{priority="interactive",size="{size}",steps="{steps}",le="{seconds}"}}[{window}])'
        for (size, steps), seconds in IMAGE_S.items()
    )
    return f"{_images(window)}\n- sum by (size, steps) (\n  {in_time}\n)"


def _failed(window: str) -> str:
    """Pictures that failed, not those whose callers gave them less than a minute, and orders that never had any."""
    return (
        f'(sum(rate(wegen_worker_failures_total{{cause!="hurry"}}[{window}])) or vector(0))\n'
        f'+ (sum(rate({_COMPOSING}{{outcome="failed"}}[{window}])) or vector(0))'
    )


def _ended(window: str) -> str:
    made = f'(sum(rate(wegen_worker_jobs_total{{outcome="succeeded"}}[{window}])) or vector(0))'
    return f"{made}\n+ {_failed(window)}"


def _calls(codes: str) -> Rate:
    return lambda window: f"sum(rate(wegen_gateway_requests_total{{code{codes}}}[{window}]))"


OBJECTIVES = (
    Objective(
        "first_token",
        "WegenFirstTokenBudgetBurn",
        0.99,
        lambda window: f"sum(rate({_TTFT}_count[{window}]))",
        _slower(_TTFT, FIRST_TOKEN_S),
        10,
        f"too many chats wait longer than {FIRST_TOKEN_S:g} s for their first token",
    ),
    Objective(
        "image_latency",
        "WegenImageLatencyBudgetBurn",
        0.95,
        _images,
        _slow_images,
        10,
        "too many {{ $labels.size }} pictures of {{ $labels.steps }} steps take longer than promised",
        by=("size", "steps"),
    ),
    Objective(
        "job_success",
        "WegenJobSuccessBudgetBurn",
        0.99,
        _ended,
        _failed,
        5,
        "too many accepted pictures fail",
    ),
    Objective(
        "cancel_latency",
        "WegenCancelLatencyBudgetBurn",
        0.99,
        lambda window: f"sum(rate({_CANCEL}_count[{window}]))",
        _slower(_CANCEL, CANCEL_S),
        10,
        f"too many cancelled pictures go on for longer than {CANCEL_S:g} s",
        wakes=False,
    ),
    Objective(
        "calls",
        "WegenCallsBudgetBurn",
        0.999,
        _calls('!="CANCELLED"'),
        _calls(f'=~"{_FAULTS}"'),
        10,
        "too many calls end in an error of ours",
    ),
)
