"""One training run: its preset, folders, device and seed, and what each stage does with them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from tqdm import tqdm

from export.networks import VisionTower, build_decoder, build_denoiser, build_language, build_vision
from export.presets import Preset
from export.tokenizer import Tokenizer
from export.training.autoencoder import AutoencoderObjective, unit_scale
from export.training.dataset import Pictures, load_pictures, to_clip, to_signed
from export.training.denoising import DenoiserObjective, anchor_borders
from export.training.finishing import DecoderObjective, Decoding
from export.training.library import Library, build_library, encoded, feature_encoder, latent_encoder
from export.training.loop import Loop
from export.training.plan import PLANS, Plan
from export.training.plots import plot_log
from export.training.pretraining import VisionObjective, standardise
from export.training.regression import LanguageObjective
from export.training.vocabulary import train_tokenizer
from export.weights import TOKENIZER_FILE, load_network, save_network, weights_file

_SCALE_FILE = "decoder.json"
_AUTOENCODER = "autoencoder"


@dataclass(frozen=True, slots=True)
class Run:
    """What every stage of a run shares."""

    preset: Preset
    out: Path
    cache: Path
    device: torch.device
    seed: int
    steps: int | None = None

    def plan(self, stage: str) -> Plan:
        """The stage's plan, cut to `steps` where given."""
        plan = PLANS[stage]
        return plan if self.steps is None else replace(plan, steps=self.steps, warmup=min(plan.warmup, self.steps - 1))

    def frozen(self, network: str) -> nn.Module:
        """A network an earlier stage has finished."""
        return load_network(self.preset, self.out, network).to(self.device).requires_grad_(requires_grad=False)

    def scale(self) -> float:
        """The scaling factor the `vae` stage measured."""
        return float(json.loads((self.out / _SCALE_FILE).read_text())["scaling_factor"])


def train_vae(run: Run) -> None:
    """Pictures to autoencoder.safetensors and the scaling factor of its latents."""
    plan = run.plan("vae")
    pictures = load_pictures(run.cache, plan.pictures, shift=1)
    torch.manual_seed(run.seed)
    built: Any = build_decoder(run.preset)
    decoder = built.to(memory_format=torch.channels_last)
    Loop(AutoencoderObjective(decoder, pictures, run.device), plan, run.out, run.seed).run()
    scale = unit_scale(decoder, to_signed(pictures.pixels[:256], run.device))
    save_network(decoder, run.out, _AUTOENCODER)
    (run.out / _SCALE_FILE).write_text(json.dumps({"scaling_factor": scale}) + "\n")


def train_vision(run: Run) -> None:
    """Pictures to vision.safetensors, its features of zero mean and unit variance per dimension."""
    plan = run.plan("vision")
    pictures = load_pictures(run.cache, plan.pictures, shift=1)
    torch.manual_seed(run.seed)
    tower = build_vision(run.preset)
    Loop(VisionObjective(tower, pictures, run.device), plan, run.out, run.seed).run()
    features = tower_features(tower, Pictures(pictures.scenes[:1024], pictures.pixels[:1024]), run.device)
    standardise(tower, features.mean((0, 1)).to(run.device), features.std((0, 1)).to(run.device))
    save_network(tower, run.out, "vision")


@torch.no_grad()
def tower_features(tower: VisionTower, pictures: Pictures, device: torch.device, batch: int = 64) -> Tensor:
    """Features [N, 64, D] of pictures, on the CPU."""
    starts = tqdm(range(0, len(pictures), batch), desc="features", mininterval=5)
    return torch.cat([tower(to_clip(pictures.pixels[at : at + batch], device)).float().cpu() for at in starts])


def library_features(run: Run, library: Library) -> Tensor:
    """Features of every picture of the library, fp16 [N, 64, D], by the frozen tower."""
    encode = feature_encoder(run.frozen("vision"), run.device)
    return encoded(run.cache, "features", weights_file(run.out, "vision"), library.scenes, encode)


def library_latents(run: Run, library: Library) -> Tensor:
    """Scaled latents of every picture of the library, fp16 [N, 4, h, w], by the frozen autoencoder."""
    encode = latent_encoder(autoencoder(run), run.scale(), run.device)
    return encoded(run.cache, "latents", weights_file(run.out, _AUTOENCODER), library.scenes, encode)


def autoencoder(run: Run) -> Any:  # noqa: ANN401 - diffusers' classes are untyped
    """What the `vae` stage left, channels last."""
    built: Any = build_decoder(run.preset)
    built.load_state_dict(load_file(weights_file(run.out, _AUTOENCODER)))
    return built.to(run.device, memory_format=torch.channels_last).eval()


def train_decoder(run: Run) -> None:
    """Latents to decoder.safetensors: the encoder of the `vae` stage and a decoder trained on."""
    plan = run.plan("decoder")
    library = build_library(plan.pictures)
    latents, whole = library_latents(run, library), autoencoder(run)
    objective = DecoderObjective(Decoding(whole), latents, run.scale(), library.scenes, plan.steps)
    Loop(objective, plan, run.out, run.seed).run()
    save_network(whole, run.out, "decoder")


def train_denoiser(run: Run) -> None:
    """Features and latents to denoiser.safetensors."""
    plan = run.plan("denoiser")
    library = build_library(plan.pictures)
    features, latents = library_features(run, library), library_latents(run, library)
    torch.manual_seed(run.seed)
    built: Any = build_denoiser(run.preset)
    unet = built.to(memory_format=torch.channels_last)
    anchor_borders(unet)
    Loop(DenoiserObjective(unet, run.preset, latents, features, run.device), plan, run.out, run.seed).run()
    save_network(unet, run.out, "denoiser")


def train_language(run: Run) -> None:
    """Features to language.safetensors and tokenizer.model: LLaMA with both projectors."""
    plan = run.plan("language")
    if not (run.out / TOKENIZER_FILE).exists():
        train_tokenizer(run.out / TOKENIZER_FILE, run.preset.language.text_vocab)
    tokenizer = Tokenizer.load(run.out / TOKENIZER_FILE, run.preset.language.text_vocab)
    library = build_library(plan.pictures)
    features = library_features(run, library)
    torch.manual_seed(run.seed)
    model = build_language(run.preset)
    nn.init.normal_(model.embed_tokens.weight, std=0.5)
    objective = LanguageObjective(model, tokenizer, library, features, device=run.device)
    Loop(objective, plan, run.out, run.seed).run()
    save_network(model, run.out, "language")


def plot_losses(run: Run) -> None:
    """A curve for every loss log in the run's folder."""
    for log in sorted(run.out.glob("*.jsonl")):
        plot_log(log, run.out / f"loss-{log.stem}.png")
