"""Events arrive whole, in order and once, joined when the sender lags."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engine.generation import merge_tokens
from services.engine.outbox import Outbox
from services.engine.ticket import Ticket
from services.errors import InternalError
from services.generation import FeaturesEvent, Finish, FinishedEvent, GenerationEvent, TokensEvent

events = st.one_of(
    st.builds(TokensEvent, st.integers(0, 2), st.tuples(st.integers(0, 9))),
    st.builds(FeaturesEvent, st.integers(0, 2), st.just(np.zeros((1, 1), np.float32))),
    st.builds(FinishedEvent, st.integers(0, 2), st.just(Finish.STOP), st.just(1), st.just(2)),
)


def flat(stream: list[GenerationEvent], candidate: int) -> list[Any]:
    mine = [event for event in stream if event.candidate == candidate]
    return [part for event in mine for part in (event.ids if isinstance(event, TokensEvent) else (type(event),))]


@given(st.lists(events))
def test_merging_keeps_what_each_candidate_got_and_in_which_order(stream: list[GenerationEvent]) -> None:
    merged = merge_tokens(stream)
    for candidate in range(3):
        assert flat(merged, candidate) == flat(stream, candidate)
        mine = [isinstance(event, TokensEvent) for event in merged if event.candidate == candidate]
        assert (True, True) not in itertools.pairwise(mine)


@pytest.fixture(params=[0.0, 0.02], ids=["at once", "paced"])
def outbox(request: pytest.FixtureRequest) -> Iterator[Outbox]:
    made = Outbox(name="test", merge=merge_tokens, pace_s=request.param, on_lost=lambda _: None)
    yield made
    made.close()


def test_everything_arrives_in_order_and_the_end_once(kit: SimpleNamespace, outbox: Outbox) -> None:
    tickets = [Ticket(None, kit.Memory(), number=number) for number in range(5)]
    for token in range(400):
        for ticket in tickets:
            outbox.post(ticket, TokensEvent(0, (token,)))
    for ticket in tickets:
        outbox.finish(ticket)
        outbox.finish(ticket)
        outbox.post(ticket, TokensEvent(0, (999,)))
    for ticket in tickets:
        stream = ticket.stream.wait()  # type: ignore[attr-defined]
        assert flat(stream.events, 0) == list(range(400))
    outbox.close()
    assert [ticket.stream.ends for ticket in tickets] == [1] * 5  # type: ignore[attr-defined]


def test_an_error_comes_after_what_was_queued(kit: SimpleNamespace, outbox: Outbox) -> None:
    ticket = Ticket(None, kit.Memory(), number=1)
    outbox.post(ticket, TokensEvent(0, (1,)))
    outbox.fail(ticket, InternalError("broken"))
    stream = ticket.stream.wait()  # type: ignore[attr-defined]
    assert flat(stream.events, 0) == [1]
    assert stream.error.code == "INTERNAL"


def test_the_end_is_not_held_back(kit: SimpleNamespace) -> None:
    outbox = Outbox(name="slow", merge=merge_tokens, pace_s=3600, on_lost=lambda _: None)
    ticket = Ticket(None, kit.Memory(), number=1)
    outbox.post(ticket, TokensEvent(0, (1,)))
    outbox.post(ticket, TokensEvent(0, (2,)))
    outbox.finish(ticket)
    assert flat(ticket.stream.wait().events, 0) == [1, 2]  # type: ignore[attr-defined]
    outbox.close()
