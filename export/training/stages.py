"""The five stages: what each learns from, what it leaves, and which must come before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn
from tqdm import tqdm

from export.networks import VisionTower, build_decoder, build_denoiser, build_language, build_vision
from export.tokenizer import Tokenizer
from export.training.autoencoder import AutoencoderObjective, rescale, unit_scale
from export.training.dataset import Pictures, load_pictures, to_clip, to_signed
from export.training.denoising import DenoiserObjective, anchor_borders
from export.training.diet import DIETS
from export.training.encoding import encoded, feature_encoder, latent_encoder
from export.training.finishing import DecoderObjective, Decoding
from export.training.lessons.mix import Mix, Shares
from export.training.loop import Progress
from export.training.pictures import Picture
from export.training.pretraining import VisionObjective, standardise
from export.training.regression import LanguageObjective
from export.training.run import AUTOENCODER, Run
from export.training.stocking import Contents, build_library
from export.training.vocabulary import train_tokenizer
from export.weights import TOKENIZER_FILE, weights_file

_MEASURED = 1024
_WINDOWS = 0.85


def train_vae(run: Run) -> None:
    """Pictures to autoencoder.safetensors, its latents of unit variance after the preset's scaling factor."""
    pictures = _diet(run, "vae")
    torch.manual_seed(run.seed)
    built: Any = build_decoder(run.preset)
    decoder = run.initial("decoder", built.to(memory_format=torch.channels_last))
    run.train(AutoencoderObjective(decoder, pictures, run.device, fresh=run.start is None, spread=run.spread))
    scale = unit_scale(decoder, to_signed(_spread(pictures, _MEASURED // 4).pixels, run.device))
    rescale(decoder, scale / run.preset.decoder.scaling_factor)
    run.finish("vae", decoder, AUTOENCODER)


def train_vision(run: Run) -> None:
    """Pictures to vision.safetensors, its features of zero mean and unit variance per dimension."""
    pictures = _diet(run, "vision")
    torch.manual_seed(run.seed)
    tower = run.initial("vision", build_vision(run.preset))
    run.train(VisionObjective(tower, pictures, run.device, run.spread))
    features = tower_features(tower, _spread(pictures, _MEASURED), run.device)
    standardise(tower, features.mean((0, 1)).to(run.device), features.std((0, 1)).to(run.device))
    run.finish("vision", tower, "vision")


def train_denoiser(run: Run) -> None:
    """Features and latents to denoiser.safetensors."""
    pictures = DIETS["denoiser"].pictures(run.plan("denoiser").pictures, run.spread)
    features, latents = picture_features(run, pictures), picture_latents(run, pictures)
    torch.manual_seed(run.seed)
    built: Any = build_denoiser(run.preset)
    unet = built.to(memory_format=torch.channels_last)
    anchor_borders(unet)
    unet = run.initial("denoiser", unet)
    run.train(DenoiserObjective(unet, run.preset, latents, features, run.device))
    run.finish("denoiser", unet, "denoiser")


def train_decoder(run: Run) -> None:
    """Latents to decoder.safetensors: the encoder of the `vae` stage and a decoder trained on."""
    pictures = _diet(run, "decoder")
    latents, whole = picture_latents(run, pictures.recipes), run.autoencoder()
    scale = run.preset.decoder.scaling_factor
    # Whole pictures take a CPU nine times as long as windows of them, a GPU not.
    windows, progress = _WINDOWS if run.device.type == "cpu" else 0.0, Progress()
    run.train(DecoderObjective(Decoding(whole), latents, scale, pictures, progress, windows=windows), progress)
    run.finish("decoder", whole, "decoder")


def train_language(run: Run) -> None:
    """Features to language.safetensors and tokenizer.model: LLaMA with both projectors."""
    size = run.preset.language
    if not (run.out / TOKENIZER_FILE).exists():
        train_tokenizer(run.out / TOKENIZER_FILE, size.text_vocab)
    tokenizer = Tokenizer.load(run.out / TOKENIZER_FILE, size.text_vocab)
    library = build_library(Contents(run.plan("language").pictures), run.spread)
    features = picture_features(run, library.pictures)
    torch.manual_seed(run.seed)
    model: Any = build_language(run.preset)
    nn.init.normal_(model.embed_tokens.weight, std=0.5)
    model = run.initial("language", model)
    mix = Mix(library, Shares(), run.seed)
    run.train(LanguageObjective(model, tokenizer, mix, features, device=run.device))
    run.finish("language", model, "language")


def _diet(run: Run, stage: str) -> Pictures:
    recipes = DIETS[stage].pictures(run.plan(stage).pictures, run.spread)
    return load_pictures(run.cache, stage, recipes, run.spread)


def _spread(pictures: Pictures, number: int) -> Pictures:
    """About `number` of the pictures, of every kind."""
    every = slice(None, None, max(1, len(pictures) // number))
    return Pictures(pictures.recipes[every], pictures.pixels[every])


@torch.no_grad()
def tower_features(tower: VisionTower, pictures: Pictures, device: torch.device, batch: int = 64) -> Tensor:
    """Features [N, 64, D] of pictures, on the CPU."""
    starts = tqdm(range(0, len(pictures), batch), desc="features", mininterval=5)
    return torch.cat([tower(to_clip(pictures.pixels[at : at + batch], device)).float().cpu() for at in starts])


def picture_features(run: Run, pictures: list[Picture]) -> Tensor:
    """Features of pictures, fp16 [N, 64, D], by the frozen tower."""
    run.wait_for("vision")
    encode = feature_encoder(run.frozen("vision"), run.device)
    return encoded(run.cache, "features", weights_file(run.out, "vision"), pictures, encode, spread=run.spread)


def picture_latents(run: Run, pictures: list[Picture]) -> Tensor:
    """Scaled latents of pictures, fp16 [N, 4, h, w], by the frozen autoencoder."""
    run.wait_for("vae")
    encode = latent_encoder(run.autoencoder(), run.preset.decoder.scaling_factor, run.device)
    return encoded(run.cache, "latents", weights_file(run.out, AUTOENCODER), pictures, encode, spread=run.spread)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, and the stages whose networks it needs."""

    train: Callable[[Run], None]
    needs: tuple[str, ...] = ()


# In the order in which they are begun when several could be: what others wait for first, then what takes longest.
STAGES: Final[dict[str, Stage]] = {
    "vision": Stage(train_vision),
    "vae": Stage(train_vae),
    "language": Stage(train_language, ("vision",)),
    "denoiser": Stage(train_denoiser, ("vision", "vae")),
    "decoder": Stage(train_decoder, ("vae",)),
}
