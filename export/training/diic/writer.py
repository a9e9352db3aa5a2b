"""Samples on disk: one JSON line each, pictures beside it as PNG."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from export.training.diic.interleaved import Part, written
from export.training.diic.location import location_tokens
from export.training.diic.pair import Instance
from export.training.diic.sample import Sample
from export.training.diic.sources import Pixels

SAMPLES_FILE = "samples.jsonl"


class Writer:
    """Writes into `folder`: `samples.jsonl`, `frames/` and `segments/`. Begins anew where there was one."""

    def __init__(self, folder: Path) -> None:
        for part in ("frames", "segments"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lines = (folder / SAMPLES_FILE).open("w", encoding="utf-8")

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    def add(self, sample: Sample) -> None:
        """Write one sample; its paths are relative to the folder."""
        first = self._save(sample.pair.first, f"frames/{sample.name}-first.png")
        later = self._save(sample.pair.later, f"frames/{sample.name}-later.png")
        segments = [
            self._save(instance.segment, f"segments/{sample.name}-{index}.png")
            for index, instance in enumerate(sample.pair.instances)
        ]
        line = {"frame": first, "reference_frame": later, **record(sample, segments)}
        self._lines.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _save(self, pixels: Pixels, path: str) -> str:
        Image.fromarray(pixels).save(self._folder / path)
        return path


def record(sample: Sample, segments: list[str]) -> dict[str, Any]:
    """A sample as JSON; `segments` are the paths of its instances' pictures.

    `prompt` is what is learned from (text and pictures in order), `interleaved` the same as one text, `instances` all
    there is to tell, the dropped included, and `discarded` why other phrases have no instance.
    """
    caption, spans = sample.pair.caption, {instance.span for instance in sample.pair.instances}
    judged = zip(caption.spans, caption.phrases, sample.pair.verdicts, strict=True)
    return {
        "name": sample.name,
        "caption": caption.text,
        "prompt": [_part(part, segments) for part in sample.parts],
        "interleaved": written(sample.parts, segments),
        "instances": [
            _instance(sample, index, instance) | {"segment": segments[index]}
            for index, instance in enumerate(sample.pair.instances)
        ],
        "discarded": {phrase: verdict.value for span, phrase, verdict in judged if span not in spans},
        "rewrite": asdict(sample.rewrite),
    }


def _part(part: Part, segments: list[str]) -> dict[str, str]:
    return {"text": part} if isinstance(part, str) else {"image": segments[part]}


def _instance(sample: Sample, index: int, instance: Instance) -> dict[str, Any]:
    height, width = sample.pair.first.shape[:2]
    return {
        "phrase": sample.pair.caption.text[instance.span.start : instance.span.end],
        "box": list(instance.box.corners),
        "location": location_tokens(instance.box, height, width),
        "kept": asdict(sample.kept[index]),
    }
