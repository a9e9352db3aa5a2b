"""Admission, cancels, failures and the end, with the threads running."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.engine.canvas import Canvas
from services.engine.denoise_loop import DenoiseLoop
from services.engine.denoising import DenoiseRequest
from services.engine.euler import EulerSchedules
from services.engine.feature_loop import FeatureLoop
from services.engine.generation import merge_tokens
from services.engine.generation_limits import GenerationLimits
from services.engine.scheduler import Scheduler
from services.engine.settings import SchedulerSettings
from services.errors import ResourceExhaustedError, UnavailableError
from services.generation import ImageMode
from services.manifest import SchedulerSpec

SETTINGS = SchedulerSettings(queue=3, pace_ms=0, cancel_poll_ms=1)
SPEC = SchedulerSpec(
    train_timesteps=1000, beta_start=0.00085, beta_end=0.012, timestep_spacing="leading", steps_offset=1
)


def job(seed: int = 0, steps: int = 3, **more: Any) -> DenoiseRequest:
    return DenoiseRequest(features=np.ones((5, 3), np.float32), seed=seed, steps=steps, guidance=2.0, **more)


class Gate:
    """Lets the step thread through one step at a time."""

    def __init__(self) -> None:
        self.steps = threading.Semaphore(0)
        self.reached = threading.Semaphore(0)
        self.open = False

    def __call__(self) -> None:
        if not self.open:
            self.reached.release()
            assert self.steps.acquire(timeout=20)

    def release(self) -> None:
        self.open = True
        self.steps.release()


@pytest.fixture
def denoiser(kit: SimpleNamespace) -> Any:
    return kit.FakeDenoiser(2)


@pytest.fixture
def scheduler(kit: SimpleNamespace, denoiser: Any) -> Iterator[Scheduler[DenoiseRequest]]:
    canvas = Canvas(kit.CANVAS.sizes[:1], channels=4, factor=8)
    runtime = SimpleNamespace(pools=[denoiser])
    made = Scheduler(
        lambda answers: DenoiseLoop(runtime, EulerSchedules(SPEC), answers, canvas=canvas, rows=2, batch=16),
        name="denoiser",
        settings=SETTINGS,
    )
    yield made
    made.close()


@pytest.fixture
def gate(denoiser: Any) -> Iterator[Gate]:
    denoiser.before = gate = Gate()
    yield gate
    gate.release()


def test_a_full_queue_refuses_with_its_numbers(
    kit: SimpleNamespace, scheduler: Scheduler[DenoiseRequest], gate: Gate
) -> None:
    streams = [kit.Memory() for _ in range(5)]
    scheduler.submit(job(0), streams[0])
    assert gate.reached.acquire(timeout=20)
    for stream in streams[1:4]:
        scheduler.submit(job(1), stream)
    with pytest.raises(ResourceExhaustedError, match="3 requests wait, the limit is 3, and 1 of 2 slots are taken"):
        scheduler.submit(job(2), streams[4])
    assert scheduler.snapshot().refusals == {"RESOURCE_EXHAUSTED": 1}
    assert scheduler.snapshot().queue_depth == 3
    gate.release()
    assert all(stream.wait().error is None for stream in streams[:4])


def test_higher_priority_goes_first_then_first_come(
    kit: SimpleNamespace, scheduler: Scheduler[DenoiseRequest], gate: Gate
) -> None:
    order: list[str] = []

    class Named(kit.Memory):  # type: ignore[misc,name-defined]
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def _end(self) -> None:
            order.append(self.name)
            super()._end()

    blockers = [Named("blocker"), Named("blocker")]
    scheduler.submit(job(steps=2), blockers[0])
    assert gate.reached.acquire(timeout=20)
    low, later, high = Named("low"), Named("later"), Named("high")
    scheduler.submit(job(steps=9), blockers[1], priority=9)
    gate.steps.release()
    assert gate.reached.acquire(timeout=20)
    scheduler.submit(job(steps=1), low)
    scheduler.submit(job(steps=1), later)
    scheduler.submit(job(steps=1), high, priority=1)
    gate.release()
    for stream in (low, later, high, *blockers):
        stream.wait()
    assert order == ["blocker", "high", "low", "later", "blocker"]


def test_a_cancelled_job_leaves_before_the_next_step(
    kit: SimpleNamespace, scheduler: Scheduler[DenoiseRequest], gate: Gate, denoiser: Any
) -> None:
    kept, gone, queued = kit.Memory(), kit.Memory(), kit.Memory()
    tickets = [scheduler.submit(job(1, steps=4), kept), scheduler.submit(job(2, steps=50), gone)]
    assert gate.reached.acquire(timeout=20)
    waiting = scheduler.submit(job(3, steps=50), queued)
    scheduler.cancel(tickets[1])
    scheduler.cancel(waiting)
    gate.release()
    assert gone.wait().error.code == "CANCELLED"
    assert queued.wait().error.code == "CANCELLED"
    assert kept.wait().events[-1].final
    assert len(denoiser.calls) <= 5
    assert scheduler.snapshot().cancels == 2


def test_a_caller_who_is_gone_is_noticed(
    kit: SimpleNamespace, scheduler: Scheduler[DenoiseRequest], gate: Gate
) -> None:
    stream = kit.Memory()
    scheduler.submit(job(steps=100), stream)
    assert gate.reached.acquire(timeout=20)
    stream.gone = True
    while not scheduler._cancels:
        pass
    gate.steps.release()
    assert stream.wait().error.code == "CANCELLED"
    assert scheduler.snapshot().slots_in_use == 0


def test_a_stream_that_breaks_ends_its_request_alone(
    kit: SimpleNamespace, scheduler: Scheduler[DenoiseRequest]
) -> None:
    broken, kept = kit.Memory(), kit.Memory()
    broken.broken = True
    scheduler.submit(job(steps=100, emit_steps=True), broken)
    scheduler.submit(job(steps=5), kept)
    assert kept.wait().error is None
    assert broken.wait().error.code == "INTERNAL"
    assert broken.ends == 1


def test_a_failed_step_fails_its_rows_and_the_next_goes_on(
    kit: SimpleNamespace, scheduler: Scheduler[DenoiseRequest], denoiser: Any
) -> None:
    denoiser.fail_next = RuntimeError("no memory")
    ill, well = kit.Memory(), kit.Memory()
    scheduler.submit(job(), ill)
    assert ill.wait().error.code == "INTERNAL"
    assert "no memory" in ill.error.message
    scheduler.submit(job(), well)
    assert well.wait().error is None
    assert scheduler.snapshot().slots_in_use == 0


def test_a_fault_in_the_bookkeeping_leaves_nobody_waiting(
    kit: SimpleNamespace, scheduler: Scheduler[DenoiseRequest], gate: Gate
) -> None:
    running, queued = kit.Memory(), kit.Memory()
    scheduler.submit(job(steps=50), running)
    assert gate.reached.acquire(timeout=20)
    scheduler.submit(job(steps=50), queued)
    scheduler._program.next_step = lambda: 1 / 0  # type: ignore[assignment,method-assign,return-value]
    gate.release()
    assert running.wait().error.code == "INTERNAL"
    assert queued.wait().error.code == "INTERNAL"
    with pytest.raises(UnavailableError):
        scheduler.submit(job(), kit.Memory())


def test_the_end_fails_what_is_left_and_refuses_what_comes(
    kit: SimpleNamespace, scheduler: Scheduler[DenoiseRequest], gate: Gate
) -> None:
    streams = [kit.Memory() for _ in range(3)]
    for stream in streams:
        scheduler.submit(job(steps=100), stream)
    assert gate.reached.acquire(timeout=20)
    closing = threading.Thread(target=scheduler.close)
    closing.start()
    while not scheduler._abandoned:
        pass
    gate.release()
    closing.join(20)
    assert [stream.wait().error.code for stream in streams] == ["UNAVAILABLE"] * 3
    with pytest.raises(UnavailableError, match="shutting down"):
        scheduler.submit(job(), kit.Memory())


def test_the_end_waits_for_what_is_left_when_told_to(
    kit: SimpleNamespace, scheduler: Scheduler[DenoiseRequest]
) -> None:
    streams = [kit.Memory() for _ in range(4)]
    for seed, stream in enumerate(streams[:3]):
        scheduler.submit(job(seed, steps=30), stream)
    scheduler.close(drain_s=20)
    assert all(stream.wait().error is None for stream in streams[:3])


def test_each_request_ends_once(kit: SimpleNamespace, scheduler: Scheduler[DenoiseRequest]) -> None:
    streams = [kit.Memory() for _ in range(3)]
    tickets = [scheduler.submit(job(steps=2, emit_steps=True), stream) for stream in streams]
    for stream, ticket in zip(streams, tickets, strict=True):
        stream.wait()
        scheduler.cancel(ticket)
    scheduler.close()
    assert [stream.ends for stream in streams] == [1, 1, 1]
    assert [[event.step for event in stream.events] for stream in streams] == [[1, 2]] * 3


@pytest.fixture
def generator(kit: SimpleNamespace, limits: GenerationLimits) -> Iterator[tuple[Scheduler[Any], Any]]:
    pool = kit.FakePool(16, 64)
    program: Callable[[Any], FeatureLoop] = lambda answers: FeatureLoop(  # noqa: E731
        SimpleNamespace(pools=[pool]), limits, answers, chunk=4
    )
    settings = SchedulerSettings(queue=64, pace_ms=2, cancel_poll_ms=1)
    made: Scheduler[Any] = Scheduler(program, name="generator", settings=settings, merge=merge_tokens)
    yield made, pool
    made.close()


def test_many_generations_at_once_are_each_what_they_would_be_alone(
    kit: SimpleNamespace, generator: tuple[Scheduler[Any], Any]
) -> None:
    scheduler, _ = generator
    wishes = [
        kit.request(range(3, 4 + i % 9), seeds=range(1 + i % 4), image=ImageMode(i % 3), temperature=2.0)
        for i in range(30)
    ]
    streams = [kit.Memory() for _ in wishes]
    for wish, stream in zip(wishes, streams, strict=True):
        scheduler.submit(wish, stream)
    for wish, stream in zip(wishes, streams, strict=True):
        events = stream.wait().events
        for index in range(len(wish.sampling)):
            kit.same(kit.answer(events, index), kit.naive(wish, index))
    snapshot = scheduler.snapshot()
    assert snapshot.slots_in_use == 0
    assert snapshot.rows["decode"] > 2 * snapshot.steps["decode"]
    assert set(snapshot.seconds) == {"prefill", "decode"}


def test_a_failed_prompt_fails_alone(kit: SimpleNamespace, generator: tuple[Scheduler[Any], Any]) -> None:
    scheduler, pool = generator
    pool.fail_next = ValueError("bad shape")
    ill, well = kit.Memory(), kit.Memory()
    scheduler.submit(kit.request([3, 4, 5]), ill)
    scheduler.submit(kit.request([6, 7]), well)
    assert ill.wait().error.code == "INTERNAL"
    kit.same(kit.answer(well.wait().events, 0), kit.naive(kit.request([6, 7]), 0))
