"""Opening the runtime that a model's configuration names; each imports its own packages, when it is opened."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from services.engine.canvas import Canvas
from services.engine.plan import Host, open_plan
from services.engine.runtime import DenoiserRuntime, LanguageRuntime
from services.engine.settings import DenoiserSettings, GeneratorSettings
from services.manifest import Manifest
from services.settings import SettingsError

if TYPE_CHECKING:
    from services.engine.cuda_device import CudaDevice
    from services.engine.model_folder import ModelFolder
    from services.engine.tensorrt_plan import TensorrtPlan

ONNX, TENSORRT = "onnx", "tensorrt"
_PACKAGES = {"tensorrt": "tensorrt", "cuda.bindings": "cuda-bindings"}


def open_language(folder: ModelFolder, settings: GeneratorSettings, manifest: Manifest) -> LanguageRuntime:
    """The LLaMA graph over its caches; SettingsError if it cannot be opened."""
    spec, width = manifest.language, manifest.feature_width
    if settings.runtime == TENSORRT:
        from services.engine.tensorrt_language import TensorrtLanguageRuntime  # noqa: PLC0415

        device, plan = _open_plan(folder)
        return TensorrtLanguageRuntime(device, [plan], spec, width, slots=settings.slots)
    from services.engine.onnx_language import OnnxLanguageRuntime  # noqa: PLC0415

    spans = settings.pools(spec.context)
    return OnnxLanguageRuntime(folder.graph, spec, width, slots=settings.slots, spans=spans, threads=settings.threads)


def open_unet(folder: ModelFolder, settings: DenoiserSettings, manifest: Manifest) -> DenoiserRuntime:
    """The denoiser's graph over its rows of every size; SettingsError if it cannot be opened."""
    latents = Canvas.of(manifest).shapes
    features = (manifest.features, manifest.feature_width)
    if settings.runtime == TENSORRT:
        from services.engine.tensorrt_denoiser import TensorrtDenoiserRuntime  # noqa: PLC0415

        device, plan = _open_plan(folder)
        return TensorrtDenoiserRuntime(
            device, plan, rows=settings.rows, batch=settings.batch, latents=latents, features=features
        )
    from services.engine.onnx_denoiser import OnnxDenoiserRuntime  # noqa: PLC0415

    return OnnxDenoiserRuntime(
        folder.graph, rows=settings.rows, latents=latents, features=features, threads=settings.threads
    )


def check_runtime(folder: ModelFolder, runtime: str) -> None:
    """SettingsError if there is no such runtime, not what it needs, or nothing for it to run."""
    if runtime not in {ONNX, TENSORRT}:
        raise SettingsError(f"parameter 'runtime': {runtime!r} is neither {ONNX!r} nor {TENSORRT!r}")
    if runtime == TENSORRT:
        _check_packages()
        if not folder.plan.is_file():
            raise SettingsError(f"{folder.plan} does not exist: build the TensorRT plans on this kind of GPU first")
    elif not folder.graph.is_file():
        raise SettingsError(f"{folder.graph} does not exist: run `python -m export build` first")


def _check_packages() -> None:
    for module, package in _PACKAGES.items():
        if not _installed(module):
            raise SettingsError(
                f"parameter 'runtime': {TENSORRT!r} needs the package {package}, which is not installed; "
                "without a GPU start Triton with --model-config-name=cpu"
            )


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that holds it is not there either
        return False


def _open_plan(folder: ModelFolder) -> tuple[CudaDevice, TensorrtPlan]:
    """The plan on its GPU; PlanError, before it is read, where it was built for another or by another TensorRT."""
    from services.engine.cuda_device import CudaDevice  # noqa: PLC0415
    from services.engine.tensorrt_plan import TensorrtPlan  # noqa: PLC0415

    device = CudaDevice(folder.device)
    found = open_plan(folder.plan, Host(version("tensorrt"), *device.hardware()))
    return device, TensorrtPlan(folder.plan, device, host_code=found.version_compatible)
