"""The feature generator in Triton: text tokens and visual features, continuously batched."""

from __future__ import annotations

from functools import partial

import triton_python_backend_utils as pb_utils

from services.engine.generation import GenerationRequest
from services.engine.generation_wire import INPUTS, generation_tensors, read_generation
from services.engine.model_folder import ModelFolder
from services.engine.models import open_generator
from services.engine.triton import TritonFrontDoor
from services.engine.triton_model import TritonModel


class TritonPythonModel(TritonModel[GenerationRequest]):
    """The class that Triton looks for."""

    pb = pb_utils

    def open(self, folder: ModelFolder) -> TritonFrontDoor[GenerationRequest]:
        """The generator behind its wire."""
        manifest, limits, scheduler = open_generator(folder)
        read = partial(read_generation, feature_width=manifest.feature_width)
        return TritonFrontDoor(pb_utils, scheduler, inputs=INPUTS, read=read, limits=limits, encode=generation_tensors)
