"""What monitoring sees of the real stack: traffic in every panel, an outage in the right alert, its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import grpc
import pytest
from google.longrunning import operations_pb2, operations_pb2_grpc

from bench.chats import Gateway, part
from deploy.grafana.__main__ import boards
from deploy.grafana.chart import OVER
from deploy.local.stack import Stack
from deploy.prometheus import catalogue
from services.engine import triton_metrics
from services.protos.wegen.v1 import job_pb2
from services.protos.wegen.v1.chat_pb2 import REWRITE_OFF, REWRITE_ON, ChatSettings
from tests.e2e.conftest import Eventually, Meters
from tests.e2e.prometheus import Prometheus, prometheus

RATE = "10s"


@pytest.fixture(scope="module")
def watcher(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with prometheus(stack.settings, tmp_path_factory.mktemp("prometheus")) as watcher:
        yield watcher


async def _chats(gateway: Gateway) -> None:
    settings = ChatSettings(rewrite=REWRITE_ON, n=2, max_tokens=64, preview_every=5)
    for wish in ("a red circle", "a blue heart"):
        assert (await gateway.chat(wish, settings=settings)).finished
    assert (await gateway.chat("How many things are there?")).finished


async def _order(gateway: Gateway, stack: Stack) -> None:
    """One order that ends, and one that is cancelled while it runs."""
    async with grpc.aio.insecure_channel(stack.settings.gateway_address) as channel:
        operations = operations_pb2_grpc.OperationsStub(channel)
        ends = await gateway.image_service.GenerateImages(_request(10), timeout=30)
        stops = await gateway.image_service.GenerateImages(_request(100, n=4), timeout=30)
        await operations.WaitOperation(operations_pb2.WaitOperationRequest(name=ends.name), timeout=120)
        async for event in gateway.image_service.WatchJob(job_pb2.WatchJobRequest(name=stops.name), timeout=120):
            if event.HasField("image") and event.image.step:
                break
        await operations.CancelOperation(operations_pb2.CancelOperationRequest(name=stops.name), timeout=30)
        await operations.WaitOperation(operations_pb2.WaitOperationRequest(name=stops.name), timeout=60)


def _request(steps: int, n: int = 1) -> job_pb2.GenerateImagesRequest:
    settings = ChatSettings(rewrite=REWRITE_OFF, steps=steps, n=n)
    return job_pb2.GenerateImagesRequest(content=[part("a green star")], settings=settings)


async def _refused(gateway: Gateway) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await gateway.upload(b"not a picture")
    with pytest.raises(grpc.aio.AioRpcError):
        await gateway.chat("a red circle", settings=ChatSettings(rewrite=REWRITE_OFF, n=4, steps=100), timeout=1)


async def test_under_load_every_rule_and_every_panel_has_data(
    stack: Stack, gateway: Gateway, watcher: Prometheus, eventually: Eventually
) -> None:
    # Counters whose beginning was not scraped have no rate.
    await eventually(lambda: watcher.has_data("sum(up) == 3", 3), "three targets that are scraped")
    began = time.time()
    recorded = {rule["name"] for rule in watcher.rules() if rule["type"] == "recording"}
    charts = [(board.title, chart) for board in boards() for chart in board.charts]
    queries = {(title, chart.title, curve.expr) for title, chart in charts for curve in chart.curves}
    await asyncio.gather(_chats(gateway), _order(gateway, stack), _refused(gateway))
    lacking: list[object] = []

    def complete() -> bool:
        seconds = time.time() - began
        lacking[:] = [name for name in recorded if not watcher.has_data(name, seconds)]
        lacking.extend(query for query in queries if not watcher.has_data(query[2].replace(OVER, RATE), seconds))
        return not lacking

    try:
        await eventually(complete, "data for every recording rule and every panel")
    except AssertionError as error:
        raise AssertionError(f"without data: {lacking}") from error
    assert len(recorded) > 20
    assert [rule for rule in watcher.rules() if rule["health"] != "ok"] == []


def test_pages_show_only_metrics_labels_and_values_of_the_catalogue(stack: Stack, meters: Meters) -> None:
    known = catalogue.series()
    for reading in (meters.gateway(), meters.worker(), meters.triton()):
        samples = [(name, dict(labels)) for name, labels in reading.values if not name.endswith("_created")]
        ours = [(name, labels) for name, labels in samples if name.startswith("wegen_")]
        assert ours
        for name, labels in ours:
            labels.pop("le", None)
            assert set(labels) == set(known[name].labels), name
            assert all(value in known[name].values[label] for label, value in labels.items()), (name, labels)
    shown = {name for name, _ in meters.triton().values}
    assert {family.name for family in triton_metrics.FAMILIES} <= shown


async def test_without_triton_the_right_alert_fires_and_it_ends_when_triton_is_back(
    stack: Stack, watcher: Prometheus, eventually: Eventually
) -> None:
    alert = "WegenTritonNotReady"
    await eventually(lambda: alert not in watcher.firing(), f"no {alert} to begin with")
    stack.supervisor.stop_program("triton")
    try:
        await eventually(lambda: alert in watcher.firing(), f"{alert} fires")
        assert "WegenGatewayMissing" not in watcher.firing()
    finally:
        stack.supervisor.start_program("triton")
    await eventually(lambda: alert not in watcher.firing(), f"{alert} has ended")
