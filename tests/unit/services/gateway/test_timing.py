"""What counts as the wait for a first token."""

from __future__ import annotations

import asyncio
import time

import pytest
from prometheus_client import CollectorRegistry

from services.errors import DeadlineExceededError, InternalError
from services.gateway.call import Call
from services.gateway.timing import FirstToken
from services.telemetry.gateway_metrics import GatewayMetrics


@pytest.fixture
def metrics() -> GatewayMetrics:
    return GatewayMetrics(CollectorRegistry())


def begun(seconds_ago: float, *, heard: bool = True) -> Call:
    return Call("r", 600, began=time.monotonic() - seconds_ago, heard=heard)


def waits(metrics: GatewayMetrics, bound: str) -> float | None:
    return metrics.registry.get_sample_value("wegen_gateway_time_to_first_token_seconds_bucket", {"le": bound})


def test_only_the_first_token_counts(metrics: GatewayMetrics) -> None:
    first = FirstToken(begun(0), metrics)
    first.saw()
    first.saw()
    assert waits(metrics, "+Inf") == 1


@pytest.mark.parametrize("end", [asyncio.CancelledError(), DeadlineExceededError("late")])
def test_who_was_given_nothing_until_the_end_has_waited_so_long(metrics: GatewayMetrics, end: BaseException) -> None:
    with pytest.raises(type(end)), FirstToken(begun(30), metrics).awaited():
        raise end
    assert (waits(metrics, "10.0"), waits(metrics, "+Inf")) == (0, 1)


def test_who_had_his_token_before_the_end_counts_once(metrics: GatewayMetrics) -> None:
    first = FirstToken(begun(0), metrics)
    first.saw()
    with pytest.raises(asyncio.CancelledError), first.awaited():
        raise asyncio.CancelledError
    assert waits(metrics, "+Inf") == 1


def test_an_error_is_no_quick_token(metrics: GatewayMetrics) -> None:
    with pytest.raises(InternalError), FirstToken(begun(0), metrics).awaited():
        raise InternalError("ours")
    assert waits(metrics, "+Inf") == 0


def test_an_order_that_nobody_listens_to_has_no_first_token(metrics: GatewayMetrics) -> None:
    FirstToken(begun(30, heard=False), metrics).saw()
    assert waits(metrics, "+Inf") == 0
