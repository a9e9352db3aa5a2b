"""Where things lie in the authors' checkpoint folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from export.checkpoints.problems import CheckpointError

CLIP = "EVA02_CLIP_E_psz14_plus_s9B"
VISUAL = "visual"
TOKENIZER = "cvlm_llama2_tokenizer_100img_and_224loc_addpatch"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below `folder`, as WeGen's published code names them."""

    folder: Path

    @property
    def language(self) -> Path:
        """The base LLaMA, in transformers' layout."""
        return self.folder / "pretrained" / "meta-llama" / "Llama-2-7b-chat-hf"

    @property
    def clip(self) -> Path:
        """EVA-CLIP's files."""
        return self.folder / "pretrained" / "EVA-CLIP"

    @property
    def tokenizer(self) -> Path:
        """SEED-X's tokenizer."""
        return self.folder / "pretrained" / "SEED-X" / TOKENIZER

    @property
    def vae(self) -> Path:
        """SDXL's VAE, in diffusers' layout."""
        return self.folder / "pretrained" / "stable-diffusion-xl-base-1.0" / "vae"

    @property
    def scheduler(self) -> Path:
        """SDXL's noise schedule."""
        return self.vae.parent / "scheduler" / "scheduler_config.json"

    @property
    def unet(self) -> Path:
        """The UNet of stage 1, in diffusers' layout."""
        return self.folder / "stage1_final" / "unet"

    def trained(self) -> Path:
        """Stage 2's and 3's own weights."""
        return _first(self.folder / "pytorch_model.safetensors", self.folder / "pytorch_model.bin")

    def vision(self) -> Path:
        """EVA-CLIP's visual part, which the published code reads, or the whole."""
        names = [f"{stem}.{kind}" for stem in (VISUAL, CLIP) for kind in ("safetensors", "pt")]
        return _first(*(self.clip / name for name in names))


def _first(*paths: Path) -> Path:
    """The first that is there; the last is the published name."""
    found = next((path for path in paths if path.is_file()), None)
    if found is None:
        raise CheckpointError(f"{paths[-1]} does not exist")
    return found
