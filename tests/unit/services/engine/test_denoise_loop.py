"""Jobs at different steps in one batch end where they would alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.engine.denoise_loop import DenoiseLoop
from services.engine.denoising import DenoiseEvent, DenoiseRequest, merge_steps
from services.engine.euler import EulerSchedules, initial_noise
from services.engine.ticket import Ticket
from services.manifest import SchedulerSpec

SPEC = SchedulerSpec(
    train_timesteps=1000, beta_start=0.00085, beta_end=0.012, timestep_spacing="leading", steps_offset=1
)
SCHEDULES = EulerSchedules(SPEC)


class Bench:
    """A loop over the fake UNet, driven by hand."""

    def __init__(self, kit: SimpleNamespace, *, rows: int = 4, batch: int = 16) -> None:
        self.kit = kit
        self.pools = kit.denoisers(rows).pools
        self.answers = kit.Answers()
        runtime = SimpleNamespace(pools=self.pools)
        self.loop = DenoiseLoop(runtime, SCHEDULES, self.answers, canvas=kit.CANVAS, rows=rows, batch=batch)
        self.tickets: list[Ticket[DenoiseRequest]] = []
        self.waiting: list[Ticket[DenoiseRequest]] = []

    def add(self, request: DenoiseRequest) -> Ticket[DenoiseRequest]:
        ticket = Ticket(request, self.kit.Memory(), number=len(self.tickets))
        self.tickets.append(ticket)
        self.waiting.append(ticket)
        return ticket

    def step(self) -> bool:
        started = self.loop.admit(self.waiting)
        self.waiting = [ticket for ticket in self.waiting if ticket not in started]
        step = self.loop.next_step()
        if step is not None:
            step.run()
        return step is not None

    def run(self) -> Bench:
        while self.step():
            pass
        assert self.loop.slots_in_use == 0
        return self

    @property
    def calls(self) -> list[tuple[int, int]]:
        """Of the model's own size."""
        return list(self.pools[0].calls)

    def latents(self, ticket: Ticket[DenoiseRequest]) -> NDArray[Any]:
        last = self.answers.events[ticket.number][-1]
        assert last.final
        return np.asarray(last.latents)


def request(seed: int = 0, steps: int = 5, *, guidance: float = 2.0, **more: Any) -> DenoiseRequest:
    features = np.full((5, 3), seed % 7, np.float32)
    return DenoiseRequest(features=features, seed=seed, steps=steps, guidance=guidance, **more)


def alone(kit: SimpleNamespace, wish: DenoiseRequest) -> NDArray[Any]:
    """The job by itself, from the fake UNet and the schedule."""
    size = kit.CANVAS.chosen(wish.size, wish.latents)
    shape, schedule = kit.CANVAS.shape(size), SCHEDULES.schedule(wish.steps)
    net = kit.FakeDenoiser(1, shape)
    net.rows.time_ids[0] = (size.height, size.width, 0, 0, size.height, size.width)
    net.rows.features[0], net.rows.guidance[0] = wish.features, wish.guidance
    net.rows.latents[0] = initial_noise(wish.seed, shape, schedule) if wish.latents is None else wish.latents
    for step in range(wish.start_step, wish.steps):
        net.rows.sigma[0], net.rows.sigma_next[0] = schedule.sigmas[step], schedule.sigmas[step + 1]
        net.rows.timestep[0] = schedule.timesteps[step]
        net.step(0, 1)
    return np.asarray(net.rows.latents[0])


@settings(max_examples=60)
@given(
    jobs=st.lists(
        st.tuples(
            st.integers(0, 99), st.integers(1, 12), st.integers(0, 5), st.booleans(), st.sampled_from([None, 0, 1, 2])
        ),
        max_size=9,
    ),
    batch=st.integers(1, 5),
)
def test_staggered_jobs_end_where_they_would_alone(
    kit: SimpleNamespace, jobs: list[tuple[int, int, int, bool, int | None]], batch: int
) -> None:
    bench = Bench(kit, batch=batch)
    stopped = []
    for seed, steps, pause, stop, number in jobs:
        ticket = bench.add(request(seed, steps, size=None if number is None else kit.CANVAS.sizes[number]))
        for _ in range(pause):
            bench.step()
        if stop and ticket not in bench.waiting and not ticket.done:
            bench.loop.stop(ticket)
            stopped.append(ticket)
    bench.run()
    for ticket in bench.tickets:
        if ticket not in stopped:
            np.testing.assert_array_equal(bench.latents(ticket), alone(kit, ticket.request))
    assert all(count <= batch for pool in bench.pools for _, count in pool.calls)


def test_every_live_row_advances_in_one_call(kit: SimpleNamespace) -> None:
    bench = Bench(kit)
    for seed, steps in enumerate((6, 3, 9)):
        bench.add(request(seed, steps))
    bench.run()
    assert [count for _, count in bench.calls] == [3] * 3 + [2] * 3 + [1] * 3


def test_more_rows_than_a_batch_take_turns(kit: SimpleNamespace) -> None:
    bench = Bench(kit, batch=3)
    for seed in range(4):
        bench.add(request(seed, 4))
    bench.step()
    bench.step()
    assert bench.calls == [(0, 3), (3, 1)]


def test_an_event_for_each_step_and_latents_when_due(kit: SimpleNamespace) -> None:
    bench = Bench(kit)
    every = bench.add(request(steps=7, latents_every=3, emit_steps=True))
    only_latents = bench.add(request(steps=7, latents_every=3))
    quiet = bench.add(request(steps=7))
    bench.run()
    seen = {t: [(e.step, e.latents is not None) for e in bench.answers.events[t.number]] for t in bench.tickets}
    assert seen[every] == [(1, False), (2, False), (3, True), (4, False), (5, False), (6, True), (7, True)]
    assert seen[only_latents] == [(3, True), (6, True), (7, True)]
    assert seen[quiet] == [(7, True)]


@pytest.mark.parametrize(("at", "number"), [(1, 0), (3, 1), (6, 2)])
def test_a_job_goes_on_from_its_latents_at_their_size(kit: SimpleNamespace, at: int, number: int) -> None:
    bench = Bench(kit)
    whole = bench.add(request(5, 7, latents_every=1, size=kit.CANVAS.sizes[number]))
    bench.run()
    latents = bench.answers.events[whole.number][at - 1].latents
    rest = bench.add(request(5, 7, latents=latents, start_step=at))
    bench.run()
    np.testing.assert_array_equal(bench.latents(rest), bench.latents(whole))
    assert bench.answers.events[rest.number][-1].step == 7


def test_latents_that_are_no_numbers_fail_their_job_alone(kit: SimpleNamespace) -> None:
    bench = Bench(kit)
    ill = bench.add(request(1, 3, guidance=float("inf")))
    well = bench.add(request(2, 3))
    bench.run()
    assert bench.answers.errors[ill.number].code == "INTERNAL"
    np.testing.assert_array_equal(bench.latents(well), alone(kit, well.request))


@given(st.integers(1, 30), st.sets(st.integers(1, 30)))
def test_merged_steps_keep_all_latents_and_the_last_step(count: int, kept: set[int]) -> None:
    latents = np.zeros((4, 2, 2), np.float32)
    events = [DenoiseEvent(step, 30, latents if step in kept else None) for step in range(1, count + 1)]
    merged = merge_steps(events)
    assert [event.step for event in merged] == sorted({*(step for step in kept if step <= count), count})
    assert all((event.latents is not None) == (event.step in kept) for event in merged)
    assert merge_steps([]) == []
