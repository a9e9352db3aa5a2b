"""Opening a loop model from a model repository: settings, manifest, graph, scheduler."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from services.engine.denoise_loop import DenoiseLoop
from services.engine.denoising import DenoiseLimits, DenoiseRequest, merge_steps
from services.engine.euler import EulerSchedules
from services.engine.feature_loop import FeatureLoop
from services.engine.generation import GenerationRequest, merge_tokens
from services.engine.generation_limits import GenerationLimits
from services.engine.runtime import DenoiserRuntime, LanguageRuntime
from services.engine.scheduler import Scheduler
from services.engine.settings import DenoiserSettings, GeneratorSettings, RuntimeSettings
from services.engine.vocabulary import Vocabulary
from services.manifest import Manifest
from services.settings import SettingsError

CheckedT_contra = TypeVar("CheckedT_contra", contravariant=True)


class Limits(Protocol[CheckedT_contra]):
    """What a model takes."""

    def check(self, request: CheckedT_contra, /) -> None:
        """InvalidArgumentError for a request that could not be served."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model of a Triton repository: its folder, the version that is loaded, the parameters of its configuration."""

    folder: Path
    version: str
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> ModelFolder:
        """From what Triton hands to a Python model's `initialize`."""
        config: dict[str, Any] = json.loads(arguments["model_config"])
        values = {name: value["string_value"] for name, value in config.get("parameters", {}).items()}
        return cls(Path(arguments["model_repository"]), arguments["model_version"], values)

    @property
    def graph(self) -> Path:
        """The ONNX file."""
        return self.folder / self.version / "model.onnx"

    def manifest(self, settings: RuntimeSettings) -> Manifest:
        """The manifest that describes the graph; SettingsError if there is no graph or no runtime for it."""
        if settings.runtime != "onnx":
            raise SettingsError(
                f"parameter 'runtime': {settings.runtime!r} is not 'onnx', the only one; "
                "start Triton with --model-config-name=cpu"
            )
        if not self.graph.is_file():
            raise SettingsError(f"{self.graph} does not exist: run `python -m export build` first")
        return Manifest.load((self.folder / settings.manifest).resolve().parent)


def open_generator(folder: ModelFolder) -> tuple[Manifest, GenerationLimits, Scheduler[GenerationRequest]]:
    """The feature generator in ONNX Runtime, its threads running."""
    from services.engine.onnx_language import OnnxLanguageRuntime  # noqa: PLC0415

    settings = GeneratorSettings.read(folder.parameters)
    manifest = folder.manifest(settings)
    language, width = manifest.language, manifest.feature_width
    runtime: LanguageRuntime = OnnxLanguageRuntime(
        folder.graph,
        language,
        width,
        slots=settings.slots,
        spans=settings.pools(language.context),
        threads=settings.threads,
    )
    limits = GenerationLimits(Vocabulary.of(manifest), language.context, settings.slots, width)
    loop = partial(FeatureLoop, runtime, limits, chunk=settings.chunk, feature_offset=manifest.feature_offset)
    name = folder.folder.name
    return manifest, limits, Scheduler(loop, name=name, settings=settings, merge=merge_tokens)


def open_denoiser(folder: ModelFolder) -> tuple[Manifest, DenoiseLimits, Scheduler[DenoiseRequest]]:
    """The denoiser in ONNX Runtime, its threads running."""
    from services.engine.onnx_denoiser import OnnxDenoiserRuntime  # noqa: PLC0415

    settings = DenoiserSettings.read(folder.parameters)
    manifest = folder.manifest(settings)
    latents = (manifest.latent_channels, manifest.latent_size, manifest.latent_size)
    features = (manifest.features, manifest.feature_width)
    runtime: DenoiserRuntime = OnnxDenoiserRuntime(
        folder.graph, rows=settings.rows, latents=latents, features=features, threads=settings.threads
    )
    schedules = EulerSchedules(manifest.scheduler)
    loop = partial(DenoiseLoop, runtime, schedules, image_size=manifest.image_size, batch=settings.batch)
    limits = DenoiseLimits(features, latents)
    return manifest, limits, Scheduler(loop, name=folder.folder.name, settings=settings, merge=merge_steps)
