"""Pixels [batch, H, W, 3] to PNGs [batch, 1]."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils
from numpy.typing import NDArray
from PIL import Image


class TritonPythonModel:
    """One PNG for each picture of a batch."""

    def initialize(self, args: Mapping[str, str]) -> None:
        """Read zlib's level."""
        self._level = int(json.loads(args["model_config"])["parameters"]["compress_level"]["string_value"])

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """A response a request."""
        return [self._serve(pb_utils.get_input_tensor_by_name(one, "pixels").as_numpy()) for one in requests]

    def _serve(self, pixels: NDArray[np.uint8]) -> Any:  # noqa: ANN401 - Triton's own class
        pictures = np.array([[self._encode(one)] for one in pixels], np.object_)
        return pb_utils.InferenceResponse([pb_utils.Tensor("image", pictures)])

    def _encode(self, pixels: NDArray[np.uint8]) -> bytes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG", compress_level=self._level)
        return file.getvalue()
