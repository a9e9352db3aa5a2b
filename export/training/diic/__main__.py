"""`python -m export.training.diic`: write DIIC samples and a contact sheet of the first of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from export.training.diic.checks import Limits
from export.training.diic.contact import save_contact_sheet
from export.training.diic.detectors.folder import ModelFolderError
from export.training.diic.dropping import Dropping
from export.training.diic.pair import BoxFrame, Recipe
from export.training.diic.reading import VideoError
from export.training.diic.sample import Sample
from export.training.diic.segment import Framing
from export.training.diic.supply import Supply
from export.training.diic.writer import Writer
from export.training.world.splits import Split

# Real instances reach the picture's edge and stand before each other: half a person is still that person.
_REAL_LIMITS = Limits(edge=0.3, crowded=0.5)
_REAL_FRAMING = Framing(side=448, plain=(255, 255, 255), fill=1.0)


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m export.training.diic", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for samples.jsonl, frames, segments, sheet.png")
    parser.add_argument("--count", type=int, default=24, help="how many samples of the procedural world")
    parser.add_argument("--split", choices=[split.value for split in Split], default=Split.TRAIN.value)
    parser.add_argument("--seed", type=int, default=0, help="wording and what is dropped")
    parser.add_argument("--t-ref", type=int, default=25, help="frames between the picture and its segments")
    parser.add_argument("--boxes", choices=[frame.value for frame in BoxFrame], default=BoxFrame.FIRST.value)
    parser.add_argument("--drop", type=float, default=0.3, help="chance that a box, or a segment, is left out")
    parser.add_argument("--sheet", type=int, default=12, help="how many samples the contact sheet shows")
    real = parser.add_argument_group("real videos", "in place of the procedural world; all three models are needed")
    real.add_argument("--video", type=Path, nargs="+", help="animated AVIF, GIF, PNG, WebP, or folders of stills")
    real.add_argument("--every", type=int, default=1, help="take every n-th frame")
    real.add_argument("--captioner", type=Path, help="local folder of an image-text-to-text model")
    real.add_argument("--grounding", type=Path, help="local folder of Grounding DINO")
    real.add_argument("--tracker", type=Path, help="local folder of SAM2 (video)")
    real.add_argument("--device", default="cpu")
    parsed = parser.parse_args(arguments)
    if parsed.video and not (parsed.captioner and parsed.grounding and parsed.tracker):
        parser.error("--video wants --captioner, --grounding and --tracker")
    return parsed


def _samples(supply: Supply, arguments: argparse.Namespace) -> Iterator[Sample]:
    if not arguments.video:
        return supply.procedural(Split(arguments.split), arguments.count)
    # Loading transformers takes seconds which the procedural world need not wait for.
    from export.training.diic.detectors.loading import load_sources  # noqa: PLC0415

    sources = load_sources(arguments.captioner, arguments.grounding, arguments.tracker, arguments.device)
    return supply.filmed(arguments.video, sources, every=arguments.every)


def main(argv: list[str] | None = None) -> None:
    """Write the samples asked for; a wrong argument, video or model folder ends with one sentence."""
    arguments = _arguments(argv)
    try:
        limits, framing = (_REAL_LIMITS, _REAL_FRAMING) if arguments.video else (Limits(), Framing())
        recipe = Recipe(arguments.t_ref, BoxFrame(arguments.boxes), limits, framing)
        supply = Supply(recipe, Dropping(arguments.drop, arguments.drop), arguments.seed)
        shown = _write(_samples(supply, arguments), arguments.out, arguments.sheet)
    except (VideoError, ModelFolderError, ValueError) as error:
        sys.exit(str(error))
    if shown:
        save_contact_sheet(shown, arguments.out / "sheet.png")
    for verdict, count in supply.verdicts.most_common():
        print(f"{count:6d}  {verdict.name.lower()}: {verdict.value}")


def _write(samples: Iterator[Sample], folder: Path, shown: int) -> list[Sample]:
    first: list[Sample] = []
    with Writer(folder) as writer:
        for sample in samples:
            writer.add(sample)
            if len(first) < shown:
                first.append(sample)
    return first


if __name__ == "__main__":
    main()
