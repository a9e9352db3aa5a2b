"""Denoising: every live row goes one step of its own forward in turn, rows of one size together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from services.engine.canvas import Canvas
from services.engine.denoise_lane import DenoiseLane, DenoiseTicket, Job, Turns
from services.engine.denoising import DenoiseEvent, DenoiseRequest
from services.engine.euler import EulerSchedules, initial_noise
from services.engine.program import Answers, Step
from services.engine.runtime import DenoiserRuntime
from services.errors import InternalError


class DenoiseLoop:
    """The program of the denoiser: `rows` jobs at once, of any sizes; at most `batch` of one size a step.

    `runtime` has a pool of that many rows for each size of `canvas`.
    """

    def __init__(
        self,
        runtime: DenoiserRuntime,
        schedules: EulerSchedules,
        answers: Answers,
        *,
        canvas: Canvas,
        rows: int,
        batch: int,
    ) -> None:
        lanes = [DenoiseLane(*pair) for pair in zip(runtime.pools, canvas.sizes, strict=True)]
        self._lanes = {lane.size: lane for lane in lanes}
        self._turns = Turns(lanes, batch)
        self._canvas = canvas
        self._schedules = schedules
        self._answers = answers
        self._jobs: dict[int, Job] = {}
        self.slots = rows

    @property
    def slots_in_use(self) -> int:
        """Jobs that run."""
        return len(self._jobs)

    def running(self) -> list[DenoiseTicket]:
        """Requests that hold a slot."""
        return [job.ticket for job in self._jobs.values()]

    def admit(self, waiting: Sequence[DenoiseTicket]) -> list[DenoiseTicket]:
        """Start as many as there are free slots, in order, whatever their sizes."""
        started = list(waiting[: self.slots - len(self._jobs)])
        for ticket in started:
            self._start(ticket)
        return started

    def next_step(self) -> Step[DenoiseRequest] | None:
        """The next rows, round and round."""
        turn = self._turns.next()
        if turn is None:
            return None
        lane, jobs = turn
        return Step("denoise", len(jobs), partial(self._step, lane, jobs), lambda: [job.ticket for job in jobs])

    def stop(self, ticket: DenoiseTicket, *, scrub: bool = False) -> None:
        """Free the slot of `ticket`; a row is written whole at its start, so there is nothing to scrub."""
        del scrub
        job = self._jobs.pop(ticket.number, None)
        if job is not None:
            job.lane.release(job)

    def _start(self, ticket: DenoiseTicket) -> None:
        request = ticket.request
        lane = self._lanes[self._canvas.chosen(request.size, request.latents)]
        job, rows = Job(ticket, lane), lane.pool.rows
        slot = lane.take(job)
        self._jobs[ticket.number] = job
        rows.features[slot] = request.features
        rows.guidance[slot] = request.guidance
        if request.latents is not None:
            rows.latents[slot] = request.latents
        else:
            schedule = self._schedules.schedule(request.steps)
            rows.latents[slot] = initial_noise(request.seed, rows.latents.shape[1:], schedule)
        lane.pool.put(slot)
        self._aim(job)

    def _aim(self, job: Job) -> None:
        """Write the inputs of `job`'s next step."""
        schedule, rows = self._schedules.schedule(job.ticket.request.steps), job.lane.pool.rows
        rows.sigma[job.slot] = schedule.sigmas[job.step]
        rows.sigma_next[job.slot] = schedule.sigmas[job.step + 1]
        rows.timestep[job.slot] = schedule.timesteps[job.step]

    def _step(self, lane: DenoiseLane, jobs: Sequence[Job]) -> None:
        lane.pool.step(jobs[0].slot, len(jobs))
        for job in reversed(jobs):
            job.step += 1
            request = job.ticket.request
            last = job.step == request.steps
            due = last or (request.latents_every and job.step % request.latents_every == 0)
            latents = lane.pool.latents(job.slot) if due else None
            if latents is not None and not np.isfinite(latents).all():
                self._end(job, InternalError("the model's output is not finite"))
                continue
            if due or request.emit_steps:
                self._answers.post(job.ticket, DenoiseEvent(job.step, request.steps, latents))
            if last:
                self._end(job)
            else:
                self._aim(job)

    def _end(self, job: Job, error: InternalError | None = None) -> None:
        self.stop(job.ticket)
        if error is None:
            self._answers.finish(job.ticket)
        else:
            self._answers.fail(job.ticket, error)
