"""`python -m export.training.unimo compare`: train and score UNIMO-G's two ideas beside our own conditioning."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from export import presets
from export.training.plan import Plan
from export.training.unimo.arm import ARMS, Recipe
from export.training.unimo.compare import Bench, Outcome, ceiling, compare, open_bench
from export.training.unimo.conditioning import Trained
from export.training.unimo.report import Report, write_report
from export.weights import default_folder

_SETTINGS = "settings.json"
_NOT_SETTINGS = ("command", "out", "cache", "threads", "arms")


class OtherComparisonError(ValueError):
    """The folder holds a comparison with other settings."""


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m export.training.unimo", description=__doc__)
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "compare", help="train and score all arms"
    )
    command.add_argument("--out", type=Path, required=True, help="logs, checkpoints, table, JSON and pictures")
    command.add_argument("--cache", type=Path, default=Path(".cache/training"), help="encoded pictures")
    command.add_argument("--preset", default="wegen-tiny", choices=presets.names())
    command.add_argument("--weights", type=Path, default=None, help="where all arms start; default: the preset's own")
    command.add_argument("--arms", nargs="+", default=[arm.name for arm in ARMS], choices=[arm.name for arm in ARMS])
    command.add_argument("--language", default="none", choices=[part.value for part in Trained], help="what is trained")
    command.add_argument("--steps", type=int, default=400, help="of every arm")
    command.add_argument("--batch", type=int, default=8)
    command.add_argument("--rate", type=float, default=5e-4, help="highest learning rate")
    command.add_argument("--attention", type=float, default=0.1, help="weight of the attention loss")
    command.add_argument("--examples", type=int, default=1200, help="training pictures")
    command.add_argument("--held-out", type=int, default=24, help="held-out prompts of one subject, and of two")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--device", default="cpu", help="cpu or cuda")
    command.add_argument("--threads", type=int, default=0, help="CPU threads, 0 for all")
    return parser.parse_args(arguments)


def check_settings(out: Path, settings: dict[str, Any]) -> None:
    """Write `settings` into a new folder; OtherComparisonError where it holds the checkpoints of others."""
    path = out / _SETTINGS
    found = json.loads(path.read_text()) if path.exists() else settings
    differing = [
        f"{name} {found.get(name)}, not {value}" for name, value in settings.items() if found.get(name) != value
    ]
    if differing:
        raise OtherComparisonError(f"{out} holds a comparison with {'; '.join(differing)}: give another --out")
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings, indent=1) + "\n")


def _recipe(arguments: argparse.Namespace) -> Recipe:
    warmup = min(50, arguments.steps - 1)
    plan = Plan(arguments.steps, arguments.batch, arguments.rate, warmup, ema=0.99, checkpoint_every=100)
    return Recipe(plan, Trained(arguments.language), arguments.attention, seed=arguments.seed)


def _bench(arguments: argparse.Namespace) -> Bench:
    preset = presets.load(arguments.preset)
    return open_bench(
        preset,
        arguments.weights or default_folder(preset),
        _recipe(arguments),
        count=arguments.examples,
        each=arguments.held_out,
        cache=arguments.cache,
        device=torch.device(arguments.device),
    )


def run(arguments: argparse.Namespace) -> None:
    """Train, score and write; a second run continues where the first one stopped."""
    settings = {name: value for name, value in vars(arguments).items() if name not in _NOT_SETTINGS}
    settings["weights"] = str(arguments.weights) if arguments.weights else None
    check_settings(arguments.out, settings)
    bench = _bench(arguments)
    best, outcomes = ceiling(bench), list[Outcome]()
    for outcome in compare(bench, [arm for arm in ARMS if arm.name in arguments.arms], arguments.out):
        outcomes.append(outcome)
        # Written after every arm, so that a run cut short still tells.
        write_report(Report(settings, best, outcomes), arguments.out)
    print((arguments.out / "compare.md").read_text())


def main(argv: list[str] | None = None) -> None:
    """Compare; a wrong setting ends with one sentence."""
    arguments = _arguments(argv)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    try:
        run(arguments)
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
