"""`python -m export.training.publish`: a finished run to where its weights ship, the large ones in half precision."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

from export.weights import NETWORKS, TOKENIZER_FILE, weights_file

_HALF = ("language", "denoiser")


def publish(run: Path, out: Path) -> None:
    """Copy the four networks, the tokenizer and the loss plots; the two large networks are rounded to fp16."""
    out.mkdir(parents=True, exist_ok=True)
    for network in NETWORKS:
        tensors = load_file(weights_file(run, network))
        if network in _HALF:
            tensors = {name: value.half() for name, value in tensors.items()}
        path = weights_file(out, network)
        save_file(tensors, path)
        path.chmod(0o644)
    for source in (run / TOKENIZER_FILE, *run.glob("loss-*.png")):
        shutil.copyfile(source, out / source.name)


def main() -> None:
    """Publish a run's folder."""
    parser = argparse.ArgumentParser(prog="python -m export.training.publish", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="what `python -m export.training --out` wrote")
    parser.add_argument("--out", type=Path, required=True, help="the preset's folder of weights")
    arguments = parser.parse_args()
    publish(arguments.run, arguments.out)


if __name__ == "__main__":
    main()
