"""All sources of real videos, loaded."""

from __future__ import annotations

from pathlib import Path

from export.training.diic.detectors.captioner import ModelCaptioner
from export.training.diic.detectors.grounding import GroundingDetector
from export.training.diic.detectors.tracking import Sam2Tracker
from export.training.diic.sources import Sources


def load_sources(captioner: Path, grounding: Path, tracker: Path, device: str = "cpu") -> Sources:
    """The models in three local folders; ModelFolderError names the one that is none."""
    words = ModelCaptioner.load(captioner, device)
    return Sources(words, GroundingDetector.load(grounding, device), Sam2Tracker.load(tracker, device), words)
