"""What the gateway needs of the rooms beside it; tests put fakes here."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Protocol

from services.gateway.prompt import Features
from services.inference.generator import GenerationEvent, GenerationRequest
from services.jobs.events import JobEvent
from services.jobs.job import Job, JobSpec
from services.protos.wegen.v1 import chat_pb2

Emit = Callable[[chat_pb2.ChatResponse], Awaitable[None]]
"""Sends one event to the caller; waits while the caller does not read. Safe to call from several tasks."""


class Generator(Protocol):
    """The feature generator behind Triton."""

    def generate(
        self,
        request: GenerationRequest,
        *,
        request_id: str,
        timeout: float | None,
    ) -> AsyncGenerator[GenerationEvent, None]:
        """Events until all candidates have finished; closing it cancels the request."""
        ...


class Encoder(Protocol):
    """The reference encoder behind Triton."""

    async def encode(self, image: bytes, *, request_id: str, timeout: float | None) -> Features:  # noqa: ASYNC109
        """The features [64, D] of an encoded picture."""
        ...


class Jobs(Protocol):
    """Where pictures are made."""

    async def submit(self, spec: JobSpec) -> Job:
        """Queue a picture."""
        ...

    def watch(self, job_id: str, known: Job | None = None) -> AsyncGenerator[JobEvent, None]:
        """Events from now, or from `known`, to the job's end."""
        ...

    async def cancel(self, job_id: str) -> object:
        """Stop a job before its next step."""
        ...
