"""`python -m bench.gpu`: a GPU against its own roof, at published sizes, in under 8 minutes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import machine
from bench.report import write

RESULTS = Path(__file__).parents[1] / "results"
_WIDTH = 160


class Number(StrEnum):
    """The number format of weights and activations. In fp16 the stock SDXL VAE overflows: its time stays the same."""

    BF16 = "bfloat16"
    FP16 = "float16"
    FP32 = "float32"


def main(
    *,
    preset: Annotated[str, typer.Option(help="Sizes of the networks.")] = "wegen-7b",
    device: Annotated[str, typer.Option(help="cuda, cuda:1 ..., or cpu (for small presets).")] = "cuda",
    precision: Annotated[Number, typer.Option(help="Number format.")] = Number.BF16,
    span: Annotated[int, typer.Option(min=1, help="Entries of the language model's cache; all are read.")] = 1024,
    repeats: Annotated[int, typer.Option(min=1, help="Counted runs of a case.")] = 10,
    budget_s: Annotated[float, typer.Option(min=0, help="No case begins later than this many seconds.")] = 400.0,
    plans: Annotated[Path | None, typer.Option(help="A model repository with TensorRT plans of this preset.")] = None,
    graphs: Annotated[Path | None, typer.Option(help="Typed graphs for ONNX Runtime, without plans.")] = None,
    compiled: Annotated[
        bool | None, typer.Option("--compile/--no-compile", help="Compile repeated blocks.", show_default="on a GPU")
    ] = None,
    tune: Annotated[bool, typer.Option("--tune", help="Search for LLaMA's kernels: longer to compile.")] = False,
    name: Annotated[str, typer.Option(help="The results are OUT/gpu-NAME.json and .png.")] = "latest",
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = RESULTS,
) -> None:
    """Measure every network with random weights: a table, JSON and a roofline plot."""
    # a pipe says nothing of its width, and the table is for a log as well
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    deadline = time.monotonic() + budget_s
    report = _progress(console)
    report("importing torch")
    import torch  # noqa: PLC0415

    where = torch.device(device)
    if where.type == "cuda" and not torch.cuda.is_available():
        console.print(
            "[bold red]torch sees no GPU: install a CUDA build of it, or try --preset wegen-tiny --device cpu"
        )
        raise typer.Exit(1)
    if plans is not None and find_spec("tensorrt") is None:
        console.print("[bold red]--plans: the package tensorrt is not installed")
        raise typer.Exit(1)
    from bench.gpu.clock import Clock  # noqa: PLC0415
    from bench.gpu.hardware import describe_device, describe_software  # noqa: PLC0415
    from bench.gpu.report import as_json, plot, show  # noqa: PLC0415
    from bench.gpu.roof import measure_roof  # noqa: PLC0415
    from bench.gpu.run import Run  # noqa: PLC0415
    from export import presets  # noqa: PLC0415

    sizes, clock, dtype = presets.load(preset), Clock(where), getattr(torch, precision.value)
    span = max(min(span, sizes.context), sizes.features + 1)
    compiled = where.type == "cuda" if compiled is None else compiled
    described = machine.describe() | {"device": describe_device(where), "software": describe_software(where)}
    settings = {"preset": preset, "precision": precision.value, "span": span, "repeats": repeats}
    settings |= {"compiled": compiled, "tuned": tune}
    path = out / f"gpu-{name}.json"
    report(f"measuring the roof of {described['device']}")
    roof = measure_roof(clock, dtype)

    def save() -> None:
        write(path, as_json(described, settings, roof, run.results, run.left))

    run = Run(sizes, clock, dtype, span, repeats, deadline, report, compiled, tune, save)
    run.measure()
    if plans is not None:
        from bench.gpu.plans import measure_plans  # noqa: PLC0415

        measure_plans(run, plans)
    elif graphs is not None:
        from bench.gpu.onnx_graphs import measure_graphs  # noqa: PLC0415

        measure_graphs(run, graphs)
    title = f"{preset}, {precision.value}, {described['device']}"
    show(console, title, roof, run.results, run.left)
    plot(path.with_suffix(".png"), title, roof, run.results)
    console.print(f"written to {path} and {path.with_suffix('.png').name}")


def _progress(console: Console) -> Callable[[str], None]:
    """Prints a line with the seconds since now, at once."""
    begin = time.monotonic()
    return lambda text: console.print(f"{time.monotonic() - begin:5.0f} s  {text}", markup=False, highlight=False)


if __name__ == "__main__":
    typer.run(main)
