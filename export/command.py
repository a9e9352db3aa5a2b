"""`python -m export`: graphs and manifests from weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from export import presets
from export.build import Source, WeightsSource, build_repository, write_graphs
from export.checkpoints import Checkpoint
from export.checkpoints.miniature import write_checkpoint
from export.checkpoints.survey import survey
from export.onnx.engines import engines
from export.onnx.precision import Precision
from export.tokenizer import TokenizerError
from export.weights import WeightsError, default_folder, load_networks

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Export WeGen's networks for serving.")

SHIPPED, PUBLISHED = "wegen-tiny", "wegen-7b"

PresetName = Annotated[
    str | None,
    typer.Option("--preset", help=f"One of {', '.join(presets.names())}: {SHIPPED}, or {PUBLISHED} for a checkpoint."),
]
Weights = Annotated[Path | None, typer.Option("--weights", help="Folder of safetensors and tokenizer.model.")]
Authors = Annotated[Path | None, typer.Option("--checkpoint", help="The authors' checkpoint folder.")]
Random = Annotated[bool, typer.Option("--random", help="Seeded random weights instead of trained ones.")]


@app.command()
def build(
    *,
    preset: PresetName = None,
    weights: Weights = None,
    checkpoint: Authors = None,
    repository: Annotated[Path, typer.Option(help="Triton's model repository.")] = Path("model_repository"),
    random: Random = False,
) -> None:
    """Write fp32 graphs, tokenizer and manifest into the model repository."""
    try:
        path = build_repository(_source(preset, weights, checkpoint, random=random), repository, typer.echo)
    except (WeightsError, TokenizerError, presets.UnknownPresetError) as error:
        _stop(error)
    typer.echo(f"{path} written")


@app.command()
def graphs(
    *,
    out: Annotated[Path, typer.Option(help="Folder for NAME.onnx.")],
    precision: Annotated[Precision, typer.Option(help="Number format of weights and activations.")],
    preset: PresetName = None,
    weights: Weights = None,
    checkpoint: Authors = None,
    random: Random = False,
    span: Annotated[int | None, typer.Option(help="Fixed cache length (default: the preset's context).")] = None,
    engine: Annotated[list[str] | None, typer.Option(help="Only this engine; may be repeated (default: all).")] = None,
) -> None:
    """Write strongly typed graphs for TensorRT, the language model's cache at a fixed length.

    In fp16 the decoder of the stock SDXL VAE overflows: give it bf16 or fp32.
    """
    try:
        source = _source(preset, weights, checkpoint, random=random)
        files = {name: out / f"{name}.onnx" for name in _chosen(engine)}
        write_graphs(source, files, precision, span or source.preset.context, typer.echo)
    except (WeightsError, TokenizerError, presets.UnknownPresetError) as error:
        _stop(error)


@app.command()
def check(
    checkpoint: Annotated[Path, typer.Argument(help="The authors' checkpoint folder.")],
    *,
    preset: PresetName = None,
) -> None:
    """Read every weight of a checkpoint once and say what is in it, or all that is wrong with it."""
    try:
        for line in survey(Checkpoint.open(checkpoint, presets.load(preset or PUBLISHED))):
            typer.echo(line)
    except (WeightsError, presets.UnknownPresetError) as error:
        _stop(error)


@app.command()
def miniature(
    out: Annotated[Path, typer.Argument(help="A folder that does not exist.")],
    *,
    preset: PresetName = None,
    weights: Weights = None,
) -> None:
    """Write a preset's own weights in the layout of the authors' folder, to try `check` and `--checkpoint` on."""
    try:
        chosen = presets.load(preset or SHIPPED)
        folder = weights or default_folder(chosen)
        tokenizer = Source(chosen, folder).tokenizer()
        write_checkpoint(out, chosen, load_networks(chosen, folder), tokenizer)
    except (WeightsError, presets.UnknownPresetError) as error:
        _stop(error)
    typer.echo(f"{out} written")


def _source(name: str | None, weights: Path | None, checkpoint: Path | None, *, random: bool) -> WeightsSource:
    if checkpoint is None:
        preset = presets.load(name or SHIPPED)
        return Source(preset, weights or default_folder(preset), random)
    if weights is not None or random:
        raise WeightsError("--checkpoint takes neither --weights nor --random beside it")
    return Checkpoint.open(checkpoint, presets.load(name or PUBLISHED))


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
