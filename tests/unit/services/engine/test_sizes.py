"""Jobs of several sizes in flight are, each of them, what the reference paints: a graph of open sizes, one loop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from export.reference.picture import Painter
from services.engine.denoising import DenoiseLimits, DenoiseRequest
from services.engine.model_folder import ModelFolder
from services.engine.models import open_denoiser
from services.engine.scheduler import Scheduler
from services.size import Size
from tests.fakes import sized
from tests.fakes.sized import SQUARE, TALL, WIDE

pytestmark = pytest.mark.graphs

# latents begin at about 14, fp32 sums in another order
TOLERANCE = 2e-4


@dataclass
class Engine:
    """The denoiser of the sized preset, four rows, two a step."""

    scheduler: Scheduler[DenoiseRequest]
    limits: DenoiseLimits
    kit: Any

    def submit(self, wish: DenoiseRequest) -> Any:
        stream = self.kit.Memory()
        self.limits.check(wish)
        self.scheduler.submit(wish, stream)
        return stream


@pytest.fixture(scope="module")
def authors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sized.authors(tmp_path_factory.mktemp("sized") / "authors")


@pytest.fixture(scope="module")
def engine(kit: SimpleNamespace, authors: Path) -> Iterator[Engine]:
    folder = sized.engines(authors)
    parameters = {"rows": "4", "batch": "2", "pace_ms": "0", "cancel_poll_ms": "1"}
    _, limits, scheduler = open_denoiser(ModelFolder(folder / "sdxl_denoiser", "1", parameters))
    yield Engine(scheduler, limits, kit)
    scheduler.close()


@pytest.fixture(scope="module")
def painter(authors: Path) -> Painter:
    return sized.reference(authors).painter


def job(seed: int, size: Size | None, steps: int = 6, **more: Any) -> DenoiseRequest:
    return DenoiseRequest(sized.features(seed).numpy(), seed, steps, 1.0 + seed % 4, size=size, **more)


def painted(painter: Painter, wish: DenoiseRequest) -> list[NDArray[Any]]:
    """The reference's latents after each step."""
    size = wish.size or SQUARE
    latents = painter.denoise(
        sized.features(wish.seed), wish.seed, wish.steps, wish.guidance, (size.height, size.width)
    )
    return [each.numpy() for each in latents]


def test_staggered_jobs_of_all_sizes_are_what_the_reference_paints(engine: Engine, painter: Painter) -> None:
    """Some wait for a row, one is given up on the way."""
    wishes = [job(seed, size, 4 + seed % 5) for seed, size in enumerate((SQUARE, WIDE, None, TALL, WIDE, WIDE, TALL))]
    streams = []
    given_up = engine.submit(job(50, TALL, 100, emit_steps=True))
    for wish in wishes:
        streams.append(engine.submit(wish))
        threading.Event().wait(0.01)
    given_up.gone = True
    assert given_up.wait().error.code == "CANCELLED"
    for wish, stream in zip(wishes, streams, strict=True):
        assert stream.wait().error is None
        np.testing.assert_allclose(stream.events[-1].latents, painted(painter, wish)[-1], atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("size", [WIDE, TALL])
@pytest.mark.parametrize("says_size", [True, False])
def test_a_job_goes_on_from_latents_of_its_size(engine: Engine, painter: Painter, size: Size, says_size: bool) -> None:
    """Beside others of another size; the latents' shape alone is enough."""
    wish = job(9, size)
    steps = painted(painter, wish)
    beside = engine.submit(job(10, SQUARE, 20))
    rest = engine.submit(job(9, size if says_size else None, latents=steps[2].astype(np.float32), start_step=3))
    np.testing.assert_allclose(rest.wait().events[-1].latents, steps[-1], atol=TOLERANCE, rtol=0)
    assert beside.wait().error is None


def test_company_of_other_sizes_changes_nothing(engine: Engine) -> None:
    """To the last bit: rows of other sizes are other calls."""
    alone = engine.submit(job(11, WIDE)).wait().events[-1].latents
    streams = [engine.submit(wish) for wish in (job(12, SQUARE), job(11, WIDE), job(13, TALL))]
    np.testing.assert_array_equal(streams[1].wait().events[-1].latents, alone)
    assert all(stream.wait().error is None for stream in streams)
