from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from services.jobs.leases import Lease
from tests.contract.servers.bench import spec
from tests.fakes.denoising import FakeDecoder
from tests.unit.services.worker.conftest import Shop


class GatedDecoder(FakeDecoder):
    """Decodes when the gate opens."""

    def __init__(self) -> None:
        self.gate, self.begun = threading.Event(), threading.Event()

    def decode(self, latents: npt.NDArray[np.float32], *, request_id: str, timeout: float | None) -> bytes:
        self.begun.set()
        self.gate.wait(10)
        return super().decode(latents, request_id=request_id, timeout=timeout)


def _lease(shop: Shop) -> Lease:
    lease = shop.leases.claim(shop.ledger.add(spec()).id)
    assert isinstance(lease, Lease)
    return lease


def _latents(step: int) -> npt.NDArray[np.float32]:
    return np.full((4, 2, 2), step, np.float32)


def _gated(shop: Shop) -> GatedDecoder:
    decoder = GatedDecoder()
    shop.previews._decoder = decoder
    return decoder


def test_a_job_that_is_ahead_loses_its_older_previews(shop: Shop) -> None:
    decoder, lease = _gated(shop), _lease(shop)
    shop.previews.offer(lease, 1, _latents(1))
    decoder.begun.wait(10)
    for step in (2, 3, 4):
        shop.previews.offer(lease, step, _latents(step))
    decoder.gate.set()
    shop.previews.close()
    assert [event.step for event in shop.heard.events] == [1, 4]


def test_no_preview_follows_the_jobs_end(shop: Shop) -> None:
    decoder, lease = _gated(shop), _lease(shop)
    shop.previews.offer(lease, 1, _latents(1))
    decoder.begun.wait(10)
    shop.previews.offer(lease, 2, _latents(2))
    shop.previews.finish(lease.job.id)
    decoder.gate.set()
    shop.previews.close()
    assert shop.heard.events == []
