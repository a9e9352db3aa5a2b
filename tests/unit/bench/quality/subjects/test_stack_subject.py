"""The stack subject over a real channel to the gateway's own code, with fakes behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.quality.subjects.stack import StackSubject
from bench.quality.subjects.strategy import BOTH, DIRECT, NONE, TOP_P
from bench.quality.subjects.subject import Identity
from services.errors import InternalError, UnavailableError
from services.inference.generator import ImageMode
from tests.contract.servers.ports import free_port
from tests.fakes.gateway import FakeGateway
from tests.unit.bench.quality.conftest import plain

IDENTITY = Identity("stack", "fake", {}, 3, 2.5)


@pytest.fixture
def fake(tmp_path: Path) -> FakeGateway:
    return FakeGateway(tmp_path)


@pytest.fixture
def address(fake: FakeGateway) -> Iterator[str]:
    """The gateway in a thread with a loop of its own: the subject blocks its caller's."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield asyncio.run_coroutine_threadsafe(fake.start(), loop).result(20)
    asyncio.run_coroutine_threadsafe(fake.stop(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_wish_is_rewritten_as_the_strategy_says(address: str, fake: FakeGateway) -> None:
    with StackSubject(address, IDENTITY) as subject:
        painted = [subject.paint("a red circle", strategy, 11) for strategy in (BOTH, TOP_P, NONE)]
    assert painted[0].picture.shape == (16, 16, 3)
    assert painted[0].rewrite.startswith("a large red circle")
    used = [request.sampling[0] for request in fake.generator.requests]
    assert [(each.seed, each.top_p, each.temperature) for each in used] == [(11, 0.9, 0.8), (11, 0.9, 1.0), (11, 1, 0)]
    assert {(spec.seed, spec.steps, spec.guidance) for spec in fake.jobs.specs} == {(11, 3, 2.5)}


def test_without_rewriting_features_come_at_once(address: str, fake: FakeGateway) -> None:
    with StackSubject(address, IDENTITY) as subject:
        assert subject.paint("a red circle", DIRECT, 11).rewrite == ""
    assert fake.generator.requests[0].ids[-1] == fake.words.tokens.image_start


def test_references_go_up_and_stand_where_they_are_meant(address: str, fake: FakeGateway) -> None:
    with StackSubject(address, IDENTITY) as subject:
        made = subject.compose(("a bear", plain(1, 2, 3), "and a cat", plain(4, 5, 6)), 4)
    assert made.shape == (16, 16, 3)
    assert len(fake.encoder.images) == 2
    request = fake.generator.requests[0]
    assert request.image is ImageMode.FORCE
    assert len(request.feature_positions) == 128


def test_a_question_is_answered_in_words(address: str, fake: FakeGateway) -> None:
    with StackSubject(address, IDENTITY) as subject:
        answer = subject.answer((plain(1, 2, 3), "What color is it?"))
    assert "red circle" in answer
    assert fake.generator.requests[0].image is ImageMode.NEVER
    assert fake.generator.requests[0].sampling[0].temperature == 0


def test_an_answer_without_a_picture_is_an_error_that_names_the_wish(address: str, fake: FakeGateway) -> None:
    fake.jobs.failure = "out of memory"
    with StackSubject(address, IDENTITY) as subject, pytest.raises(InternalError, match="'a red circle' held 0"):
        subject.paint("a red circle", DIRECT, 1)


def test_a_gateway_that_is_not_there_is_named() -> None:
    port = free_port()
    with StackSubject(f"127.0.0.1:{port}", IDENTITY) as subject:
        with pytest.raises(UnavailableError, match="gateway is unavailable: UNAVAILABLE"):
            subject.paint("a red circle", BOTH, 1)
        with pytest.raises(UnavailableError):
            subject.answer((np.zeros((4, 4, 3), np.uint8), "What is it?"))
