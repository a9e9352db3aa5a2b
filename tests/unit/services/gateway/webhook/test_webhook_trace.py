"""A webhook's call in the trace of its order."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from prometheus_client import CollectorRegistry

from services.gateway.webhook.caller import Caller
from services.gateway.webhook.sender import CallFailedError, Sender
from services.jobs.database import Database
from services.jobs.ledger import Ledger
from services.jobs.operations.calls import Calls
from services.jobs.operations.register import Register
from services.jobs.order import Operation, OperationSpec
from services.migrations import migrate
from services.telemetry.gateway_metrics import GatewayMetrics
from tests.fakes.traces import Traces, parent_id, trace_id, values

TRACE, ORDER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Deaf:
    """A receiver that takes nothing, or everything."""

    def __init__(self, *, takes: bool) -> None:
        self.takes = takes

    def call(self, operation: Operation) -> None:
        if not self.takes:
            raise CallFailedError(f"{operation.webhook} answered 500")


@pytest.mark.parametrize(("takes", "error"), [(True, None), (False, "CallFailedError")])
async def test_each_call_is_a_span_without_the_receivers_address(
    tmp_path: Path, takes: bool, error: str | None
) -> None:
    database, traces = Database(f"sqlite:///{tmp_path}/jobs.sqlite3"), Traces()
    migrate(database)
    register = Register(database, Ledger(database, limit=5), tenant="acme", limit=5)
    spec = OperationSpec(
        tenant="acme",
        key=None,
        digest="d",
        request=b"",
        count=1,
        webhook="https://example.org/secret-path",
        trace=f"00-{TRACE}-{ORDER}-01",
    )
    (operation,) = register.add([spec])
    register.request_cancel(operation.id)
    metrics = GatewayMetrics(CollectorRegistry())
    await Caller(Calls(database, tries=3), cast("Sender", Deaf(takes=takes)), metrics, traces.tracer).once()
    database.close()
    (span,) = traces.named("POST webhook")
    assert (trace_id(span), parent_id(span)) == (TRACE, ORDER)
    assert values(span).get("error.type") == error
    assert values(span)["wegen.operation.id"] == operation.id
    assert "secret" not in span.to_json()
