"""Series of good and bad events for each objective."""

from __future__ import annotations

from collections.abc import Callable

Traffic = Callable[[float, float], dict[str, str]]
MINUTES = 120


def _grows(a_minute: float) -> str:
    return f"0+{a_minute}x{MINUTES}"


def _histogram(metric: str, bound: str, labels: str = "") -> Traffic:
    def made(good: float, bad: float) -> dict[str, str]:
        inner = f"{labels}," if labels else ""
        return {
            f"{metric}_count{{{labels}}}": _grows(good + bad),
            f'{metric}_bucket{{{inner}le="{bound}"}}': _grows(good),
        }

    return made


def _jobs(good: float, bad: float) -> dict[str, str]:
    return {
        'wegen_worker_jobs_total{outcome="succeeded"}': _grows(good),
        'wegen_worker_jobs_total{outcome="failed"}': _grows(bad + 9),
        'wegen_worker_failures_total{cause="model"}': _grows(bad),
        'wegen_worker_failures_total{cause="hurry"}': _grows(9),
        'wegen_worker_jobs_total{outcome="cancelled"}': _grows(7),
    }


def _calls(good: float, bad: float) -> dict[str, str]:
    return {
        'wegen_gateway_requests_total{code="OK"}': _grows(good),
        'wegen_gateway_requests_total{code="UNAVAILABLE"}': _grows(bad),
        'wegen_gateway_requests_total{code="CANCELLED"}': _grows(7),
    }


# Events a minute of one kind that keep a promise and that break it.
TRAFFIC: dict[str, Traffic] = {
    "first_token": _histogram("wegen_gateway_time_to_first_token_seconds", "1.0"),
    "image_latency": _histogram(
        "wegen_worker_image_seconds", "20.0", 'priority="interactive",size="medium",steps="usual"'
    ),
    "job_success": _jobs,
    "cancel_latency": _histogram("wegen_gateway_cancel_latency_seconds", "5.0"),
    "calls": _calls,
}
CLASSES = {"image_latency": {"size": "medium", "steps": "usual"}}
