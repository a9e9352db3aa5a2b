"""Bad input and absent dependencies: an exact status, and nothing started."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from services.errors import UnavailableError
from services.protos.wegen.v1 import chat_pb2, image_pb2
from tests.fakes.gateway import CONTEXT, FakeGateway
from tests.fakes.pictures import png
from tests.unit.services.gateway.conftest import Caller, picture
from tests.unit.services.gateway.errors import Refusal, refusal

UNKNOWN = f"default/references/{'0' * 64}.png"
WISH = "a red circle"


async def refused(caller: Caller, *content: Any, **options: Any) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.events(*content, **options)
    return refusal(caught.value)


def instance(phrase: str = "a star", *edges: float, name: str | None = None) -> chat_pb2.Part:
    """A thing with its box, where `edges` are given, and its picture."""
    box = chat_pb2.Box(**dict(zip(("left", "top", "right", "bottom"), edges, strict=True))) if edges else None
    image = None if name is None else chat_pb2.ImageReference(object=name)
    return chat_pb2.Part(instance=chat_pb2.Instance(phrase=phrase, box=box, image=image))


def nothing_started(fake: FakeGateway) -> bool:
    return not (fake.generator.requests or fake.jobs.specs or fake.encoder.images)


@pytest.mark.parametrize(
    ("content", "settings", "field", "reason"),
    [
        ((), {}, "content", "EMPTY_MESSAGE"),
        (("  \n ", ""), {}, "content", "EMPTY_MESSAGE"),
        ((chat_pb2.Part(),), {}, "content[0]", "INVALID_FIELD"),
        ((picture(""),), {}, "content[0].image.object", "INVALID_FIELD"),
        (("a", picture("../../etc/passwd")), {}, "content[1].image.object", "BAD_NAME"),
        (("a", picture("x" * 600)), {}, "content[1].image.object", "INVALID_FIELD"),
        (tuple(picture(UNKNOWN) for _ in range(4)), {}, "content", "TOO_MANY_REFERENCES"),
        ((*(instance(name=UNKNOWN) for _ in range(3)), picture(UNKNOWN)), {}, "content", "TOO_MANY_REFERENCES"),
        ((instance(name="../x"),), {}, "content[0].instance.image.object", "BAD_NAME"),
        ((instance("", 0, 0, 1, 1),), {}, "content[0].instance.phrase", "INVALID_FIELD"),
        ((instance("x" * 201, 0, 0, 1, 1),), {}, "content[0].instance.phrase", "INVALID_FIELD"),
        ((instance("a</p>", 0, 0, 1, 1),), {}, "content[0].instance.phrase", "INVALID_FIELD"),
        (("a", instance()), {}, "content[1].instance", "INVALID_FIELD"),
        ((instance("a", 0, -0.1, 1, 1),), {}, "content[0].instance.box.top", "OUT_OF_RANGE"),
        ((instance("a", 0, 0, float("nan"), 1),), {}, "content[0].instance.box.right", "OUT_OF_RANGE"),
        ((instance("a", 0.5, 0, 0.5, 1),), {}, "content[0].instance.box.right", "INVALID_FIELD"),
        ((instance("a", 0, 0, 1, 1),), {"rewrite": chat_pb2.REWRITE_ON}, "settings.rewrite", "INVALID_FIELD"),
        (("a",) * 17, {}, "content", "INVALID_FIELD"),
        (("a" * 16001,), {}, "content", "PROMPT_TOO_LONG"),
        (("word " * 2000,), {}, "content", "PROMPT_TOO_LONG"),
        ((WISH,), {"n": 0}, "settings.n", "OUT_OF_RANGE"),
        ((WISH,), {"n": 9}, "settings.n", "OUT_OF_RANGE"),
        ((WISH,), {"seed": 2**63}, "settings.seed", "OUT_OF_RANGE"),
        ((WISH,), {"steps": 0}, "settings.steps", "OUT_OF_RANGE"),
        ((WISH,), {"steps": 101}, "settings.steps", "OUT_OF_RANGE"),
        ((WISH,), {"guidance": -0.1}, "settings.guidance", "OUT_OF_RANGE"),
        ((WISH,), {"guidance": float("nan")}, "settings.guidance", "OUT_OF_RANGE"),
        ((WISH,), {"guidance": float("inf")}, "settings.guidance", "OUT_OF_RANGE"),
        ((WISH,), {"temperature": 2.1}, "settings.temperature", "OUT_OF_RANGE"),
        ((WISH,), {"temperature": 0.001}, "settings.temperature", "OUT_OF_RANGE"),
        ((WISH,), {"temperature": float("nan")}, "settings.temperature", "OUT_OF_RANGE"),
        ((WISH,), {"top_p": 0.0}, "settings.top_p", "OUT_OF_RANGE"),
        ((WISH,), {"top_p": float("nan")}, "settings.top_p", "OUT_OF_RANGE"),
        ((WISH,), {"feature_guidance": 10.5}, "settings.feature_guidance", "OUT_OF_RANGE"),
        ((WISH,), {"max_tokens": 0}, "settings.max_tokens", "OUT_OF_RANGE"),
        ((WISH,), {"max_tokens": 1025}, "settings.max_tokens", "OUT_OF_RANGE"),
        ((WISH,), {"preview_every": 101}, "settings.preview_every", "OUT_OF_RANGE"),
        ((WISH,), {"task": 9}, "settings.task", "INVALID_FIELD"),
        ((WISH, picture(UNKNOWN)), {"rewrite": chat_pb2.REWRITE_ON}, "settings.rewrite", "INVALID_FIELD"),
        ((WISH,), {"conversation": "x" * 65}, "conversation_id", "INVALID_FIELD"),
    ],
)
async def test_a_wrong_field_is_named(
    caller: Caller, fake: FakeGateway, *, content: Any, settings: dict[str, Any], field: str, reason: str
) -> None:
    refused_as = await refused(caller, *content, **settings)
    assert (refused_as.code, refused_as.fields, refused_as.reason) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        [field],
        reason,
    )
    assert nothing_started(fake)


async def test_a_prompt_too_long_names_both_numbers(caller: Caller) -> None:
    message = (await refused(caller, "word " * 1200, rewrite=chat_pb2.REWRITE_OFF)).message
    assert str(CONTEXT) in message
    assert str(CONTEXT - 67) in message


@pytest.mark.parametrize("name", [UNKNOWN, "default/images/none.png", f"other/references/{'0' * 64}.png"])
async def test_an_unknown_reference_is_not_found(caller: Caller, fake: FakeGateway, name: str) -> None:
    fake.store.objects[f"other/references/{'0' * 64}.png"] = png()
    refused_as = await refused(caller, "describe", picture(name))
    assert (refused_as.code, refused_as.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_IMAGE")
    assert nothing_started(fake)


async def test_an_unknown_conversation_is_not_found(caller: Caller, fake: FakeGateway) -> None:
    refused_as = await refused(caller, WISH, conversation="no-such")
    assert (refused_as.code, refused_as.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_CONVERSATION")
    assert nothing_started(fake)


@pytest.mark.parametrize("dependency", ["triton", "redis", "store"])
async def test_a_dependency_that_is_down_is_named_and_recovers(
    caller: Caller, fake: FakeGateway, dependency: str
) -> None:
    fake.away[dependency] = True
    await fake.dependencies.look_at_all()
    refused_as = await refused(caller, WISH)
    assert refused_as.code is grpc.StatusCode.UNAVAILABLE
    assert refused_as.metadata["dependency"] == dependency
    assert refused_as.retry_seconds
    assert nothing_started(fake)
    fake.away[dependency] = False
    assert (await caller.events(WISH))[-1].finished.images == 1


async def test_a_dependency_lost_under_way_ends_the_call_and_stops_the_rest(caller: Caller, fake: FakeGateway) -> None:
    fake.jobs.submit_error = UnavailableError("redis", "gone")
    refused_as = await refused(caller, WISH, n=3)
    assert (refused_as.code, refused_as.metadata["dependency"]) == (grpc.StatusCode.UNAVAILABLE, "redis")
    assert fake.generator.running == 0
    fake.jobs.submit_error = None
    fake.generator.error = UnavailableError("triton", "nobody at 10.0.0.7:8001")
    refused_as = await refused(caller, WISH)
    assert refused_as.metadata["dependency"] == "triton"
    assert "10.0.0.7" not in refused_as.message


async def test_a_store_that_fails_before_health_noticed_is_named(caller: Caller, fake: FakeGateway) -> None:
    fake.store.down = True
    assert (await refused(caller, "describe", picture(UNKNOWN))).metadata["dependency"] == "store"
    fake.store.down = False


async def test_text_needs_no_queue(caller: Caller, fake: FakeGateway) -> None:
    fake.away["redis"] = True
    await fake.dependencies.look_at_all()
    assert (await caller.events("What is this?"))[-1].HasField("finished")


async def test_faults_of_ours_tell_no_insides(caller: Caller, fake: FakeGateway) -> None:
    def broken(_request: object, _index: int) -> str:
        raise KeyError("secret")

    fake.generator.say = broken
    refused_as = await refused(caller, WISH)
    assert refused_as.code is grpc.StatusCode.INTERNAL
    assert "secret" not in refused_as.message


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (image_pb2.UploadImageRequest(), "INVALID_FIELD"),
        (image_pb2.UploadImageRequest(data=b""), "NOT_AN_IMAGE"),
        (image_pb2.UploadImageRequest(data=b"not a picture"), "NOT_AN_IMAGE"),
        (image_pb2.UploadImageRequest(data=png()[:-30]), "NOT_AN_IMAGE"),
        (image_pb2.UploadImageRequest(data=png(kind="GIF")), "NOT_AN_IMAGE"),
        (image_pb2.UploadImageRequest(data=png(300, 300)), "IMAGE_TOO_LARGE"),
        (image_pb2.UploadImageRequest(data=bytes(64 * 1024 + 1)), "IMAGE_TOO_LARGE"),
        (image_pb2.UploadImageRequest(data=bytes(8 * 1024 * 1024)), "IMAGE_TOO_LARGE"),
        (image_pb2.UploadImageRequest(object="../x"), "BAD_NAME"),
    ],
)
async def test_what_is_no_acceptable_picture_is_not_kept(
    caller: Caller, fake: FakeGateway, request_: image_pb2.UploadImageRequest, reason: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.images.UploadImage(request_)
    refused_as = refusal(caught.value)
    assert (refused_as.code, refused_as.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
    assert fake.store.objects == {}
