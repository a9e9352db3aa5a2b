"""The manifest that `python -m export build` writes: what the served graphs are and how large."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from services.errors import first_problem
from services.size import Size

FILE = "manifest.json"
FORMAT = 2


class ManifestError(ValueError):
    """A manifest is missing, unreadable or of another format."""


class Frozen(BaseModel):
    """A part of a manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Formatted(Frozen):
    """A manifest as a whole: a JSON file that says which format it has."""

    format: int

    @classmethod
    def read(cls, path: Path, *, wanted: int, remedy: str, error: type[ManifestError] = ManifestError) -> Self:
        """An existing file; `error` names what is wrong with it, and where its format is not `wanted`, the remedy."""
        try:
            manifest = cls.model_validate_json(path.read_bytes())
        except ValidationError as cause:
            where, problem = first_problem(cause)
            raise error(f"{path}: {where or 'the file'}: {problem}") from cause
        if manifest.format != wanted:
            raise error(f"{path}: format {manifest.format} is not {wanted}: {remedy}")
        return manifest


class TensorSpec(Frozen):
    """One input or output of a graph; a symbolic dimension is a string."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


class GraphSpec(Frozen):
    """One exported graph, its file relative to the manifest."""

    file: str
    sha256: str
    precision: str
    opset: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


class LanguageSpec(Frozen):
    """Sizes of the feature generator's cache: `context` is the longest sequence in tokens."""

    layers: int
    heads: int
    head_dim: int
    context: int
    vocab: int


class SchedulerSpec(Frozen):
    """SDXL's noise schedule, scaled-linear."""

    train_timesteps: int
    beta_start: float
    beta_end: float
    timestep_spacing: str
    steps_offset: int


class TokenSpec(Frozen):
    """Ids of the tokens that have a meaning of their own."""

    bos: int
    eos: int
    text_vocab: int
    image_start: int
    image_end: int
    image_first: int
    special: tuple[str, ...]

    @property
    def location_first(self) -> int:
        """The id of `<loc-0>`; those of the other location tokens follow it."""
        return self.text_vocab + self.special.index("<loc-0>")


class FileSpec(Frozen):
    """A file beside the manifest."""

    file: str
    sha256: str


class Manifest(Formatted):
    """Everything a service must know of the model it serves; `sizes` are its pictures', its own first."""

    preset: str
    image_size: int
    sizes: tuple[Size, ...]
    vision_size: int
    latent_channels: int
    latent_size: int
    features: int
    feature_width: int
    feature_offset: int
    steps: int
    guidance: float
    language: LanguageSpec
    scheduler: SchedulerSpec
    tokens: TokenSpec
    tokenizer: FileSpec
    graphs: dict[str, GraphSpec]
    weights: dict[str, str]
    versions: dict[str, str]

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        if not self.sizes or len(set(self.sizes)) < len(self.sizes):
            raise ValueError("sizes: none, or one of them twice")
        factor = self.pixels_per_latent
        for size in self.sizes:
            if size.width % factor or size.height % factor:
                raise ValueError(f"sizes: {size} is no multiple of the {factor} pixels of a latent")
        return self

    @property
    def pixels_per_latent(self) -> int:
        """Along one side."""
        return self.image_size // self.latent_size

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read `folder`/manifest.json; `ManifestError` says in one sentence what is wrong."""
        path = folder / FILE
        if not path.is_file():
            raise ManifestError(f"{path} does not exist: run `python -m export build` first")
        return cls.read(path, wanted=FORMAT, remedy="run `python -m export build` again")
