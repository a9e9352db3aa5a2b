"""Opening a loop model from a model repository: settings, manifest, graph, scheduler."""

from __future__ import annotations

from functools import partial
from typing import Protocol, TypeVar

from services.engine.canvas import Canvas
from services.engine.denoise_loop import DenoiseLoop
from services.engine.denoising import DenoiseLimits, DenoiseRequest, merge_steps
from services.engine.euler import EulerSchedules
from services.engine.feature_loop import FeatureLoop
from services.engine.generation import GenerationRequest, merge_tokens
from services.engine.generation_limits import GenerationLimits
from services.engine.model_folder import ModelFolder
from services.engine.runtimes import open_language, open_unet
from services.engine.scheduler import Scheduler
from services.engine.settings import DenoiserSettings, GeneratorSettings
from services.engine.vocabulary import Vocabulary
from services.manifest import Manifest

CheckedT_contra = TypeVar("CheckedT_contra", contravariant=True)


class Limits(Protocol[CheckedT_contra]):
    """What a model takes."""

    def check(self, request: CheckedT_contra, /) -> None:
        """InvalidArgumentError for a request that could not be served."""


def open_generator(folder: ModelFolder) -> tuple[Manifest, GenerationLimits, Scheduler[GenerationRequest]]:
    """The feature generator in the runtime that its configuration names, its threads running."""
    settings = GeneratorSettings.read(folder.parameters)
    manifest = folder.manifest(settings)
    runtime = open_language(folder, settings, manifest)
    vocabulary, context = Vocabulary.of(manifest), manifest.language.context
    limits = GenerationLimits(vocabulary, context, settings.slots, manifest.feature_width)
    loop = partial(FeatureLoop, runtime, limits, chunk=settings.chunk, feature_offset=manifest.feature_offset)
    name = folder.folder.name
    return manifest, limits, Scheduler(loop, name=name, settings=settings, merge=merge_tokens)


def open_denoiser(folder: ModelFolder) -> tuple[Manifest, DenoiseLimits, Scheduler[DenoiseRequest]]:
    """The denoiser in the runtime that its configuration names, its threads running."""
    settings = DenoiserSettings.read(folder.parameters)
    manifest = folder.manifest(settings)
    runtime = open_unet(folder, settings, manifest)
    schedules, canvas = EulerSchedules(manifest.scheduler), Canvas.of(manifest)
    loop = partial(DenoiseLoop, runtime, schedules, canvas=canvas, rows=settings.rows, batch=settings.batch)
    limits = DenoiseLimits((manifest.features, manifest.feature_width), canvas)
    return manifest, limits, Scheduler(loop, name=folder.folder.name, settings=settings, merge=merge_steps)
