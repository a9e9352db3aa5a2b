"""One preset: every size of one member of the model family."""

from __future__ import annotations

from dataclasses import dataclass, field

from export.presets.serving import Bucket, Serving

IMAGE_TOKENS = 100
LOCATION_TOKENS = 224


class UnknownPresetError(ValueError):
    """Asked for a preset that does not exist."""


def special_tokens() -> tuple[str, ...]:
    """The 330 tokens that follow the text vocabulary, in the order of SEED-X's tokenizer."""
    images = (f"<img_{i:05d}>" for i in range(IMAGE_TOKENS))
    locations = (f"<loc-{i}>" for i in range(LOCATION_TOKENS))
    return ("<img>", "</img>", *images, *locations, "<patch>", "</patch>", "<box_start>", "<box_end>")


@dataclass(frozen=True, slots=True)
class VisionSize:
    """EVA-CLIP's vision tower: image and patch in pixels, the rest in units."""

    image_size: int
    patch_size: int
    width: int
    layers: int
    heads: int
    mlp_hidden: int
    pool_stride: int
    layer_norm_eps: float = 1e-6

    def __post_init__(self) -> None:
        if self.image_size % self.patch_size:
            raise ValueError(f"image_size {self.image_size} is not a multiple of patch_size {self.patch_size}")
        if self.grid % self.pool_stride:
            raise ValueError(f"patch grid {self.grid} is not a multiple of pool_stride {self.pool_stride}")
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")

    @property
    def grid(self) -> int:
        """Patches along one side."""
        return self.image_size // self.patch_size

    @property
    def features(self) -> int:
        """Features per image, after pooling."""
        return (self.grid // self.pool_stride) ** 2


@dataclass(frozen=True, slots=True)
class LanguageSize:
    """The LLaMA feature generator."""

    hidden: int
    layers: int
    heads: int
    mlp_hidden: int
    text_vocab: int
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10000.0

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.hidden // self.heads

    @property
    def vocab(self) -> int:
        """Text vocabulary and the special tokens behind it."""
        return self.text_vocab + len(special_tokens())


@dataclass(frozen=True, slots=True)
class DenoiserSize:
    """The SDXL UNet, conditioned on features alone."""

    channels: tuple[int, ...]
    layers_per_block: int
    transformer_layers: tuple[int, ...]
    attention_heads: tuple[int, ...]
    feature_width: int
    time_embed_dim: int
    latent_channels: int = 4
    norm_groups: int = 32


@dataclass(frozen=True, slots=True)
class DecoderSize:
    """SDXL's VAE. `scaling_factor` brings its latents to unit variance."""

    channels: tuple[int, ...]
    layers_per_block: int
    scaling_factor: float
    latent_channels: int = 4
    norm_groups: int = 32

    @property
    def factor(self) -> int:
        """Pixels per latent along one side."""
        return int(2 ** (len(self.channels) - 1))


@dataclass(frozen=True, slots=True)
class Preset:
    """A member of the family. `feature_offset` 0 takes features where they were predicted, 1 one position later."""

    name: str
    image_size: int
    vision: VisionSize
    language: LanguageSize
    denoiser: DenoiserSize
    decoder: DecoderSize
    steps: int
    guidance: float
    context: int
    feature_offset: int = 0
    # not of the weights, so not of what they are known by
    serving: Serving = field(default=Serving(), repr=False)

    def __post_init__(self) -> None:
        if self.denoiser.feature_width != self.vision.width:
            raise ValueError(
                f"{self.name}: denoiser.feature_width {self.denoiser.feature_width} "
                f"differs from vision.width {self.vision.width}"
            )
        if self.feature_offset not in (0, 1):
            raise ValueError(f"{self.name}: feature_offset {self.feature_offset} is not 0 or 1")
        # The UNet halves latents between its blocks and puts the halves together again: odd ones would not fit.
        multiple = self.decoder.factor * 2 ** (len(self.denoiser.channels) - 1)
        for height, width in self.sizes:
            if height % multiple or width % multiple:
                raise ValueError(f"{self.name}: size {width}x{height}: a side is no multiple of {multiple} pixels")

    @property
    def features(self) -> int:
        """Features per image."""
        return self.vision.features

    @property
    def latent_size(self) -> int:
        """Latents along one side."""
        return self.image_size // self.decoder.factor

    @property
    def sizes(self) -> tuple[Bucket, ...]:
        """Height and width of the pictures it is served at, the usual one first."""
        return self.serving.buckets or ((self.image_size, self.image_size),)
