"""The chat flow over a real channel, with fakes behind the gateway."""

from __future__ import annotations

from collections import Counter

import grpc
import numpy as np
import pytest

from services.gateway import seeds
from services.inference.generator import ImageMode
from services.protos.wegen.v1 import chat_pb2, image_pb2
from tests.fakes.gateway import FakeGateway
from tests.fakes.generator import dense, features_of
from tests.fakes.pictures import png
from tests.unit.services.gateway.conftest import Caller, picture

WISH = "a red circle on a blue background"


def kinds(events: list[chat_pb2.ChatResponse]) -> list[str]:
    return [str(event.WhichOneof("event")) for event in events]


def of_kind(events: list[chat_pb2.ChatResponse], kind: str) -> list[object]:
    return [getattr(event, kind) for event in events if event.WhichOneof("event") == kind]


async def test_a_vague_wish_is_rewritten_and_each_rewrite_becomes_a_picture(caller: Caller, fake: FakeGateway) -> None:
    events = await caller.events(WISH, n=4, seed=7)
    counted = Counter(kinds(events))
    assert kinds(events)[0] == "started"
    assert kinds(events)[-2:] == ["usage", "finished"]
    assert (counted["rewrite_done"], counted["image_queued"], counted["image_done"]) == (4, 4, 4)
    assert counted["image_progress"] == 16
    assert events[-1].finished.images == 4
    assert len(fake.generator.requests) == 1
    assert [sampling.seed for sampling in fake.generator.requests[0].sampling] == [
        seeds.derived(7, i) for i in range(4)
    ]
    assert {(s.top_p, s.temperature) for s in fake.generator.requests[0].sampling} == {(0.9, 0.8)}
    assert fake.generator.requests[0].image is ImageMode.FORCE


async def test_each_picture_is_made_from_its_own_rewrite(caller: Caller, fake: FakeGateway) -> None:
    events = await caller.events(WISH, n=3, seed=7)
    made = {event.image_done.image: event.image_done for event in events if event.HasField("image_done")}
    assert {image: done.seed for image, done in made.items()} == {i: seeds.derived(7, i) for i in range(3)}
    for spec in fake.jobs.specs:
        np.testing.assert_array_equal(spec.features, features_of(spec.seed))
        assert (spec.steps, spec.guidance, spec.tenant) == (4, 3.0, "default")
    assert all(done.url.startswith("memory://") and done.width == 16 for done in made.values())


async def test_the_deltas_of_a_rewrite_make_its_caption(caller: Caller, fake: FakeGateway) -> None:
    events = await caller.events(WISH, n=2, seed=1)
    grown = {0: "", 1: ""}
    for event in events:
        if event.HasField("rewrite_delta"):
            grown[event.rewrite_delta.candidate] += event.rewrite_delta.text
    done = {event.rewrite_done.candidate: event.rewrite_done.text for event in events if event.HasField("rewrite_done")}
    assert grown == done
    assert done[0] == "a large red circle stands in the middle of a plain blue picture."


async def test_near_duplicates_are_replaced_by_new_seeds(caller: Caller, fake: FakeGateway) -> None:
    first = ("a red circle.", "A red  circle", "a blue sea under a red sun.")
    later = iter(("a red circle!", "something else entirely, in green."))
    fake.generator.say = lambda request, index: dense(first[index] if len(request.sampling) == 3 else next(later))
    events = await caller.events(WISH, n=3, seed=5)
    outcomes = {e.rewrite_done.candidate: e.rewrite_done.outcome for e in events if e.HasField("rewrite_done")}
    assert outcomes == {
        0: chat_pb2.REWRITE_OUTCOME_ACCEPTED,
        1: chat_pb2.REWRITE_OUTCOME_DUPLICATE,
        2: chat_pb2.REWRITE_OUTCOME_ACCEPTED,
        3: chat_pb2.REWRITE_OUTCOME_DUPLICATE,
        4: chat_pb2.REWRITE_OUTCOME_ACCEPTED,
    }
    made = {event.image_done.image: event.image_done.seed for event in events if event.HasField("image_done")}
    assert made == {0: 5, 1: seeds.derived(5, 4), 2: seeds.derived(5, 2)}


async def test_when_the_budget_is_spent_duplicates_are_kept(caller: Caller, fake: FakeGateway) -> None:
    fake.generator.say = lambda _request, _index: dense("always the same.")
    events = await caller.events(WISH, n=3, seed=5)
    outcomes = Counter(e.rewrite_done.outcome for e in events if e.HasField("rewrite_done"))
    assert outcomes[chat_pb2.REWRITE_OUTCOME_DUPLICATE] == fake.resamples
    assert outcomes[chat_pb2.REWRITE_OUTCOME_KEPT] == 2
    assert events[-1].finished.images == 3
    assert len({spec.seed for spec in fake.jobs.specs}) == 3


async def test_rewrites_without_end_fail_their_pictures_after_the_budget(caller: Caller, fake: FakeGateway) -> None:
    fake.generator.pictures = False
    events = await caller.events(WISH, n=2)
    assert Counter(kinds(events))["image_failed"] == 2
    assert events[-1].finished.images == 0
    assert fake.jobs.specs == []


async def test_without_rewriting_one_set_of_features_makes_n_pictures(caller: Caller, fake: FakeGateway) -> None:
    events = await caller.events(WISH, n=2, seed=9, rewrite=chat_pb2.REWRITE_OFF, steps=2, guidance=0.0)
    request = fake.generator.requests[0]
    assert request.ids[-1] == fake.words.tokens.image_start
    assert (len(request.sampling), request.max_tokens) == (1, 0)
    assert [(s.seed, s.steps, s.guidance) for s in fake.jobs.specs] == [(9, 2, 0.0), (seeds.derived(9, 1), 2, 0.0)]
    assert "rewrite_done" not in kinds(events)


async def test_a_question_about_an_upload_is_answered_in_text(caller: Caller, fake: FakeGateway) -> None:
    fake.generator.say = lambda _request, _index: "It is red, é 漢."
    upload = await caller.images.UploadImage(image_pb2.UploadImageRequest(data=png()))
    events = await caller.events(picture(upload.object), "What colour is it?")
    assert (
        "".join(event.text_delta.text for event in events if event.HasField("text_delta")).strip() == "It is red, é 漢."
    )
    request = fake.generator.requests[0]
    assert request.image is ImageMode.NEVER
    assert request.features is not None
    assert request.features.shape == (64, 8)
    assert len(request.feature_positions) == 64
    assert events[-2].usage.prompt_tokens == len(request.ids)
    assert fake.jobs.specs == []


async def test_an_instance_is_painted_where_and_as_it_is_shown(caller: Caller, fake: FakeGateway) -> None:
    upload = await caller.images.UploadImage(image_pb2.UploadImageRequest(data=png()))
    star = chat_pb2.Instance(
        phrase="the star",
        box=chat_pb2.Box(left=0.5, top=0.0, right=1.0, bottom=0.5),
        image=chat_pb2.ImageReference(object=upload.object),
    )
    events = await caller.events("Paint", chat_pb2.Part(instance=star), "on a blue background")
    request, tokens = fake.generator.requests[0], fake.words.tokens
    assert request.image is ImageMode.FORCE
    assert [token - tokens.location_first for token in request.ids if token >= tokens.location_first] == [
        112,
        0,
        223,
        111,
    ]
    assert len(request.feature_positions) == 64
    assert "image_done" in kinds(events)
    await caller.events("make it green", conversation=events[0].started.conversation_id)
    assert fake.generator.requests[1].ids[: len(request.ids)] == request.ids, "the box is remembered"


async def test_a_second_message_sees_the_first_picture(caller: Caller, fake: FakeGateway) -> None:
    first = await caller.events(WISH)
    name = next(event.image_done.object for event in first if event.HasField("image_done"))
    conversation = first[0].started.conversation_id
    second = await caller.events("make it green", conversation=conversation)
    request = fake.generator.requests[-1]
    assert second[0].started.conversation_id == conversation
    assert request.features is not None
    assert fake.encoder.images == [fake.store.objects[name]]
    assert request.image is ImageMode.ALLOW
    assert request.ids.count(fake.words.tokens.bos) == 2
    await caller.events("make it blue", conversation=conversation)
    assert len(fake.encoder.images) == 2, "the first picture's features are remembered"


async def test_a_failed_job_is_told_and_the_call_goes_on(caller: Caller, fake: FakeGateway) -> None:
    fake.jobs.failure = "triton is unavailable: gone"
    events = await caller.events(WISH, n=2)
    assert [failed.reason for failed in of_kind(events, "image_failed")] == [fake.jobs.failure] * 2  # type: ignore[attr-defined]
    assert events[-1].finished.images == 0


async def test_previews_come_with_a_url(caller: Caller) -> None:
    events = await caller.events(WISH, preview_every=2)
    previews = [event.image_preview for event in events if event.HasField("image_preview")]
    assert [preview.step for preview in previews] == [2]
    assert previews[0].url.startswith("memory://")


async def test_the_request_id_comes_back(caller: Caller) -> None:
    request = chat_pb2.ChatRequest(content=[chat_pb2.Part(text=WISH)])
    call = caller.chats.Chat(request, metadata=(("x-request-id", "mine-1"),))
    assert dict(await call.initial_metadata())["x-request-id"] == "mine-1"
    assert (await anext(aiter(call))).started.request_id == "mine-1"


async def test_the_log_holds_the_request_and_never_the_prompt(
    caller: Caller, fake: FakeGateway, log: list[dict[str, object]]
) -> None:
    await caller.events(WISH, n=2)

    def broken(_request: object, _index: int) -> str:
        raise ZeroDivisionError

    fake.generator.say = broken
    with pytest.raises(grpc.aio.AioRpcError):
        await caller.events(WISH)
    ends = [(line["method"], line["code"]) for line in log if line["event"] == "call ended"]
    assert ends == [("Chat", "OK"), ("Chat", "INTERNAL")]
    assert WISH not in str(log)
    assert "scarlet" not in str(log)
