"""Pictures of a size that was asked for, in a chat and in an order."""

from __future__ import annotations

import grpc
import pytest

from services.protos.wegen.v1 import chat_pb2, image_pb2, job_pb2
from services.size import Size
from tests.fakes.gateway import FakeGateway
from tests.unit.services.gateway.conftest import Caller
from tests.unit.services.gateway.errors import refusal

WISH = "a red circle on a blue background"


async def test_a_chats_pictures_have_the_size_asked_for(caller: Caller, fake: FakeGateway) -> None:
    events = await caller.events(WISH, n=2, size=(24, 16))
    assert [spec.size for spec in fake.jobs.specs] == [Size(24, 16)] * 2
    done = [event.image_done for event in events if event.HasField("image_done")]
    assert [(one.width, one.height) for one in done] == [(24, 16)] * 2


async def test_without_a_size_it_is_the_models_own(caller: Caller, fake: FakeGateway) -> None:
    await caller.events(WISH)
    assert [spec.size for spec in fake.jobs.specs] == [Size(16, 16)]


@pytest.mark.parametrize("size", [(16, 24), (24, 24), (0, 0), (16, 0)])
async def test_another_size_is_refused_with_those_there_are(
    caller: Caller, fake: FakeGateway, size: tuple[int, int]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.events(WISH, size=size)
    refused = refusal(caught.value)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (refused.fields, refused.reason) == (["size"], "UNKNOWN_SIZE")
    assert f"{size[0]}x{size[1]} is none of the model's: 16x16, 24x16" in refused.message
    assert not fake.generator.requests


async def test_an_order_is_refused_in_the_same_words(caller: Caller) -> None:
    order = job_pb2.GenerateImagesRequest(
        content=[chat_pb2.Part(text=WISH)], size=job_pb2.ImageSize(width=16, height=24)
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.images.GenerateImages(order, timeout=10)
    assert refusal(caught.value).message == "size: 16x24 is none of the model's: 16x16, 24x16"


async def test_a_client_learns_the_sizes(caller: Caller) -> None:
    model = await caller.images.GetModel(image_pb2.GetModelRequest(), timeout=10)
    assert [(size.width, size.height) for size in model.sizes] == [(16, 16), (24, 16)]
    assert (model.model, model.steps, model.guidance) == ("fake", 4, 3.0)
