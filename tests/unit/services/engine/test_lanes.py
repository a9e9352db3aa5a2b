"""Sizes share the rows: nobody waits for ever, and nobody runs with rows of another size."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from services.engine.denoise_loop import DenoiseLoop
from services.engine.denoising import DenoiseRequest
from services.engine.euler import EulerSchedules
from services.engine.ticket import Ticket
from services.manifest import SchedulerSpec
from services.size import Size

SPEC = SchedulerSpec(
    train_timesteps=1000, beta_start=0.00085, beta_end=0.012, timestep_spacing="leading", steps_offset=1
)
ROWS, BATCH = 5, 2
SQUARE, WIDE, TALL = Size(16, 16), Size(24, 16), Size(16, 32)


def job(size: Size | None, steps: int) -> DenoiseRequest:
    return DenoiseRequest(np.ones((5, 3), np.float32), seed=1, steps=steps, guidance=2.0, size=size, emit_steps=True)


class Loop:
    """A loop driven by hand; `waits` has how many calls of the graph each live job has waited for its own."""

    def __init__(self, kit: SimpleNamespace, *, rows: int = ROWS, batch: int = BATCH) -> None:
        self.kit, self.rows, self.batch = kit, rows, batch
        self.answers = kit.Answers()
        self.pools = kit.denoisers(rows).pools
        runtime = SimpleNamespace(pools=self.pools)
        self.loop = DenoiseLoop(runtime, EulerSchedules(SPEC), self.answers, canvas=kit.CANVAS, rows=rows, batch=batch)
        self.waiting: list[Ticket[DenoiseRequest]] = []
        self.waits: dict[int, int] = {}
        self.tickets: list[Ticket[DenoiseRequest]] = []

    def add(self, size: Size | None, steps: int) -> Ticket[DenoiseRequest]:
        ticket = Ticket(job(size, steps), self.kit.Memory(), number=len(self.tickets))
        self.tickets.append(ticket)
        self.waiting.append(ticket)
        return ticket

    def step(self) -> list[int]:
        """The numbers of the jobs that one call of the graph advanced."""
        for ticket in self.loop.admit(self.waiting):
            self.waiting.remove(ticket)
            self.waits[ticket.number] = 0
        step = self.loop.next_step()
        if step is None:
            return []
        moved = [ticket.number for ticket in step.tickets()]
        assert len({self.kit.CANVAS.chosen(self.tickets[number].request.size, None) for number in moved}) == 1
        step.run()
        self.waits = {ticket.number: self.waits[ticket.number] + 1 for ticket in self.loop.running()}
        self.waits |= {number: 0 for number in moved if number in self.waits}
        return moved


def test_each_size_steps_in_turn(kit: SimpleNamespace) -> None:
    loop = Loop(kit)
    for size in (SQUARE, SQUARE, SQUARE, WIDE, TALL):
        loop.add(size, 9)
    assert [loop.step() for _ in range(8)] == [[0, 1], [2], [3], [4]] * 2


def test_one_size_is_served_as_if_there_were_no_other(kit: SimpleNamespace) -> None:
    loop = Loop(kit)
    for _ in range(3):
        loop.add(WIDE, 9)
    assert [loop.step() for _ in range(4)] == [[0, 1], [2]] * 2


def test_a_crowd_of_one_size_does_not_hold_up_another(kit: SimpleNamespace) -> None:
    """However many of one size come, the one of another goes on."""
    loop = Loop(kit, rows=4, batch=1)
    late = loop.add(TALL, 12)
    steps = 0
    while not late.done:
        loop.add(SQUARE, 1)
        loop.step()
        steps += 1
        assert steps <= 12 * 5
    assert late.done


class Crowd(RuleBasedStateMachine):
    """Arrivals, cancels and steps in any order, over three sizes."""

    kit: Any

    @initialize(batch=st.integers(1, 4), rows=st.integers(1, 6))
    def begin(self, batch: int, rows: int) -> None:
        self.loop = Loop(self.kit, rows=rows, batch=batch)

    @rule(size=st.sampled_from([None, SQUARE, WIDE, TALL]), steps=st.integers(1, 6))
    def arrive(self, size: Size | None, steps: int) -> None:
        self.loop.add(size, steps)

    @rule(number=st.integers(0, 30))
    def cancel(self, number: int) -> None:
        live = self.loop.loop.running()
        if live:
            ticket = live[number % len(live)]
            self.loop.loop.stop(ticket)
            del self.loop.waits[ticket.number]

    @rule(count=st.integers(1, 6))
    def steps(self, count: int) -> None:
        for _ in range(count):
            self.loop.step()

    @invariant()
    def no_more_than_the_rows_and_nobody_starves(self) -> None:
        if not hasattr(self, "loop"):
            return
        loop = self.loop
        assert loop.loop.slots_in_use == len(loop.loop.running()) <= loop.rows
        # A lane's turn is at most as many windows as all rows fill; who moved into a window that is past waits for
        # the next round.
        longest = len(self.kit.CANVAS.sizes) * -(-loop.rows // loop.batch)
        assert max(loop.waits.values(), default=0) <= 2 * longest

    def teardown(self) -> None:
        """Everybody who was not cancelled ends, each after its own steps."""
        if not hasattr(self, "loop"):
            return
        while self.loop.step() or self.loop.waiting:
            pass
        for ticket in self.loop.tickets:
            if ticket.done:
                told = [event.step for event in self.loop.answers.events[ticket.number]]
                assert told == list(range(1, ticket.request.steps + 1))
        assert self.loop.loop.slots_in_use == 0


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_any_crowd(kit: SimpleNamespace) -> None:
    crowd = type("KittedCrowd", (Crowd,), {"kit": kit})
    run_state_machine_as_test(crowd, settings=settings(max_examples=60, stateful_step_count=30))
