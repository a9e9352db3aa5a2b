"""`python -m export`: graphs and manifests from weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from export import presets
from export.build import build_repository, write_graphs
from export.checkpoints import Checkpoint
from export.checkpoints.miniature import write_checkpoint
from export.checkpoints.survey import survey
from export.onnx.engines import engines
from export.onnx.exporter import ExportError
from export.onnx.precision import Precision
from export.source import Source, WeightsSource
from export.tensorrt.command import (
    MEASURED,
    MODELS,
    Compatible,
    DryRun,
    ForHardware,
    Level,
    Repository,
    Timings,
    Workspace,
)
from export.tensorrt.compiler import open_compiler
from export.tensorrt.machine import LocalProbe
from export.tensorrt.options import BuildOptions, Hardware
from export.tensorrt.preflight import look
from export.tensorrt.problem import PlanBuildError
from export.tensorrt.quantized import quantized_graphs
from export.tensorrt.repository import PlanRepository
from export.tensorrt.session import Session
from export.tensorrt.timing import TimingStore
from export.tokenizer import TokenizerError
from export.weights import WeightsError, default_folder, load_networks, random_networks

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Export WeGen's networks for serving.")

SHIPPED, PUBLISHED = "wegen-tiny", "wegen-7b"

PresetName = Annotated[
    str | None,
    typer.Option("--preset", help=f"One of {', '.join(presets.names())}: {SHIPPED}, or {PUBLISHED} for a checkpoint."),
]
Weights = Annotated[Path | None, typer.Option("--weights", help="Folder of safetensors and tokenizer.model.")]
Authors = Annotated[Path | None, typer.Option("--checkpoint", help="The authors' checkpoint folder.")]
Span = Annotated[int | None, typer.Option(help="Fixed cache length (default: the preset's context).")]
Random = Annotated[bool, typer.Option("--random", help="Seeded random weights instead of trained ones.")]


@app.command()
def build(
    *,
    preset: PresetName = None,
    weights: Weights = None,
    checkpoint: Authors = None,
    repository: Repository = MODELS,
    random: Random = False,
) -> None:
    """Write fp32 graphs for ONNX Runtime, tokenizer and manifest into the model repository."""
    try:
        path = build_repository(_source(preset, weights, checkpoint, random=random), repository, typer.echo)
    except (WeightsError, TokenizerError, ExportError, presets.UnknownPresetError) as error:
        _stop(error)
    typer.echo(f"{path} written")


@app.command()
def plans(
    *,
    preset: PresetName = None,
    weights: Weights = None,
    checkpoint: Authors = None,
    repository: Repository = MODELS,
    random: Random = False,
    precision: Annotated[Precision, typer.Option(help="Number format of weights and activations.")] = Precision.FP16,
    graphs: Annotated[Path, typer.Option(help="Folder the typed graphs are kept in.")] = Path(".cache/graphs"),
    span: Span = None,
    quantized: Annotated[
        Path | None, typer.Option(help="Folder of quantized graphs that take the place of typed ones.")
    ] = None,
    workspace_gib: Workspace = 8.0,
    hardware: ForHardware = Hardware.SAME_GPU,
    version_compatible: Compatible = False,
    level: Level = 3,
    timings: Timings = MEASURED,
    dry_run: DryRun = False,
) -> None:
    """From weights to TensorRT plans, tokenizer and manifest in the model repository: all that a GPU serves.

    Checks the weights and this machine first; what is done already is not done again.
    """
    probe = LocalProbe()
    try:
        options = BuildOptions(workspace_gib, hardware, version_compatible, level)
        session = Session(look(probe), probe, open_compiler, TimingStore(timings), Console())
        source = _source(preset, weights, checkpoint, random=random)
        folder = graphs / f"{source.preset.name}-{precision}"
        eight_bits = quantized_graphs(quantized, source.preset) if quantized else {}
        job = PlanRepository(source, folder, repository, precision, span or source.preset.context, options, eight_bits)
        job.preflight(session)
        if not dry_run:
            typer.echo(f"{job.build(session)} written")
    except (WeightsError, TokenizerError, ExportError, PlanBuildError, ValueError) as error:
        _stop(error)


@app.command()
def graphs(
    *,
    out: Annotated[Path, typer.Option(help="Folder for NAME.onnx.")],
    precision: Annotated[Precision, typer.Option(help="Number format of weights and activations.")],
    preset: PresetName = None,
    weights: Weights = None,
    checkpoint: Authors = None,
    random: Random = False,
    span: Span = None,
    engine: Annotated[list[str] | None, typer.Option(help="Only this engine; may be repeated (default: all).")] = None,
) -> None:
    """Write strongly typed graphs for TensorRT, the language model's cache at a fixed length."""
    try:
        source = _source(preset, weights, checkpoint, random=random)
        files = {name: out / f"{name}.onnx" for name in _chosen(engine)}
        write_graphs(source, files, precision, span or source.preset.context, typer.echo)
    except (WeightsError, TokenizerError, ExportError, presets.UnknownPresetError) as error:
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
    random: Random = False,
) -> None:
    """Write a preset's own weights in the layout of the authors' folder, to try `check` and `--checkpoint` on."""
    try:
        chosen = presets.load(preset or SHIPPED)
        folder = weights or default_folder(chosen)
        tokenizer = Source(chosen, folder, random).tokenizer()
        networks = random_networks(chosen) if random else load_networks(chosen, folder)
        write_checkpoint(out, chosen, networks, tokenizer)
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
    """A sentence for each problem and status 2, no traceback."""
    for line in str(error).splitlines():
        typer.echo(line if line.startswith(" ") else f"error: {line}", err=True)
    raise typer.Exit(2)
