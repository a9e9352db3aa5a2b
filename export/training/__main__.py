"""`python -m export.training all`: train a preset from scratch, or one stage of it.

The stages are vision, vae, language (needs vision), denoiser (needs both) and decoder (needs vae). `all` runs each as a
process of its own, `--jobs` at a time, and writes `training.log`. Whatever stops a run, the same command goes on with
it. `--from` a folder of published weights trains them on, all in a third of the steps.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch

from export import presets
from export.training.crew import Crew, Pace, StageError
from export.training.run import Run
from export.training.spread import Spread, spreading
from export.training.stages import STAGES
from export.weights import WeightsError

_ALL = "all"


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m export.training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stage", choices=[_ALL, *STAGES])
    parser.add_argument("--preset", default="wegen-tiny", choices=presets.names())
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--out", type=Path, default=None, help="checkpoints, logs, finished weights; default: a cache")
    parser.add_argument("--cache", type=Path, default=Path(".cache/training"), help="drawn and encoded pictures")
    parser.add_argument("--from", dest="start", type=Path, default=None, help="published weights to train on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=None, help="as many steps in place of the plan's")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads, 0 for all")
    parser.add_argument("--jobs", type=int, default=1, help="of `all`: how many stages at a time")
    parsed = parser.parse_args(arguments)
    parsed.out = parsed.out or parsed.cache / f"run-{parsed.preset}"
    return parsed


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def _run(arguments: argparse.Namespace, spread: Spread) -> Run:
    return Run(
        presets.load(arguments.preset),
        arguments.out,
        arguments.cache,
        _device(arguments.device),
        arguments.seed,
        arguments.steps,
        arguments.start,
        spread,
    )


def _command(arguments: argparse.Namespace, stage: str, threads: int) -> list[str]:
    """The command that trains one stage of the same run."""
    told = ["preset", "device", "out", "cache", "seed"]
    told += [name for name in ("steps",) if getattr(arguments, name) is not None]
    options = [word for name in told for word in (f"--{name}", str(getattr(arguments, name)))]
    start = [] if arguments.start is None else ["--from", str(arguments.start)]
    return [sys.executable, "-m", "export.training", stage, *options, *start, "--threads", str(threads)]


def main(argv: list[str] | None = None) -> None:
    """Run what is asked for; a failure ends with one sentence."""
    arguments = _arguments(argv)
    cores = arguments.threads or len(os.sched_getaffinity(0))
    # On a CPU the cores are all taken. The processes that draw are forks, so they begin before torch does.
    drawing = arguments.stage != _ALL and _device(arguments.device).type != "cpu"
    try:
        with spreading(len(os.sched_getaffinity(0)) if drawing else 1) as spread:
            _work(arguments, cores, spread)
    except (StageError, WeightsError) as error:
        sys.exit(str(error))


def _work(arguments: argparse.Namespace, cores: int, spread: Spread) -> None:
    torch.set_num_threads(cores)
    run = _run(arguments, spread)
    if run.device.type != "cpu":
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
    run.prepare()
    if arguments.stage != _ALL:
        STAGES[arguments.stage].train(run)
        return
    needs = {name: stage.needs for name, stage in STAGES.items()}
    Crew(
        run,
        needs,
        lambda stage, threads: _command(arguments, stage, threads),
        jobs=arguments.jobs,
        cores=cores,
        pace=Pace(),
    ).work()


if __name__ == "__main__":
    main()
