"""`python -m export.quantization`: INT8 or FP8 graphs for TensorRT, and what they cost in accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from export import presets
from export.presets import Preset
from export.quantization.mode import Method, Mode, Rest
from export.quantization.problem import QuantizationError
from export.quantization.process import ModelOpt
from export.quantization.run import Run, write_report
from export.quantization.source import ENGINES, Repository
from export.quantization.trajectory import Floats
from export.quantization.wording import Asked, ask, things_right
from export.reference import Reference
from export.training.world import Split
from export.weights import WeightsError, default_folder

app = typer.Typer(add_completion=False, help="Quantize the denoiser and the decoder with NVIDIA's ModelOpt.")

MODELS = Path("model_repository")

Engines = Annotated[list[str], typer.Option("--engine", help="sdxl_denoiser=int8, vae_decoder=fp8 ...; repeat it.")]


@app.command()
def quantize(
    *,
    out: Annotated[Path, typer.Option(help="Folder for quantized graphs and the report.")],
    engine: Engines,
    repository: Annotated[Path, typer.Option(help="What `python -m export build` has written.")] = MODELS,
    rest: Annotated[Rest, typer.Option(help="Number format of what is not quantized.")] = Rest.FP16,
    weights: Annotated[Path | None, typer.Option(help="Folder of weights that answer prompts.")] = None,
    features: Annotated[Path | None, typer.Option(help="Features [N, 64, D] in .npy, in place of prompts.")] = None,
    pictures: Annotated[int, typer.Option(min=1, help="Pictures to calibrate on.")] = 16,
    every: Annotated[int, typer.Option(min=1, help="Calibrate on every how many steps of a picture.")] = 5,
    judged: Annotated[int, typer.Option(min=1, help="Other pictures to measure the cost on.")] = 24,
    method: Annotated[Method, typer.Option(help="How activations' ranges are chosen.")] = Method.MAX,
    exclude: Annotated[list[str] | None, typer.Option(help="Regular expression of layers left in fp16.")] = None,
    python: Annotated[Path, typer.Option(help="The interpreter that has ModelOpt.")] = Path(
        ".venv-quantize/bin/python"
    ),
    provider: Annotated[str, typer.Option(help="What calibrates: cpu or cuda:0.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
) -> None:
    """Calibrate on real steps, write graphs with Q/DQ nodes, and compare their pictures with those of fp32."""
    try:
        modes, source = _modes(engine), Repository.open(repository)
        run = Run(source, out, ModelOpt(python, method, provider), rest, threads)
        torch.set_num_threads(threads)
        seen, asked = _features(source.preset, weights, features, pictures, judged)
        run.quantize(modes, seen[:pictures], every, exclude or [])
        found = run.measure(modes, seen[pictures:])
        run.finish(modes)
    except (QuantizationError, WeightsError, presets.UnknownPresetError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error
    report: dict[str, Any] = {"preset": source.preset.name, "rest": rest.value, "method": method.value}
    report["calibration_pictures"] = pictures
    for name, accuracy in found.items():
        report[name] = {"mode": modes[name].value, "excluded": exclude or []}
        if accuracy is None:
            report[name]["not_measured"] = "ONNX Runtime has no kernel for it on a CPU"
            typer.echo(f"{name} ({modes[name]}): not measured, {report[name]['not_measured']}")
            continue
        report[name] |= accuracy.summary()
        if asked:
            right = {"before": things_right(accuracy.before, asked), "after": things_right(accuracy.after, asked)}
            report[name]["things_right"] = right
        typer.echo(f"{name} ({modes[name]}): {_line(report[name])}")
    typer.echo(f"{write_report(out, report)} written")


def _modes(engines: list[str]) -> dict[str, Mode]:
    pairs = [each.partition("=") for each in engines]
    known = ", ".join(Mode)
    for name, _, mode in pairs:
        if name not in ENGINES:
            raise QuantizationError(f"{name!r} is not quantized: {' and '.join(ENGINES)} are")
        if mode not in list(Mode):
            raise QuantizationError(f"--engine {name}: {mode!r} is none of {known}")
    return {name: Mode(mode) for name, _, mode in pairs}


def _features(
    preset: Preset, weights: Path | None, file: Path | None, pictures: int, judged: int
) -> tuple[Floats, list[Asked]]:
    """Features to calibrate on, then those to measure on, and what the latter were asked for where that is known."""
    if file is None:
        reference = Reference(preset, weights or default_folder(preset))
        asked = ask(reference, Split.HELD_OUT, judged)
        every = [*ask(reference, Split.TRAIN, pictures), *asked]
        return np.stack([each.features for each in every]), asked
    found: Floats = np.load(file).astype(np.float32)
    wanted = (preset.features, preset.vision.width)
    if found.shape[1:] != wanted or len(found) <= pictures:
        raise QuantizationError(f"{file} is {list(found.shape)}, not more than {pictures} of {list(wanted)}")
    return found, []


def _line(numbers: dict[str, Any]) -> str:
    right = numbers.get("things_right")
    words = f"PSNR {numbers['psnr_mean']:.1f} dB, at worst {numbers['psnr_worst']:.1f}"
    if "latents_error_by_step" in numbers:
        words += f"; latents off by {100 * max(numbers['latents_error_by_step']):.1f} % at most"
    return words + (f"; things right {right['after']:.1%}, before {right['before']:.1%}" if right else "")
