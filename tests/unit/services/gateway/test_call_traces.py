"""What a call leaves in its caller's trace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.trace import SpanKind, StatusCode

from services.protos.wegen.v1 import chat_pb2, image_pb2, image_pb2_grpc, job_pb2
from services.telemetry.messaging import OPERATIONS
from tests.fakes.gateway import FakeGateway
from tests.fakes.generator import dense
from tests.fakes.pictures import png
from tests.fakes.traces import Traces, parent_id, span_id, trace_id, values
from tests.unit.services.gateway.conftest import Caller, picture

WISH = "a red circle on a blue background"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
METADATA = (("traceparent", f"00-{TRACE}-{PARENT}-01"), ("x-request-id", "request-7"))


@pytest.fixture
def traces() -> Traces:
    return Traces()


@pytest.fixture
def fake(tmp_path: Path, traces: Traces) -> FakeGateway:
    return FakeGateway(tmp_path, composes=True, tracer=traces.tracer)


async def _chat(caller: Caller, *content: str | chat_pb2.Part, n: int = 1) -> None:
    parts = [chat_pb2.Part(text=piece) if isinstance(piece, str) else piece for piece in content]
    request = chat_pb2.ChatRequest(content=parts, settings=chat_pb2.ChatSettings(n=n, seed=7))
    async for _ in caller.chats.Chat(request, metadata=METADATA, timeout=20):
        pass


async def test_a_chat_is_a_span_of_its_callers_trace_and_each_phase_one_below(caller: Caller, traces: Traces) -> None:
    await _chat(caller, WISH, n=2)
    spans = traces.ended()
    assert {trace_id(span) for span in spans} == {TRACE}
    (call,) = [span for span in spans if span.kind is SpanKind.SERVER]
    assert (call.name, parent_id(call)) == ("wegen.v1.ChatService/Chat", PARENT)
    assert values(call) == {
        "rpc.system.name": "grpc",
        "rpc.method": "wegen.v1.ChatService/Chat",
        "rpc.response.status_code": "OK",
        "wegen.request.id": "request-7",
    }
    below = {span.name for span in spans if parent_id(span) == span_id(call)}
    assert below == {"rewriting", "picture"}
    (rewriting,) = [span for span in spans if span.name == "rewriting"]
    phases = [(s.name, values(s)["wegen.candidate"]) for s in spans if parent_id(s) == span_id(rewriting)]
    assert sorted(phases) == [("features", 0), ("features", 1), ("words", 0), ("words", 1)]
    outcomes = {values(span)["wegen.job.outcome"] for span in spans if span.name == "picture"}
    assert outcomes == {"succeeded"}


async def test_rewrites_that_are_too_close_are_counted(caller: Caller, fake: FakeGateway, traces: Traces) -> None:
    fake.generator.say = lambda _request, _index: dense("a red circle.")
    await _chat(caller, WISH, n=2)
    (rewriting,) = traces.named("rewriting")
    wanted = {"wanted": 2, "accepted": 1, "duplicate": 3, "kept": 1, "incomplete": 0, "resampled": 3}
    assert values(rewriting) == {f"wegen.rewrites.{name}": count for name, count in wanted.items()}


async def test_a_reference_that_is_encoded_is_a_span(caller: Caller, fake: FakeGateway, traces: Traces) -> None:
    kept = await caller.images.UploadImage(image_pb2.UploadImageRequest(data=png()))
    await _chat(caller, picture(kept.object), "the same in green", n=1)
    (reference,) = traces.named("reference")
    assert values(reference) == {"wegen.object.size": len(fake.store.objects[kept.object])}


@pytest.mark.parametrize(
    ("code", "error"),
    [("NOT_FOUND", None), ("UNAVAILABLE", "UNAVAILABLE")],
)
async def test_only_a_fault_of_ours_is_an_error(
    caller: Caller, fake: FakeGateway, traces: Traces, code: str, error: str | None
) -> None:
    fake.away["triton"] = code == "UNAVAILABLE"
    await fake.dependencies.look_at_all()
    content = [picture("default/images/none.png")] if code == "NOT_FOUND" else [WISH]
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await _chat(caller, *content)
    assert failure.value.code().name == code
    await traces.until("wegen.v1.ChatService/Chat")
    (call,) = traces.named("wegen.v1.ChatService/Chat")
    assert values(call)["rpc.response.status_code"] == code
    assert call.status.status_code is (StatusCode.ERROR if error else StatusCode.UNSET)
    assert values(call).get("error.type") == error


async def test_an_operation_is_composed_in_the_trace_of_its_order(caller: Caller, traces: Traces) -> None:
    order = job_pb2.GenerateImagesRequest(
        content=[chat_pb2.Part(text=WISH)], settings=chat_pb2.ChatSettings(n=2, seed=1)
    )
    await image_pb2_grpc.ImageServiceStub(caller.channel).GenerateImages(order, metadata=METADATA)
    await traces.until(f"process {OPERATIONS}")
    spans = [span for span in traces.ended() if trace_id(span) == TRACE]
    named = {span.name: span for span in spans}
    created, process = named[f"create {OPERATIONS}"], named[f"process {OPERATIONS}"]
    assert parent_id(created) == span_id(named["wegen.v1.ImageService/GenerateImages"])
    assert parent_id(process) == parent_id(named["queue wait"]) == span_id(created)
    assert [link.context.span_id for link in process.links] == [created.context.span_id]
    assert values(process)["wegen.operation.attempt"] == 1
    assert parent_id(named["send wegen.jobs"]) == span_id(process)


async def test_nothing_that_people_wrote_or_uploaded_leaves_by_a_trace(caller: Caller, traces: Traces) -> None:
    kept = await caller.images.UploadImage(image_pb2.UploadImageRequest(data=png()), metadata=METADATA)
    wish = "xylophone zebra"
    await _chat(caller, picture(kept.object), wish, n=2)
    await _chat(caller, wish, n=1)
    order = job_pb2.GenerateImagesRequest(content=[chat_pb2.Part(text=wish)], request_id="k")
    await caller.images.GenerateImages(order, metadata=METADATA)
    written = " ".join(span.to_json() for span in traces.ended())
    assert "wegen.v1.ChatService/Chat" in written
    for secret in ("xylophone", "zebra", "circle", "PNG", "memory://"):
        assert secret not in written


async def test_health_checks_leave_no_trace(caller: Caller, traces: Traces) -> None:
    await health_pb2_grpc.HealthStub(caller.channel).Check(health_pb2.HealthCheckRequest(), metadata=METADATA)
    assert traces.ended() == []


@pytest_asyncio.fixture
async def caller(fake: FakeGateway) -> AsyncIterator[Caller]:
    address = await fake.start()
    async with grpc.aio.insecure_channel(address) as channel:
        yield Caller(channel)
    await fake.stop()
