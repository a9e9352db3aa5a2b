from __future__ import annotations

from bench.chats import Gateway
from services.manifest import Manifest
from services.protos.wegen.v1.chat_pb2 import REWRITE_OFF, TASK_CHAT, TASK_GENERATE, ChatSettings
from tests.e2e.pixels import decode, png

QUICK = ChatSettings(steps=4, seed=3, rewrite=REWRITE_OFF, max_tokens=16)


async def test_a_second_message_can_refer_to_the_first_picture(gateway: Gateway, manifest: Manifest) -> None:
    first = await gateway.chat("a red circle", settings=QUICK)
    again = ChatSettings(steps=4, seed=3, task=TASK_GENERATE, max_tokens=16)
    second = await gateway.chat(
        "the same as ", first.images[0], " but green", conversation=first.conversation, settings=again
    )
    assert second.conversation == first.conversation
    assert second.usage.prompt_tokens >= manifest.features
    picture = await gateway.picture(second.images[0].object)
    assert decode(picture).shape == (manifest.image_size, manifest.image_size, 3)


async def test_the_model_sees_the_first_picture_without_being_shown_it_again(
    gateway: Gateway, manifest: Manifest
) -> None:
    words = ChatSettings(task=TASK_CHAT, max_tokens=8, seed=1)
    first = await gateway.chat("a red circle", settings=QUICK)
    second = await gateway.chat("what colour is it?", conversation=first.conversation, settings=words)
    alone = await gateway.chat("what colour is it?", settings=words)
    assert second.finished
    assert second.usage.prompt_tokens >= alone.usage.prompt_tokens + manifest.features


async def test_three_uploaded_references_make_a_picture(gateway: Gateway) -> None:
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
    one, two, three = [await gateway.upload(png(colour=colour)) for colour in colours]
    settings = ChatSettings(steps=4, seed=1, task=TASK_GENERATE, max_tokens=16)
    answer = await gateway.chat("a ", one, " beside a ", two, " and a ", three, settings=settings)
    assert len(answer.images) == 1


async def test_the_same_upload_has_the_same_name(gateway: Gateway) -> None:
    first, second = await gateway.upload(png()), await gateway.upload(png())
    assert first.object == second.object
    assert (first.width, first.height) == (96, 64)
