from __future__ import annotations

import asyncio

from bench.chats import Gateway
from services.protos.wegen.v1.chat_pb2 import REWRITE_OFF, REWRITE_ON, TASK_GENERATE, ChatSettings
from tests.e2e.conftest import Meters
from tests.e2e.pixels import difference

CHATS, PICTURES = 8, 4
COLOURS = ("red", "green", "blue", "yellow", "white", "black", "orange", "purple")


async def test_eight_chats_of_four_pictures_all_end_and_share_steps(gateway: Gateway, meters: Meters) -> None:
    before = await meters.triton_settled()
    settings = ChatSettings(n=PICTURES, rewrite=REWRITE_ON, max_tokens=64, seed=1)
    answers = await asyncio.gather(*(gateway.chat(f"a {colour} circle", settings=settings) for colour in COLOURS))
    assert all(answer.finished for answer in answers)
    assert [len(answer.images) for answer in answers] == [PICTURES] * CHATS
    assert len({image.object for answer in answers for image in answer.images}) == CHATS * PICTURES
    between = (await meters.triton_settled()).since(before)
    assert between.rows_per_step("sdxl_denoiser", "denoise") > 1
    assert between.rows_per_step("llama_feature_generator", "decode") > 1


async def test_events_of_a_picture_come_in_order(gateway: Gateway) -> None:
    settings = ChatSettings(task=TASK_GENERATE, rewrite=REWRITE_ON, steps=4, preview_every=2, seed=9)
    answer = await gateway.chat("a red circle", settings=settings)
    kinds = [event.WhichOneof("event") for event in answer.events]
    assert kinds[0] == "started"
    assert kinds[-1] == "finished"
    order = [kinds.index(kind) for kind in ("started", "rewrite_done", "image_queued", "image_progress", "image_done")]
    assert order == sorted(order)
    steps = [event.image_progress.step for event in answer.events if event.HasField("image_progress")]
    assert steps == sorted(steps)
    assert all(event.image_progress.steps == 4 for event in answer.events if event.HasField("image_progress"))
    previews = [event.image_preview for event in answer.events if event.HasField("image_preview")]
    assert previews
    assert (await gateway.picture(previews[0].object)).startswith(b"\x89PNG")


async def test_the_same_seed_gives_the_same_picture_alone_and_under_load(gateway: Gateway) -> None:
    settings = ChatSettings(rewrite=REWRITE_ON, seed=77, max_tokens=64)

    async def picture() -> bytes:
        answer = await gateway.chat("a yellow triangle", settings=settings)
        return await gateway.picture(answer.images[0].object)

    async def load(seed: int) -> None:
        other = ChatSettings(rewrite=REWRITE_ON, n=2, seed=seed, max_tokens=64)
        await gateway.chat(f"a {COLOURS[seed]} square", settings=other)

    first, second = await picture(), await picture()
    assert difference(first, second) <= 2
    loaded, _ = await asyncio.gather(picture(), asyncio.gather(*(load(seed) for seed in range(6))))
    assert difference(first, loaded) <= 2


async def test_different_seeds_give_different_pictures(gateway: Gateway) -> None:
    answers = [
        await gateway.chat("a red circle", settings=ChatSettings(rewrite=REWRITE_OFF, seed=seed)) for seed in (1, 2)
    ]
    one, other = [await gateway.picture(answer.images[0].object) for answer in answers]
    assert difference(one, other) > 2


async def test_a_pictures_own_seed_gives_it_again(gateway: Gateway) -> None:
    several = await gateway.chat("a red circle", settings=ChatSettings(rewrite=REWRITE_OFF, seed=4, n=3, steps=5))
    wanted = several.images[2]
    again = await gateway.chat("a red circle", settings=ChatSettings(rewrite=REWRITE_OFF, seed=wanted.seed, steps=5))
    first, second = await gateway.picture(wanted.object), await gateway.picture(again.images[0].object)
    assert difference(first, second) <= 2
