"""The Celery application of a worker."""

from __future__ import annotations

from collections.abc import Callable

from celery import Celery

from services.jobs.queue import TASK, celery_app
from services.jobs.settings import JobSettings
from services.worker import transport


def worker_app(settings: JobSettings, synthesize: Callable[[str], None]) -> Celery:
    """The jobs' application with its one task, which gives the job's id to `synthesize`."""
    app = celery_app(settings)
    app.conf.broker_transport = transport.NAME

    @app.task(name=TASK)
    def synthesize_task(job_id: str) -> None:
        synthesize(job_id)

    app.finalize()
    return app
