"""Every runtime there is on this machine, behind one face: the conformance tests see only the protocols.

`onnx`: ONNX Runtime over the built model repository. `plan-now`, `plan-late`: the TensorRT runtime over numpy graphs
and a device that works at once, or as late as it may. `tensorrt`: plans in the model repository, on a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from services.engine.canvas import Canvas
from services.engine.runtime import DenoiserPool, LanguagePool
from services.engine.tensorrt_denoiser import TensorrtDenoiserRuntime
from services.engine.tensorrt_language import TensorrtLanguageRuntime
from services.manifest import LanguageSpec, Manifest
from tests.fakes.device import FakeDevice
from tests.fakes.plans import FakeLanguage, denoiser_plan

REPOSITORY = Path(__file__).parents[5] / "model_repository"
RUNTIMES = ("onnx", "plan-now", "plan-late", "tensorrt")
SPEC = LanguageSpec(layers=2, heads=2, head_dim=16, context=64, vocab=50)
WIDTH = 8
SLOTS = 5


@dataclass(frozen=True, slots=True)
class Language:
    """A pool of SLOTS slots. `tolerance`: of logits fed otherwise; `company`: of the same step in another batch."""

    pool: LanguagePool
    vocab: int
    width: int
    tolerance: float
    company: float


@dataclass(frozen=True, slots=True)
class Denoiser:
    """A pool of SLOTS rows, all of which a step takes."""

    pool: DenoiserPool
    company: float


@pytest.fixture(scope="module", params=RUNTIMES)
def language(request: pytest.FixtureRequest) -> Iterator[Language]:
    if request.param == "onnx":
        yield onnx_language()
    elif request.param == "tensorrt":
        yield from on_a_gpu("llama_feature_generator", tensorrt_language)
    else:
        device = FakeDevice(lazy=request.param == "plan-late")
        plan = FakeLanguage(SPEC, WIDTH).plan(device, WIDTH, rows=SLOTS, tokens=7, span=SPEC.context)
        runtime = TensorrtLanguageRuntime(device, [plan], SPEC, WIDTH, slots=SLOTS)
        yield Language(runtime.pools[0], SPEC.vocab, WIDTH, tolerance=1e-4, company=1e-4)


@pytest.fixture(scope="module", params=RUNTIMES)
def denoiser(request: pytest.FixtureRequest) -> Iterator[Denoiser]:
    if request.param == "onnx":
        yield onnx_denoiser()
    elif request.param == "tensorrt":
        yield from on_a_gpu("sdxl_denoiser", tensorrt_denoiser)
    else:
        device, latents, features = FakeDevice(lazy=request.param == "plan-late"), [(4, 4, 4)], (8, 8)
        plan = denoiser_plan(device, latents, features, batch=SLOTS)
        runtime = TensorrtDenoiserRuntime(device, plan, rows=SLOTS, batch=SLOTS, latents=latents, features=features)
        yield Denoiser(runtime.pools[0], company=1e-6)


def built() -> Manifest:
    if not (REPOSITORY / "manifest.json").is_file():
        pytest.skip("needs `python -m export build`")
    return Manifest.load(REPOSITORY)


def onnx_language() -> Language:
    manifest = built()
    from services.engine.onnx_language import OnnxLanguageRuntime  # noqa: PLC0415

    graph = REPOSITORY / manifest.graphs["llama_feature_generator"].file
    spec, width = manifest.language, manifest.feature_width
    runtime = OnnxLanguageRuntime(graph, spec, width, slots=SLOTS, spans=(64,), threads=1)
    return Language(runtime.pools[0], spec.vocab, width, tolerance=1e-3, company=0)


def onnx_denoiser() -> Denoiser:
    manifest = built()
    from services.engine.onnx_denoiser import OnnxDenoiserRuntime  # noqa: PLC0415

    graph = REPOSITORY / manifest.graphs["sdxl_denoiser"].file
    features, latents = (manifest.features, manifest.feature_width), Canvas.of(manifest).shapes
    runtime = OnnxDenoiserRuntime(graph, rows=SLOTS, latents=latents, features=features, threads=1)
    return Denoiser(runtime.pools[0], company=0)


def on_a_gpu(model: str, opened: Callable[[Any, Any, Manifest], Any]) -> Iterator[Any]:
    """What `opened` makes of a plan, on a device that is closed afterwards; skips where there is no plan or no GPU."""
    plan = REPOSITORY / model / "1" / "model.plan"
    if not plan.is_file():
        pytest.skip(f"needs a GPU and its plan {plan.relative_to(REPOSITORY.parent)}")
    if find_spec("tensorrt") is None or find_spec("cuda") is None:
        pytest.skip("needs the packages tensorrt and cuda-bindings")
    from services.engine.cuda_device import CudaDevice  # noqa: PLC0415
    from services.engine.tensorrt_plan import TensorrtPlan  # noqa: PLC0415

    device = CudaDevice()
    yield opened(device, TensorrtPlan(plan, device), built())
    device.close()


def tensorrt_language(device: Any, plan: Any, manifest: Manifest) -> Language:
    spec, width = manifest.language, manifest.feature_width
    runtime = TensorrtLanguageRuntime(device, [plan], spec, width, slots=SLOTS)
    # Half precision: three digits of logits of some units.
    return Language(runtime.pools[0], spec.vocab, width, tolerance=0.1, company=0.1)


def tensorrt_denoiser(device: Any, plan: Any, manifest: Manifest) -> Denoiser:
    features, latents = (manifest.features, manifest.feature_width), Canvas.of(manifest).shapes
    runtime = TensorrtDenoiserRuntime(device, plan, rows=SLOTS, batch=SLOTS, latents=latents, features=features)
    return Denoiser(runtime.pools[0], company=0.05)
