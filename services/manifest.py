"""The manifest that `python -m export build` writes: what the served graphs are and how large."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from services.errors import first_problem
from services.size import Size

FILE = "manifest.json"
FORMAT = 2
REBUILD = "run `python -m export build` again"


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


class FileSpec(Frozen):
    """A file, relative to the manifest."""

    file: str
    sha256: str


class StoredFile(FileSpec):
    """A file of a known length, so that one cut short shows without reading it."""

    bytes: int

    def check(self, folder: Path, *, content: bool = False) -> None:
        """`ManifestError` if `folder`'s file is not the one that was written; `content` reads all of it for that."""
        path = folder / self.file
        if not path.is_file():
            raise ManifestError(f"{path} does not exist: {REBUILD}")
        if (found := path.stat().st_size) != self.bytes:
            raise ManifestError(f"{path} has {found} bytes instead of {self.bytes}: copy it again, or {REBUILD}")
        if content and file_sha256(path) != self.sha256:
            raise ManifestError(f"{path} is not the file that was written (its SHA-256 differs): {REBUILD}")


class GraphSpec(StoredFile):
    """One exported graph; `data` are the files beside it that its weights lie in."""

    data: tuple[StoredFile, ...]
    precision: str
    quantization: str = ""
    opset: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def check(self, folder: Path, *, content: bool = False) -> None:
        """As `StoredFile.check`, the weights beside it included."""
        super().check(folder, content=content)
        for file in self.data:
            file.check(folder, content=content)


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
        return cls.read(path, wanted=FORMAT, remedy=REBUILD)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file of any length, in hex, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
