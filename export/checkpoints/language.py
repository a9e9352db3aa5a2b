"""LLaMA and both projectors: the trained file's tensors, and the base model's where that has none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from export.checkpoints.configs import language_differences
from export.checkpoints.layout import Layout
from export.checkpoints.part import Part, View, fit
from export.checkpoints.problems import CheckpointError
from export.checkpoints.store import Store, open_folder
from export.checkpoints.tensorfile import Shape
from export.presets import Preset

LLM = "llm."
PROJECTORS = {
    "input_projector.weight": "input_resampler.proj.weight",
    "output_projector.weight": "output_resampler.proj.weight",
}

MEANT = (LLM, *(name.split(".")[0] + "." for name in PROJECTORS.values()))
"""What begins the trained file's names for this network."""

_TABLES = ("embed_tokens.weight", "lm_head.weight")
# a parameter of the authors' pooling that it does not use
_UNUSED = "input_resampler.avgpoolquery.scale"


def read_language(trained: Store, layout: Layout, preset: Preset, wanted: Mapping[str, Shape]) -> Part:
    """As WeGen's `load_state_dict` over the base model: trained tensors first, the base's for what is left.

    The base is opened only where it is needed. Its token tables have no rows for the added tokens, so they never fit.
    """
    config = layout.language / "config.json"
    problems = language_differences(config, preset) if config.is_file() else []
    if problems:
        return Part(problems=problems)
    adapters = [name for name in trained.tensors if ".lora_" in name]
    if adapters:
        raise CheckpointError(f"{trained.path} holds LoRA matrices ({adapters[0]}): merge them into full weights")
    views = [View(trained, _trained_name, MEANT, _ignored)]
    if any(views[0].find(name) is None for name in wanted if name not in PROJECTORS):
        views += _base(layout.language)
    part = fit(wanted, views)
    _name_vocabulary(part, views, preset)
    if not config.is_file():
        part.notes.append(f"{config} does not exist: the norm's epsilon and the rotary base are the preset's")
    return part


def llama_name(name: str) -> str:
    """The name that transformers' `LlamaForCausalLM` has for one of our tensors."""
    if name in PROJECTORS or name.startswith("lm_head."):
        return name
    for each in ("gate_proj", "up_proj", "down_proj"):
        name = name.replace(f".{each}.", f".mlp.{each}.")
    return f"model.{name}"


def _trained_name(name: str) -> str:
    return PROJECTORS.get(name) or LLM + llama_name(name)


def _ignored(name: str) -> bool:
    # transformers before 4.32 saved the rotary frequencies
    return name.endswith("rotary_emb.inv_freq") or name == _UNUSED


def _base(folder: Path) -> list[View]:
    """The base model, if it is there: what is missing is missed in the trained file."""
    if not any(file.suffix in {".safetensors", ".bin"} for file in folder.glob("*")):
        return []
    return [View(open_folder(folder, "model", "pytorch_model"), llama_name, ignored=_ignored)]


def _name_vocabulary(part: Part, views: list[View], preset: Preset) -> None:
    """One sentence about the vocabulary in place of one about each table."""
    want, width = preset.language.vocab, preset.language.hidden
    for name in _TABLES:
        table = part.tensors.get(name)
        if table is None or table.shape[1:] != (width,) or table.shape[0] == want:
            continue
        view = next(view for view in views if view.find(name))
        keys = tuple(f"{view.store.path}: {view.key(each)} is [" for each in _TABLES)
        part.problems = [problem for problem in part.problems if not problem.startswith(keys)]
        part.problems.append(f"{view.store.path} has a vocabulary of {table.shape[0]}, the preset wants {want}")
        return
