"""`python -m export.training`: train one stage of a preset, or all of them."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from export import presets
from export.training.run import Run, plot_losses, train_decoder, train_denoiser, train_language, train_vae, train_vision

_STAGES = {
    "vae": train_vae,
    "vision": train_vision,
    "decoder": train_decoder,
    "denoiser": train_denoiser,
    "language": train_language,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m export.training", description=__doc__)
    parser.add_argument("--preset", default="wegen-tiny", choices=presets.names())
    parser.add_argument("--stage", default="all", choices=[*_STAGES, "all"])
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--out", type=Path, required=True, help="checkpoints, logs and finished weights")
    parser.add_argument("--cache", type=Path, default=Path(".cache/training"), help="rendered and encoded pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads, 0 for all")
    parser.add_argument("--steps", type=int, default=None, help="shorten the stage")
    return parser.parse_args()


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def main() -> None:
    """Run the stages asked for, in order."""
    arguments = _arguments()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    preset = presets.load(arguments.preset)
    run = Run(preset, arguments.out, arguments.cache, _device(arguments.device), arguments.seed, arguments.steps)
    for name, train in _STAGES.items():
        if arguments.stage in {name, "all"}:
            train(run)
            plot_losses(run)


if __name__ == "__main__":
    main()
