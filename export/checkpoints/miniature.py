"""A folder in the authors' layout out of networks of any size: their names, types and splits, for tests and trials."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from export.checkpoints.diffusion import UNET
from export.checkpoints.language import LLM, PROJECTORS, llama_name
from export.checkpoints.layout import CLIP, VISUAL, Layout
from export.checkpoints.problems import CheckpointError
from export.checkpoints.tokenizer import ADDED
from export.checkpoints.vision import POSITIONS, eva_name
from export.networks import LanguageModel, VisionTower, noise_scheduler
from export.presets import Preset
from export.presets.preset import special_tokens
from export.weights import TOKENIZER_FILE, Networks


@dataclass(frozen=True, slots=True)
class Form:
    """What folders of this layout differ in.

    `prefix` stands before every name in torch's files; `shard` is the largest file of a folder with an index, in
    bytes; `visual` writes EVA-CLIP's visual part as WeGen has it; `positions` [1, g * g + 1, C] are stored in place of
    the tower's own. The language model's tensors whose names begin with one of `base` lie in the base model only;
    with `trained_unet` the UNet lies in the trained file and stage 1's is another.
    """

    prefix: str = ""
    shard: int | None = None
    visual: bool = False
    positions: Tensor | None = None
    base: tuple[str, ...] = ()
    trained_unet: bool = False


def write_checkpoint(
    folder: Path, preset: Preset, networks: Networks, tokenizer: bytes, form: Form | None = None
) -> None:
    """Write `networks` (the UNet rounded to bf16, as published) and tokenizer.model's bytes as a new `folder`.

    EVA's keys have no bias: attention is the same without it, so that the tower's third in between is left out.
    `CheckpointError` if the folder is there already.
    """
    if folder.exists():
        raise CheckpointError(f"{folder} exists already")
    form, aside = form or Form(), folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    layout = Layout(aside)
    _write_vision(layout, networks.vision, form)
    _write_base(layout.language, preset, networks.language, form)
    _write_pickle(aside / "pytorch_model.bin", _trained(networks, form), form)
    _write_diffusion(layout, networks, form)
    _write_tokenizer(layout.tokenizer, preset, tokenizer)
    aside.rename(folder)


def _write_tokenizer(folder: Path, preset: Preset, tokenizer: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / TOKENIZER_FILE).write_bytes(tokenizer)
    added = {name: preset.language.text_vocab + number for number, name in enumerate(special_tokens())}
    (folder / ADDED).write_text(json.dumps(added))


def _write_vision(layout: Layout, tower: VisionTower, form: Form) -> None:
    state = {eva_name(name): value.detach() for name, value in tower.state_dict().items()}
    if form.positions is not None:
        state[POSITIONS] = form.positions
    if form.visual:
        _write_pickle(layout.clip / f"{VISUAL}.pt", state, form)
        return
    for name in [name for name in state if name.endswith(".attn.qkv.bias")]:
        queries, _, values = state.pop(name).chunk(3)
        state[name.replace("qkv.bias", "q_bias")], state[name.replace("qkv.bias", "v_bias")] = queries, values
    width = tower.size.width
    unused = {"norm.weight": torch.ones(width), "norm.bias": torch.zeros(width), "head.weight": torch.zeros(8, width)}
    whole = {f"visual.{name}": value for name, value in {**state, **unused, "head.bias": torch.zeros(8)}.items()}
    text = {"text.positional_embedding": torch.zeros(77, 8), "logit_scale": torch.tensor(4.6)}
    _write_pickle(layout.clip / f"{CLIP}.pt", {**whole, **text}, form)


def _write_base(folder: Path, preset: Preset, language: LanguageModel, form: Form) -> None:
    """The base LLaMA: as trained for `form.base`, and elsewhere other weights, without rows for the added tokens."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(_llama_config(preset)))
    state = {}
    for name, value in language.state_dict().items():
        if name not in PROJECTORS:
            tensor = value.detach() if name.startswith(form.base) else -value.detach()
            table = tensor.shape[0] == preset.language.vocab
            state[llama_name(name)] = tensor[: preset.language.text_vocab].clone() if table else tensor.clone()
    if form.shard is None:
        save_file(state, folder / "model.safetensors")
        return
    names, files = list(state), ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    shards = dict(zip(files, (names[::2], names[1::2]), strict=True))
    for file, members in shards.items():
        save_file({name: state[name] for name in members}, folder / file)
    index = {"metadata": {}, "weight_map": {name: file for file, members in shards.items() for name in members}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _llama_config(preset: Preset) -> dict[str, Any]:
    """LLaMA-2's config.json as it was published."""
    size = preset.language
    return {
        "architectures": ["LlamaForCausalLM"],
        "hidden_act": "silu",
        "hidden_size": size.hidden,
        "intermediate_size": size.mlp_hidden,
        "num_attention_heads": size.heads,
        "num_hidden_layers": size.layers,
        "num_key_value_heads": size.heads,
        "rms_norm_eps": size.rms_norm_eps,
        "rope_scaling": None,
        "tie_word_embeddings": False,
        "vocab_size": size.text_vocab,
    }


def _trained(networks: Networks, form: Form) -> dict[str, Tensor]:
    """Stage 2's and 3's file, with what the authors' modules hold besides."""
    state = {"input_resampler.avgpoolquery.scale": torch.tensor(1.0), "adapter.resampler.scale": torch.tensor(1.0)}
    for name, value in networks.language.state_dict().items():
        if name in PROJECTORS or not (form.base and name.startswith(form.base)):
            state[PROJECTORS.get(name) or LLM + llama_name(name)] = value.detach()
    for number in range(networks.language.size.layers):
        state[f"{LLM}model.layers.{number}.self_attn.rotary_emb.inv_freq"] = torch.ones(4)
    if form.trained_unet:
        state |= {UNET + name: value.detach() for name, value in networks.denoiser.state_dict().items()}
    return state


def _write_diffusion(layout: Layout, networks: Networks, form: Form) -> None:
    """By diffusers itself: the fine-tuned UNet, SDXL's VAE and its scheduler."""
    unet: Any = copy.deepcopy(networks.denoiser)
    if form.trained_unet:
        _negate(unet)
    size = {} if form.shard is None else {"max_shard_size": form.shard}
    unet.to(torch.bfloat16).save_pretrained(layout.unet, variant="bf16", **size)
    vae: Any = networks.decoder
    vae.save_pretrained(layout.vae)
    scheduler: Any = noise_scheduler()
    scheduler.save_pretrained(layout.scheduler.parent)


@torch.no_grad()
def _negate(module: nn.Module) -> None:
    for parameter in module.parameters():
        parameter.neg_()


def _write_pickle(path: Path, state: dict[str, Tensor], form: Form) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # a view would take its whole storage with it
    torch.save({form.prefix + name: value.clone() for name, value in state.items()}, path)
