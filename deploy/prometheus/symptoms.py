"""Alerts on what users feel at once, and on the few causes that objectives see too late. None needs a job label."""

from __future__ import annotations

from deploy.prometheus.alert import Alert
from deploy.prometheus.windows import Pace

QUEUE_AGE_S = 120
BATCH_AGE_S = 6 * 3600
_QUEUED = 'max(wegen_gateway_jobs{state="queued"})'
# A metric of each kind of target that every one of them always has.
_ALWAYS = "wegen_gateway_active_chats|wegen_worker_running_jobs|wegen_slots"
_FULL = 'wegen_gateway_refusals_total{reason=~"TOO_MANY_CHATS|QUEUE_FULL"}'


def alerts(pace: Pace) -> list[Alert]:
    """All of them."""
    return [*_away(pace), *_waiting(pace), *_full(pace), *_failing(pace)]


def _away(pace: Pace) -> list[Alert]:
    ready = "wegen_gateway_dependency_ready"
    return [
        Alert(
            "WegenTritonNotReady",
            f'max({ready}{{dependency="triton"}}) == 0',
            pace("3m"),
            "critical",
            "no gateway reaches a Triton whose models are ready: every chat and picture is refused",
        ),
        Alert(
            "WegenDependencyAway",
            f'max by (dependency) ({ready}{{dependency!="triton"}}) == 0',
            pace("2m"),
            "critical",
            "no gateway reaches the {{ $labels.dependency }}: pictures are refused",
        ),
        Alert(
            "WegenGatewayMissing",
            "absent(wegen_gateway_active_chats)",
            pace("5m"),
            "critical",
            "no gateway is there to be scraped: callers reach nobody, or nothing below can be seen",
        ),
        Alert(
            "WegenWorkersMissing",
            f"absent(wegen_worker_running_jobs) and ({_QUEUED} > 0)",
            pace("5m"),
            "critical",
            "pictures wait and there is no worker",
        ),
        Alert(
            "WegenTargetDown",
            # Only what was ours an hour ago: other targets of the same Prometheus are not our business.
            f"up == 0 and on (job, instance) group by (job, instance) (\n"
            f'  last_over_time({{__name__=~"{_ALWAYS}"}}[{pace("1h")}])\n)',
            pace("10m"),
            "warning",
            "{{ $labels.instance }} does not answer Prometheus, though others of its kind may",
        ),
    ]


def _waiting(pace: Pace) -> list[Alert]:
    ended = f"(sum(increase(wegen_worker_jobs_total[{pace('15m')}])) or vector(0))"
    return [
        Alert(
            "WegenQueueAge",
            f'max(wegen_gateway_queue_age_seconds{{priority="interactive"}}) > {QUEUE_AGE_S}',
            pace("5m"),
            "critical",
            f"pictures that somebody waits for have not begun for more than {QUEUE_AGE_S} s",
        ),
        Alert(
            "WegenBatchQueueAge",
            f'max(wegen_gateway_queue_age_seconds{{priority="batch"}}) > {BATCH_AGE_S}',
            pace("15m"),
            "warning",
            f"batch pictures wait for more than {BATCH_AGE_S // 3600} h: their orders fail after a day",
        ),
        Alert(
            "WegenQueueStalled",
            f"{_QUEUED} > 0 and {ended} == 0",
            pace("10m"),
            "critical",
            "pictures wait and none has ended for a quarter of an hour",
        ),
    ]


def _full(pace: Pace) -> list[Alert]:
    over = pace("10m")
    return [
        Alert(
            "WegenSlotsExhausted",
            "sum by (model) (wegen_slots_in_use) >= 0.95 * sum by (model) (wegen_slots)\n"
            "and sum by (model) (wegen_queue_depth) > 0",
            pace("15m"),
            "warning",
            "all slots of {{ $labels.model }} are taken and requests wait for them",
        ),
        Alert(
            "WegenCapacityRefusals",
            f"sum(rate({_FULL}[{over}])) > 0.05 * sum(rate(wegen_gateway_requests_total[{over}]))\n"
            f"and sum(increase({_FULL}[{over}])) >= 10",
            pace("5m"),
            "warning",
            "more than one call in twenty is refused because chats or pictures are too many",
        ),
    ]


def _failing(pace: Pace) -> list[Alert]:
    over, tries = pace("10m"), "wegen_gateway_webhooks_total"
    failed = f'sum(increase({tries}{{outcome!="delivered"}}[{pace("1h")}]))'
    return [
        Alert(
            "WegenStoreErrors",
            f"{_store('errors_total', over)}\n> 0.01 * ({_store('seconds_count', over)})\n"
            f"and ({_store('errors_total', over)}) * {pace.seconds('10m'):g} >= 5",
            pace("5m"),
            "warning",
            "more than one call of the object store in a hundred fails",
        ),
        Alert(
            "WegenLeaseLosses",
            f'sum(increase(wegen_worker_leases_lost_total{{noticed="sweep"}}[{pace("30m")}])) >= 5',
            "",
            "warning",
            "workers lose their pictures: they die, or stand still for longer than a lease",
        ),
        Alert(
            "WegenJobsWornOut",
            f'sum(increase(wegen_worker_failures_total{{cause="worn_out"}}[{pace("1h")}])) > 0',
            "",
            "warning",
            "a picture was given up because the workers that made it died in turn",
        ),
        Alert(
            "WegenWebhooksFailing",
            f"{failed} > 0.5 * sum(increase({tries}[{pace('1h')}]))\nand {failed} >= 20",
            pace("15m"),
            "warning",
            "most webhooks are not delivered",
        ),
    ]


def _store(series: str, window: str) -> str:
    """Calls a second of gateways and workers; the health check's own, which would drown them, left out."""
    return " + ".join(
        f'(sum(rate(wegen_{service}_store_{series}{{call!="check"}}[{window}])) or vector(0))'
        for service in ("gateway", "worker")
    )
