"""`python -m export`: graphs and manifests from weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from export import presets
from export.build import Source, build_repository, write_graphs
from export.onnx.engines import engines
from export.onnx.precision import Precision
from export.tokenizer import TokenizerError
from export.weights import WeightsError, default_folder

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Export WeGen's networks for serving.")

PresetName = Annotated[str, typer.Option("--preset", help=f"One of {', '.join(presets.names())}.")]
Weights = Annotated[Path | None, typer.Option("--weights", help="Folder of safetensors and tokenizer.model.")]
Random = Annotated[bool, typer.Option("--random", help="Seeded random weights instead of trained ones.")]


@app.command()
def build(
    *,
    preset: PresetName = "wegen-tiny",
    weights: Weights = None,
    repository: Annotated[Path, typer.Option(help="Triton's model repository.")] = Path("model_repository"),
    random: Random = False,
) -> None:
    """Write fp32 graphs, tokenizer and manifest into the model repository."""
    try:
        path = build_repository(_source(preset, weights, random=random), repository, typer.echo)
    except (WeightsError, TokenizerError, presets.UnknownPresetError) as error:
        _stop(error)
    typer.echo(f"{path} written")


@app.command()
def graphs(
    *,
    out: Annotated[Path, typer.Option(help="Folder for NAME.onnx.")],
    precision: Annotated[Precision, typer.Option(help="Number format of weights and activations.")],
    preset: PresetName = "wegen-tiny",
    weights: Weights = None,
    random: Random = False,
    span: Annotated[int | None, typer.Option(help="Fixed cache length (default: the preset's context).")] = None,
    engine: Annotated[list[str] | None, typer.Option(help="Only this engine; may be repeated (default: all).")] = None,
) -> None:
    """Write strongly typed graphs for TensorRT, the language model's cache at a fixed length.

    In fp16 the decoder of the stock SDXL VAE overflows: give it bf16 or fp32.
    """
    try:
        source = _source(preset, weights, random=random)
        files = {name: out / f"{name}.onnx" for name in _chosen(engine)}
        write_graphs(source, files, precision, span or source.preset.context, typer.echo)
    except (WeightsError, TokenizerError, presets.UnknownPresetError) as error:
        _stop(error)


def _source(name: str, weights: Path | None, *, random: bool) -> Source:
    preset = presets.load(name)
    return Source(preset, weights or default_folder(preset), random)


def _chosen(wanted: list[str] | None) -> list[str]:
    """Names of the engines to export."""
    names = [engine.name for engine in engines()]
    unknown = [name for name in wanted or () if name not in names]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is no engine; there are {', '.join(names)}", param_hint="--engine")
    return wanted or names


def _stop(error: Exception) -> None:
    """One sentence and status 2, no traceback."""
    typer.echo(f"error: {error}", err=True)
    raise typer.Exit(2)
