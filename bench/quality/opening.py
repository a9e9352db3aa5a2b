"""Opening whom is measured and what it is measured with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.quality.encoders.clip import ClipEncoder
from bench.quality.encoders.dino import DinoEncoder
from bench.quality.encoders.inception import InceptionEncoder
from bench.quality.encoders.tower import TowerEncoder
from bench.quality.measures.alexnet import lpips
from bench.quality.measures.tower import tower_distance
from bench.quality.order import Kind, Model, Paths
from bench.quality.subjects.prompting import Prompting
from bench.quality.subjects.reference import ReferenceSubject, weights_of
from bench.quality.subjects.stack import StackSubject
from bench.quality.subjects.subject import Identity, Subject
from bench.quality.suites.instruments import Instruments
from deploy.local.settings import StackSettings
from export import presets
from export.networks import VisionTower
from export.presets import Preset, UnknownPresetError
from export.reference import Reference
from export.tokenizer import TokenizerError
from export.weights import WeightsError, default_folder, load_network
from services.errors import FailedPreconditionError
from services.gateway.settings import GatewaySettings
from services.manifest import Manifest, ManifestError
from services.settings import SettingsError


@contextmanager
def opened(model: Model, preset: Preset) -> Iterator[Subject]:
    """The reference with its weights, or the stack that `WEGEN_` variables point at.

    FailedPreconditionError where weights are missing or do not fit, or the stack is set up wrongly.
    """
    steps = preset.steps if model.steps is None else model.steps
    guidance = preset.guidance if model.guidance is None else model.guidance
    if model.kind is Kind.REFERENCE:
        yield _reference(preset, folder_of(model, preset), steps, guidance)
        return
    with _mendable():
        address = StackSettings.load().gateway_address
        identity = Identity(model.kind.value, preset.name, served().weights, steps, guidance)
    with StackSubject(address, identity) as subject:
        yield subject


def preset_of(model: Model) -> Preset:
    """The preset that is measured; FailedPreconditionError when there is none of that name, or nothing is served."""
    with _mendable():
        return presets.load(served().preset if model.kind is Kind.STACK else model.preset)


def folder_of(model: Model, preset: Preset) -> Path:
    """Where the weights lie."""
    return model.weights or default_folder(preset)


def tower_of(preset: Preset, weights: Path) -> VisionTower:
    """The vision tower alone; FailedPreconditionError where its weights are missing or do not fit."""
    with _mendable():
        tower = load_network(preset, weights, "vision")
    assert isinstance(tower, VisionTower)
    return tower


def open_instruments(paths: Paths, tower: VisionTower) -> Instruments:
    """Every encoder whose path is given, and our own `tower` where the measure has a substitute."""
    real = lpips(paths.alexnet, paths.lpips) if paths.alexnet and paths.lpips else None
    return Instruments(
        perceptual=real or tower_distance(tower),
        likeness=TowerEncoder(tower),
        clip=ClipEncoder.load(paths.clip) if paths.clip else None,
        dino=DinoEncoder.load(paths.dino) if paths.dino else None,
        inception=InceptionEncoder.load(paths.inception) if paths.inception else None,
    )


def served() -> Manifest:
    """What the stack serves; ManifestError when nothing was built."""
    return Manifest.load(Path(StackSettings.load().client_environment()["WEGEN_MODEL_REPOSITORY"]))


def _reference(preset: Preset, weights: Path, steps: int, guidance: float) -> ReferenceSubject:
    with _mendable():
        prompting = Prompting.load(preset, weights, GatewaySettings.load())
        reference = Reference(preset, weights)
    identity = Identity(Kind.REFERENCE.value, preset.name, weights_of(weights), steps, guidance)
    return ReferenceSubject(reference, prompting, identity)


@contextmanager
def _mendable() -> Iterator[None]:
    """What a caller can mend leaves as one of our errors, in the words it came with."""
    try:
        yield
    except (WeightsError, TokenizerError, SettingsError, ManifestError, UnknownPresetError) as error:
        raise FailedPreconditionError(str(error)) from error
