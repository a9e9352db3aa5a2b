"""One picture from the same ONNX graphs called in process: what the stack's overhead is measured against.

No Triton, no gRPC, no queue, no store: prompt, 64 features, denoising, decoding, PNG, one call after the other on as
many threads as the stack's own models have.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from google.protobuf import text_format
from PIL import Image
from tritonclient.grpc import model_config_pb2

from services.engine.euler import EulerSchedules, initial_noise
from services.engine.onnx_denoiser import OnnxDenoiserRuntime
from services.engine.onnx_language import OnnxLanguageRuntime
from services.engine.onnx_session import open_session
from services.engine.runtime import PromptChunk
from services.manifest import Manifest

Floats = npt.NDArray[np.float32]
LANGUAGE, DENOISER, DECODER = "llama_feature_generator", "sdxl_denoiser", "vae_decoder"


@dataclass(frozen=True, slots=True)
class Wish:
    """A prompt's ids, ending in `<img>`, and how its picture is made."""

    ids: tuple[int, ...]
    seed: int
    steps: int
    guidance: float


class InProcess:
    """The graphs of a model repository, opened once."""

    def __init__(self, repository: Path, manifest: Manifest) -> None:
        self._manifest = manifest
        graphs = {name: repository / spec.file for name, spec in manifest.graphs.items()}
        language = _parameters(repository, LANGUAGE)
        spans = sorted({*(int(span) for span in language.get("spans", "").split(",") if span)})
        self._language = OnnxLanguageRuntime(
            graphs[LANGUAGE],
            manifest.language,
            manifest.feature_width,
            slots=1,
            spans=spans or [manifest.language.context],
            threads=int(language.get("threads", "1")),
        ).pools[0]
        self._denoiser = OnnxDenoiserRuntime(
            graphs[DENOISER],
            rows=1,
            latents=[(manifest.latent_channels, manifest.latent_size, manifest.latent_size)],
            features=(manifest.features, manifest.feature_width),
            threads=int(_parameters(repository, DENOISER).get("threads", "1")),
        ).pools[0]
        self._decoder = open_session(
            graphs[DECODER], int(_parameters(repository, DECODER).get("intra_op_threads", "1"))
        )
        self._schedules = EulerSchedules(manifest.scheduler)

    def picture_seconds(self, wish: Wish) -> float:
        """How long `picture` takes."""
        begin = time.perf_counter()
        self.picture(wish)
        return time.perf_counter() - begin

    def picture(self, wish: Wish) -> bytes:
        """The PNG of `wish`."""
        features = self._features(wish.ids)
        latents = self._denoise(features, wish)
        pixels = self._decoder.run(["pixels"], {"latents": latents})[0][0]
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()

    def _features(self, ids: tuple[int, ...]) -> Floats:
        """[64, D]: the prompt in one call, then each feature fed back for the next."""
        count, width = len(ids), self._manifest.feature_width
        chunk = PromptChunk(
            np.asarray(ids, np.int64), np.zeros((count, width), np.float32), np.zeros(count, np.bool_), past_length=0
        )
        wanted = self._manifest.features + self._manifest.feature_offset
        found: list[Floats] = [self._language.prefill(0, chunk).features[0].copy()]
        rows = self._language.rows
        rows.is_feature[0] = True
        for position in range(count, count + wanted - 1):
            rows.features[0], rows.past_length[0] = found[-1], position
            found.append(self._language.decode(1).features[0].copy())
        return np.stack(found[self._manifest.feature_offset :])

    def _denoise(self, features: Floats, wish: Wish) -> Floats:
        """Latents [1, 4, h, w]."""
        rows, schedule = self._denoiser.rows, self._schedules.schedule(wish.steps)
        size = self._manifest.image_size
        rows.time_ids[0] = (size, size, 0, 0, size, size)
        rows.features[0], rows.guidance[0] = features, wish.guidance
        rows.latents[0] = initial_noise(wish.seed, rows.latents.shape[1:], schedule)
        for step in range(wish.steps):
            rows.sigma[0], rows.sigma_next[0] = schedule.sigmas[step], schedule.sigmas[step + 1]
            rows.timestep[0] = schedule.timesteps[step]
            self._denoiser.step(0, 1)
        return rows.latents


def _parameters(repository: Path, model: str) -> dict[str, str]:
    """The parameters of the model's CPU configuration."""
    path = repository / model / "configs/cpu.pbtxt"
    config = text_format.Parse(path.read_text(), model_config_pb2.ModelConfig())
    return {name: value.string_value for name, value in config.parameters.items()}
