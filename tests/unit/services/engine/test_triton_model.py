"""A loop model's life in Triton, from initialize to finalize."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.engine.denoise_loop import DenoiseLoop
from services.engine.denoising import DenoiseLimits, DenoiseRequest
from services.engine.denoising_wire import INPUTS, denoising_tensors, read_denoising
from services.engine.euler import EulerSchedules
from services.engine.model_folder import ModelFolder
from services.engine.scheduler import Scheduler
from services.engine.settings import SchedulerSettings
from services.engine.triton import TritonFrontDoor
from services.engine.triton_model import TritonModel
from services.manifest import SchedulerSpec
from tests.fakes.triton_backend import PB, Family, Request

SETTINGS = SchedulerSettings(queue=8, pace_ms=0, cancel_poll_ms=1)
SPEC = SchedulerSpec(
    train_timesteps=1000, beta_start=0.00085, beta_end=0.012, timestep_spacing="leading", steps_offset=1
)


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """`initialize` sets up this process's logs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_a_model_serves_between_initialize_and_finalize(kit: SimpleNamespace, tmp_path: Path) -> None:
    opened: list[ModelFolder] = []

    class Model(TritonModel[DenoiseRequest]):
        pb = PB

        def open(self, folder: ModelFolder) -> TritonFrontDoor[DenoiseRequest]:
            opened.append(folder)
            loop = partial(DenoiseLoop, kit.denoisers(4), EulerSchedules(SPEC), canvas=kit.CANVAS, rows=4, batch=4)
            scheduler: Scheduler[Any] = Scheduler(loop, name="life", settings=SETTINGS)
            read, limits = partial(read_denoising, steps=6, guidance=3.0), DenoiseLimits((5, 3), kit.CANVAS)
            return TritonFrontDoor(PB, scheduler, inputs=INPUTS, read=read, limits=limits, encode=denoising_tensors)

    config = json.dumps({"parameters": {"rows": {"string_value": "4"}}})
    model = Model()
    model.initialize(
        {"model_name": "life", "model_config": config, "model_repository": str(tmp_path), "model_version": "1"}
    )
    requests = [Request(features=np.ones((5, 3), np.float32)) for _ in range(3)]
    model.execute(requests)
    assert [len(request.wait().responses) for request in requests] == [1, 1, 1]
    model.finalize()
    late = Request(features=np.ones((5, 3), np.float32))
    model.execute([late])
    assert "UNAVAILABLE" in str(late.wait().error)
    assert opened == [ModelFolder(tmp_path, "1", {"rows": "4"})]
    assert Family.made["wegen_step_rows_total"]["life", "denoise"].value == 18
