"""Denoising: every live row goes one step of its own forward per call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from services.engine.denoising import DenoiseEvent, DenoiseRequest
from services.engine.euler import EulerSchedules, initial_noise
from services.engine.program import Answers, Step
from services.engine.runtime import DenoiserRuntime
from services.engine.slots import SlotPool
from services.engine.ticket import Ticket
from services.errors import InternalError

DenoiseTicket = Ticket[DenoiseRequest]


class Job:
    """A request in a slot; `step` steps are done."""

    __slots__ = ("slot", "step", "ticket")

    def __init__(self, ticket: DenoiseTicket) -> None:
        self.ticket = ticket
        self.step = ticket.request.start_step
        self.slot = -1


class DenoiseLoop:
    """The program of the denoiser: at most `batch` rows a step; more live rows than that take turns."""

    def __init__(
        self, runtime: DenoiserRuntime, schedules: EulerSchedules, answers: Answers, *, image_size: int, batch: int
    ) -> None:
        self._runtime = runtime
        self._rows = runtime.rows
        self._schedules = schedules
        self._answers = answers
        self._batch = batch
        self._next = 0
        self._slots: SlotPool[Job] = SlotPool(len(runtime.rows.sigma))
        self._jobs: dict[int, Job] = {}
        # SDXL's size conditioning: original size, crop corner, target size.
        self._rows.time_ids[:] = (image_size, image_size, 0, 0, image_size, image_size)

    @property
    def slots(self) -> int:
        """Jobs that can run at once."""
        return self._slots.size

    @property
    def slots_in_use(self) -> int:
        """Jobs that run."""
        return self._slots.in_use

    def running(self) -> list[DenoiseTicket]:
        """Requests that hold a slot."""
        return [job.ticket for job in self._jobs.values()]

    def admit(self, waiting: Sequence[DenoiseTicket]) -> list[DenoiseTicket]:
        """Start as many as there are free slots."""
        started = list(waiting[: self._slots.free])
        for ticket in started:
            self._start(ticket)
        return started

    def next_step(self) -> Step[DenoiseRequest] | None:
        """The next rows, round and round."""
        live = self._slots.live
        if not live:
            return None
        first = self._next if self._next < live else 0
        jobs = self._slots.owners[first : first + self._batch]
        self._next = first + len(jobs)
        return Step("denoise", len(jobs), partial(self._step, first, jobs), lambda: [job.ticket for job in jobs])

    def stop(self, ticket: DenoiseTicket, *, scrub: bool = False) -> None:
        """Free the slot of `ticket`; a row is written whole at its start, so there is nothing to scrub."""
        del scrub
        job = self._jobs.pop(ticket.number, None)
        if job is not None:
            move = self._slots.release(job)
            if move is not None:
                self._runtime.move(move.source, move.target)

    def _start(self, ticket: DenoiseTicket) -> None:
        job, request, rows = Job(ticket), ticket.request, self._rows
        self._slots.reserve(1)
        slot = self._slots.take(job)
        self._jobs[ticket.number] = job
        rows.features[slot] = request.features
        rows.guidance[slot] = request.guidance
        if request.latents is not None:
            rows.latents[slot] = request.latents
        else:
            schedule = self._schedules.schedule(request.steps)
            rows.latents[slot] = initial_noise(request.seed, rows.latents.shape[1:], schedule)
        self._runtime.put(slot)
        self._aim(job)

    def _aim(self, job: Job) -> None:
        """Write the inputs of `job`'s next step."""
        schedule, rows = self._schedules.schedule(job.ticket.request.steps), self._rows
        rows.sigma[job.slot] = schedule.sigmas[job.step]
        rows.sigma_next[job.slot] = schedule.sigmas[job.step + 1]
        rows.timestep[job.slot] = schedule.timesteps[job.step]

    def _step(self, first: int, jobs: list[Job]) -> None:
        self._runtime.step(first, len(jobs))
        for job in reversed(jobs):
            job.step += 1
            request = job.ticket.request
            last = job.step == request.steps
            due = last or (request.latents_every and job.step % request.latents_every == 0)
            latents = self._runtime.latents(job.slot) if due else None
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
