"""The command line of `python -m bench.quality`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bench import machine
from bench.quality.order import WORLD, Kind, Model, Order, Paths, SuiteName
from bench.report import write
from services.errors import WegenError


def main(
    *,
    subject: Annotated[Kind, typer.Option(help="Whose pictures: the PyTorch reference, or a running stack.")] = (
        Kind.REFERENCE
    ),
    suite: Annotated[list[SuiteName] | None, typer.Option(help="Once a suite; default: all of our world's.")] = None,
    preset: Annotated[str, typer.Option(help="The reference's preset; a stack says itself what it serves.")] = (
        "wegen-tiny"
    ),
    weights: Annotated[Path | None, typer.Option(help="Folder of weights; default: the preset's own.")] = None,
    prompts: Annotated[int, typer.Option(min=1, help="Cases a suite, or of each kind that it compares.")] = 20,
    samples: Annotated[int, typer.Option(min=1, help="Pictures a prompt.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Of the first picture; the others count on from it.")] = 0,
    steps: Annotated[int | None, typer.Option(min=1, max=100, help="Euler steps; default: the preset's.")] = None,
    guidance: Annotated[float | None, typer.Option(min=0, max=30, help="Default: the preset's.")] = None,
    strategy: Annotated[str, typer.Option(help="How COCO's captions are rewritten.")] = "top-p + temperature",
    clip: Annotated[Path | None, typer.Option(help="Folder of a CLIP model: CLIP-T and CLIP-I.")] = None,
    dino: Annotated[Path | None, typer.Option(help="Folder of a DINO ViT.")] = None,
    inception: Annotated[Path | None, typer.Option(help="TorchScript Inception-v3: FID.")] = None,
    alexnet: Annotated[Path | None, typer.Option(help="torchvision's AlexNet: LPIPS, with --lpips.")] = None,
    lpips: Annotated[Path | None, typer.Option(help="LPIPS's alex.pth, with --alexnet.")] = None,
    coco_captions: Annotated[Path | None, typer.Option(help="COCO's captions_*.json.")] = None,
    coco_images: Annotated[Path | None, typer.Option(help="The folder of COCO's pictures.")] = None,
    dreambench: Annotated[Path | None, typer.Option(help="google/dreambooth's dataset folder.")] = None,
    multibench: Annotated[Path | None, typer.Option(help="A folder as bench.quality.folders.multibench reads.")] = None,
    out: Annotated[Path, typer.Option(help="Where NAME.json and NAME-SUITE.png go.")] = Path("bench/results"),
    name: Annotated[str, typer.Option(help="Of the files.")] = "quality",
) -> None:
    """Score a running stack or the reference: tables, JSON and contact sheets."""
    console = Console()
    paths = Paths(clip, dino, inception, alexnet, lpips, coco_captions, coco_images, dreambench, multibench)
    usual = [each for each in WORLD if subject is Kind.REFERENCE or each is not SuiteName.RECONSTRUCTION]
    try:
        model = Model(subject, preset, weights, steps, guidance)
        order = Order(model, tuple(dict.fromkeys(suite or usual)), paths, prompts, samples, seed, strategy)
        _measure(console, order, out / name)
    except WegenError as error:
        console.print(f"[bold red]{escape(error.message)}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _measure(console: Console, order: Order, target: Path) -> None:
    # Not before the order is checked: torch takes seconds and half a gigabyte.
    from bench.quality import report  # noqa: PLC0415
    from bench.quality.opening import folder_of, open_instruments, opened, preset_of, tower_of  # noqa: PLC0415
    from bench.quality.run import Run  # noqa: PLC0415

    preset = preset_of(order.model)
    described = machine.describe()
    instruments = open_instruments(order.paths, tower_of(preset, folder_of(order.model, preset)))
    with opened(order.model, preset) as subject:
        outcomes = Run(order, subject, instruments, preset.image_size).measure()
        identity = subject.identity
    report.show(console, identity, instruments.names(), outcomes)
    run = {"prompts": order.prompts, "samples": order.samples, "seed": order.seed, "strategy": order.strategy}
    write(target.with_suffix(".json"), report.as_json(identity, run, instruments.names(), described, outcomes))
    console.print(f"written to {target.with_suffix('.json')}")
    for sheet in report.save_sheets(outcomes, target.parent, target.name):
        console.print(f"pictures in {sheet}")


if __name__ == "__main__":
    typer.run(main)
