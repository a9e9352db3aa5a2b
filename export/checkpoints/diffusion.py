"""SDXL's UNet as it was fine-tuned, and its VAE, in diffusers' folders."""

from __future__ import annotations

import re
from collections.abc import Mapping

from export.checkpoints.configs import decoder_differences, denoiser_differences
from export.checkpoints.layout import Layout
from export.checkpoints.part import Part, View, fit
from export.checkpoints.store import Store, open_folder
from export.checkpoints.tensorfile import Shape
from export.presets import Preset

UNET = "adapter.unet."
CONFIG = "config.json"
_STEM = "diffusion_pytorch_model"

# what diffusers called the parts of the VAE's attention before 0.18
_OLD = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
_ATTENTION = re.compile(rf"(?<=\.attentions\.0\.)({'|'.join(map(re.escape, _OLD))})(?=\.)")


def read_denoiser(trained: Store, layout: Layout, preset: Preset, wanted: Mapping[str, Shape]) -> Part:
    """As WeGen's `load_state_dict` over stage 1's UNet: trained tensors first, stage 1's for what is left.

    Sizes are compared first: a UNet of other widths is one sentence for each, not one for every tensor.
    """
    problems = denoiser_differences(layout.unet / CONFIG, preset)
    if problems:
        return Part(problems=problems)
    views = [View(trained, lambda name: UNET + name, (UNET,))]
    if any(views[0].find(name) is None for name in wanted):
        views.append(View(open_folder(layout.unet, _STEM), lambda name: name))
    if not any(name.startswith(UNET) for name in trained.tensors):
        del views[0]
    return fit(wanted, views)


def read_decoder(layout: Layout, preset: Preset, wanted: Mapping[str, Shape]) -> Part:
    """SDXL's VAE, encoder included."""
    problems = decoder_differences(layout.vae / CONFIG, preset)
    if problems:
        return Part(problems=problems)
    store = open_folder(layout.vae, _STEM)
    old = any(".query." in name for name in store.tensors)
    return fit(wanted, [View(store, old_name if old else lambda name: name)])


def old_name(name: str) -> str:
    """What diffusers before 0.18 called a tensor of the VAE."""
    return _ATTENTION.sub(lambda found: _OLD[found[0]], name)
