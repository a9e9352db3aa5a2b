"""Triton's side of `pixels.preprocess`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils
from pixels import Bounds, PictureError, preprocess

from services.manifest import Manifest


class TritonPythonModel:
    """Encoded pictures [batch, 1] to pixels [batch, 3, H, W]."""

    def initialize(self, args: Mapping[str, str]) -> None:
        """Read the size from the manifest and the bounds from the parameters."""
        parameters = {k: v["string_value"] for k, v in json.loads(args["model_config"])["parameters"].items()}
        manifest = Path(args["model_repository"]) / parameters["manifest"]
        self._size = Manifest.load(manifest.parent).vision_size
        self._bounds = Bounds(int(parameters["max_bytes"]), int(parameters["max_pixels"]))

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """A response a request; a bad picture refuses its own request only."""
        return [self._serve(pb_utils.get_input_tensor_by_name(one, "image").as_numpy()) for one in requests]

    def _serve(self, images: Any) -> Any:  # noqa: ANN401 - Triton's own class
        try:
            pixels = np.stack([preprocess(data, self._size, self._bounds) for data in images.reshape(-1)])
        except PictureError as error:
            refusal = pb_utils.TritonError(f"INVALID_ARGUMENT: image: {error}", pb_utils.TritonError.INVALID_ARG)
            return pb_utils.InferenceResponse([], refusal)
        return pb_utils.InferenceResponse([pb_utils.Tensor("pixels", pixels)])
