"""The denoiser in Triton: jobs at different steps, one batch."""

from __future__ import annotations

from functools import partial

import triton_python_backend_utils as pb_utils

from services.engine.denoising import DenoiseRequest
from services.engine.denoising_wire import INPUTS, denoising_tensors, read_denoising
from services.engine.model_folder import ModelFolder
from services.engine.models import open_denoiser
from services.engine.triton import TritonFrontDoor
from services.engine.triton_model import TritonModel


class TritonPythonModel(TritonModel[DenoiseRequest]):
    """The class that Triton looks for."""

    pb = pb_utils

    def open(self, folder: ModelFolder) -> TritonFrontDoor[DenoiseRequest]:
        """The denoiser behind its wire."""
        manifest, limits, scheduler = open_denoiser(folder)
        read = partial(read_denoising, steps=manifest.steps, guidance=manifest.guidance)
        return TritonFrontDoor(pb_utils, scheduler, inputs=INPUTS, read=read, limits=limits, encode=denoising_tensors)
