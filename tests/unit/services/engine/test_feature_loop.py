"""Whatever runs beside it, a candidate's answer is what the definition says; slots come back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.engine.feature_loop import FeatureLoop
from services.engine.generation import GenerationRequest
from services.engine.generation_limits import GenerationLimits
from services.engine.ticket import Ticket
from services.generation import FeaturesEvent, ImageMode, TokensEvent


class Bench:
    """A loop over fake caches, driven by hand; `kinds` are the steps it took."""

    def __init__(
        self,
        kit: SimpleNamespace,
        limits: GenerationLimits,
        *,
        slots: int = 16,
        spans: tuple[int, ...] = (64,),
        chunk: int = 4,
        offset: int = 0,
    ) -> None:
        self.kit, self.offset = kit, offset
        self.pools = [kit.FakePool(slots, span) for span in spans]
        self.answers = kit.Answers()
        runtime = SimpleNamespace(pools=self.pools)
        self.loop = FeatureLoop(runtime, limits, self.answers, chunk=chunk, feature_offset=offset)
        self.waiting: list[Ticket[GenerationRequest]] = []
        self.tickets: list[Ticket[GenerationRequest]] = []
        self.kinds: list[str] = []

    def add(self, request: GenerationRequest) -> Ticket[GenerationRequest]:
        ticket = Ticket(request, self.kit.Memory(), number=len(self.tickets))
        self.tickets.append(ticket)
        self.waiting.append(ticket)
        return ticket

    def step(self) -> bool:
        started = self.loop.admit(self.waiting)
        self.waiting = [ticket for ticket in self.waiting if ticket not in started]
        step = self.loop.next_step()
        if step is None:
            return False
        self.kinds.append(step.kind)
        step.run()
        return True

    def run(self) -> Bench:
        for _ in range(10_000):
            if not self.step():
                break
        assert not self.waiting
        assert self.loop.slots_in_use == 0
        return self

    def check(self, ticket: Ticket[GenerationRequest]) -> None:
        for index in range(len(ticket.request.sampling)):
            self.kit.same(
                self.kit.answer(self.answers.events[ticket.number], index),
                self.kit.naive(ticket.request, index, self.offset),
            )


@st.composite
def wishes(draw: st.DrawFn) -> dict[str, Any]:
    """Anything that may be asked for."""
    image = draw(st.sampled_from(ImageMode))
    ids = draw(st.lists(st.integers(0, 29), min_size=1, max_size=11))
    if image is not ImageMode.NEVER and draw(st.booleans()):
        ids.append(30)
    places = draw(st.lists(st.integers(0, max(0, len(ids) - 2)), max_size=3, unique=True)) if len(ids) > 1 else []
    return {
        "ids": ids,
        "seeds": draw(st.lists(st.integers(0, 99), min_size=1, max_size=4)),
        "max_tokens": draw(st.integers(0 if image is ImageMode.FORCE else 1, 9)),
        "image": image,
        "temperature": draw(st.sampled_from([0.0, 0.8, 3.0])),
        "features": np.array(
            draw(
                st.lists(
                    st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=len(places), max_size=len(places)
                )
            ),
            np.float32,
        ).reshape(len(places), 3),
        "positions": places,
        "guidance": draw(st.sampled_from([1.0, 2.5])),
    }


@settings(max_examples=60)
@given(plans=st.lists(st.tuples(wishes(), st.integers(0, 12)), min_size=1, max_size=6), offset=st.sampled_from([0, 1]))
def test_answers_do_not_depend_on_company(
    kit: SimpleNamespace, plans: list[tuple[dict[str, Any], int]], offset: int
) -> None:
    limits = GenerationLimits(kit.VOCABULARY, context=64, slots=16, feature_width=kit.WIDTH)
    bench = Bench(kit, limits, spans=(24, 64), offset=offset)
    for plan, steps_before_the_next in plans:
        request = kit.request(**plan)
        limits.check(request)
        bench.add(request)
        for _ in range(steps_before_the_next):
            bench.step()
    bench.run()
    for ticket in bench.tickets:
        bench.check(ticket)
    assert sorted(bench.answers.finished) == list(range(len(plans)))


def test_a_prompt_is_fed_once_for_all_candidates(kit: SimpleNamespace, limits: GenerationLimits) -> None:
    bench = Bench(kit, limits)
    ticket = bench.add(kit.request(range(3, 15), seeds=range(8), temperature=2.0))
    bench.run().check(ticket)
    assert bench.kinds.count("prefill") == 3


def test_prompts_and_answers_take_turns(kit: SimpleNamespace, limits: GenerationLimits) -> None:
    bench = Bench(kit, limits)
    wishes = (kit.request([5], seeds=[seed], max_tokens=30) for seed in range(999))
    bench.add(next(wish for wish in wishes if len(kit.naive(wish, 0).ids) > 20))
    bench.step()
    for _ in range(3):
        bench.add(kit.request(range(3, 19), max_tokens=1))
    bench.kinds.clear()
    for _ in range(20):
        bench.step()
    assert bench.kinds == ["decode", "prefill"] * 10


def test_lanes_take_turns(kit: SimpleNamespace, limits: GenerationLimits) -> None:
    bench = Bench(kit, limits, spans=(16, 64))
    short = bench.add(kit.request([3], max_tokens=5, image=ImageMode.FORCE))
    long = bench.add(kit.request([4], max_tokens=30, image=ImageMode.FORCE))
    bench.step()
    bench.step()
    written = []
    for _ in range(6):
        before = [pool.cache.copy() for pool in bench.pools]
        bench.step()
        written += [i for i, pool in enumerate(bench.pools) if not np.array_equal(before[i], pool.cache)]
    assert written in ([0, 1] * 3, [1, 0] * 3)
    bench.run()
    bench.check(short)
    bench.check(long)


def test_a_short_request_uses_the_long_lane_when_its_own_is_full(
    kit: SimpleNamespace, limits: GenerationLimits
) -> None:
    bench = Bench(kit, limits, slots=2, spans=(16, 64))
    tickets = [bench.add(kit.request([3 + i], seeds=[0, 1], max_tokens=6)) for i in range(2)]
    bench.step()
    assert bench.loop.slots_in_use == 4
    for ticket in bench.run().tickets:
        bench.check(ticket)
    assert len(tickets) == 2


def test_who_waits_for_the_long_lane_is_not_overtaken_there(kit: SimpleNamespace, limits: GenerationLimits) -> None:
    bench = Bench(kit, limits, slots=2, spans=(16, 64))
    bench.add(kit.request([3], max_tokens=40))
    large = bench.add(kit.request([4], seeds=[0, 1], max_tokens=40))
    for seed in range(6):
        bench.add(kit.request([5], seeds=[seed], max_tokens=4))
    bench.step()
    while large in bench.waiting:
        assert bench.loop._lanes[1].slots.in_use <= 1
        bench.step()
    bench.run()


def test_a_candidate_that_ends_early_frees_its_slot_at_once(kit: SimpleNamespace, limits: GenerationLimits) -> None:
    bench = Bench(kit, limits)
    ticket = bench.add(
        kit.request(range(3, 8), seeds=range(8), temperature=5.0, max_tokens=20, guidance=2.0, image=ImageMode.ALLOW)
    )
    in_use = []
    while bench.step():
        finished = sum(type(event).__name__ == "FinishedEvent" for event in bench.answers.events.get(0, []))
        in_use.append(bench.loop.slots_in_use)
        assert in_use[-1] == 2 * (8 - finished)
    assert len(set(in_use)) > 2
    bench.check(ticket)


def test_features_come_whole_and_before_the_end(kit: SimpleNamespace, limits: GenerationLimits) -> None:
    bench = Bench(kit, limits)
    bench.add(kit.request([4, 30], image=ImageMode.ALLOW, max_tokens=0))
    bench.run()
    events = bench.answers.events[0]
    assert [type(event).__name__ for event in events] == ["FeaturesEvent", "TokensEvent", "FinishedEvent"]
    assert isinstance(events[0], FeaturesEvent)
    assert events[0].features.shape == (5, 3)
    assert events[1] == TokensEvent(0, (32, 33, 34, 35, 36, 31))


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13])
def test_a_stopped_request_gives_everything_back(kit: SimpleNamespace, limits: GenerationLimits, steps: int) -> None:
    bench = Bench(kit, limits)
    kept = bench.add(kit.request(range(3, 12), seeds=range(3), max_tokens=12))
    gone = bench.add(kit.request(range(5, 15), seeds=range(4), image=ImageMode.FORCE, guidance=3.0, max_tokens=2))
    for _ in range(steps):
        bench.step()
    bench.loop.stop(gone)
    bench.waiting = [ticket for ticket in bench.waiting if ticket is not gone]
    bench.run()
    bench.check(kept)


def test_output_that_is_no_number_fails_its_request_alone(kit: SimpleNamespace, limits: GenerationLimits) -> None:
    bench = Bench(kit, limits)
    kept = bench.add(kit.request(range(3, 6), max_tokens=9))
    ill = bench.add(kit.request([8, 30], image=ImageMode.ALLOW))
    text = bench.add(kit.request([9], seeds=[1, 2], max_tokens=9, temperature=0.0))
    first = kit.naive(text.request, 0).ids[0]
    bench.pools[0].poison = {float(first)} - set(map(float, kit.naive(kept.request, 0).ids))
    assert bench.pools[0].poison
    bench.run()
    bench.check(kept)
    bench.check(ill)
    assert bench.answers.errors[text.number].code == "INTERNAL"
    assert list(bench.answers.errors) == [text.number]
