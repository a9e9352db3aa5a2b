"""The denoiser in Triton: jobs at different steps, one batch."""

from __future__ import annotations

from functools import partial
from typing import Any

import triton_python_backend_utils as pb_utils

from services.engine.denoising_wire import INPUTS, denoising_tensors, read_denoising
from services.engine.models import ModelFolder, open_denoiser
from services.engine.orphan import OrphanWatch
from services.engine.triton import TritonFrontDoor
from services.engine.triton_metrics import MetricsPublisher
from services.telemetry import logs


class TritonPythonModel:
    """Takes requests; the scheduler's threads answer them."""

    def initialize(self, args: dict[str, str]) -> None:
        """Open the graph and start the threads."""
        logs.configure(args["model_name"])
        self._orphan = OrphanWatch()
        folder = ModelFolder.of(args)
        manifest, limits, self._scheduler = open_denoiser(folder)
        self._door = TritonFrontDoor(
            pb_utils,
            self._scheduler,
            inputs=INPUTS,
            read=partial(read_denoising, steps=manifest.steps, guidance=manifest.guidance),
            limits=limits,
            encode=denoising_tensors,
        )
        self._metrics = MetricsPublisher(pb_utils, args["model_name"], self._scheduler.snapshot)

    def execute(self, requests: list[Any]) -> None:
        """Submit; answers come through each request's response sender."""
        for request in requests:
            self._door.take(request)

    def finalize(self) -> None:
        """Fail what still runs and end all threads."""
        self._scheduler.close()
        self._metrics.close()
        self._orphan.close()
