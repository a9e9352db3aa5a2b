"""The same cases through the server's own TensorRT runtime, where plans are at hand.

A step here is what the loop waits for: inputs sent, the plan run, logits and features brought back.
"""

from __future__ import annotations

from pathlib import Path

from bench.gpu.beside import keep, series
from bench.gpu.run import DECODE, FEATURES, UNET, Run
from services.engine.runtime import DenoiserPool, LanguagePool
from services.manifest import LanguageSpec

BACKEND = "TensorRT"
_LANGUAGE, _DENOISER = "llama_feature_generator/1/model.plan", "sdxl_denoiser/1/model.plan"


def measure_plans(run: Run, repository: Path) -> None:
    """Add to `run` what the plans in a model repository take; torch's own cases must be there to compare with."""
    from services.engine.cuda_device import CudaDevice  # noqa: PLC0415
    from services.engine.tensorrt_denoiser import TensorrtDenoiserRuntime  # noqa: PLC0415
    from services.engine.tensorrt_language import TensorrtLanguageRuntime  # noqa: PLC0415
    from services.engine.tensorrt_plan import TensorrtPlan  # noqa: PLC0415

    preset = run.preset
    size, width = preset.language, preset.vision.width
    spec = LanguageSpec(
        layers=size.layers, heads=size.heads, head_dim=size.head_dim, context=preset.context, vocab=size.vocab
    )
    device = CudaDevice()
    language = TensorrtLanguageRuntime(
        device, [TensorrtPlan(repository / _LANGUAGE, device)], spec, width, slots=run.batches(DECODE)[-1]
    )
    measure_pool(run, language.pools[0])
    latents = (preset.denoiser.latent_channels, preset.latent_size, preset.latent_size)
    most = run.batches(UNET)[-1]
    plan = TensorrtPlan(repository / _DENOISER, device)
    features = (preset.features, width)
    unet = TensorrtDenoiserRuntime(device, plan, rows=most, batch=most, latents=[latents], features=features)
    measure_denoiser(run, unet.pools[0])
    device.close()


def measure_pool(run: Run, pool: LanguagePool) -> None:
    """Decoding at every batch, at the length that torch had; then a picture's features."""
    for batch in run.batches(DECODE):
        pool.rows.past_length[:batch] = run.span - 1
        keep(run, BACKEND, DECODE, batch, series(lambda: pool.decode(batch), 4 * run.repeats))  # noqa: B023
    count = run.preset.features

    def features() -> None:
        pool.rows.is_feature[0] = True
        for position in range(run.span - count, run.span):
            pool.rows.past_length[0] = position
            pool.rows.features[0] = pool.decode(1).features[0]

    keep(run, BACKEND, FEATURES, 1, series(features, run.repeats))


def measure_denoiser(run: Run, runtime: DenoiserPool) -> None:
    """A step at every batch."""
    runtime.rows.sigma[:], runtime.rows.sigma_next[:], runtime.rows.timestep[:] = 1.0, 0.9, 500
    for batch in run.batches(UNET):
        keep(run, BACKEND, UNET, batch, series(lambda: runtime.step(0, batch), run.repeats))  # noqa: B023
