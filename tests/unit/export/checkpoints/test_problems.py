"""Whatever is wrong with a folder is said before a weight is read, all of it at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from export.checkpoints import Checkpoint, CheckpointError
from export.checkpoints.problems import LINES, shorten
from export.presets import Preset
from export.weights import Networks, random_networks

from .conftest import Write
from .test_checkpoint import BASE, CLIP, TRAINED, VAE

UNET = "stage1_final/unet"
SEED_X = "pretrained/SEED-X/cvlm_llama2_tokenizer_100img_and_224loc_addpatch"
SCHEDULER = "pretrained/stable-diffusion-xl-base-1.0/scheduler/scheduler_config.json"

Edit = Callable[[dict[str, Tensor]], object]


def problem(folder: Path, preset: Preset) -> str:
    with pytest.raises(CheckpointError) as caught:
        Checkpoint.open(folder, preset)
    return str(caught.value).replace(f"{folder}/", "")


def edit(path: Path, change: Edit) -> None:
    state = torch.load(path, weights_only=True)
    change(state)
    torch.save(state, path)


def configure(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize("file", [TRAINED, CLIP, VAE, f"{UNET}/diffusion_pytorch_model.bf16.safetensors"])
@pytest.mark.parametrize("kept", [0.6, 0.0])
def test_a_truncated_file_is_one_sentence(small: Preset, write: Write, file: str, kept: float) -> None:
    path = write() / file
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    message = problem(write_root(path, file), small)
    assert message.startswith(f"{file} is ")
    assert "\n" not in message
    if kept:
        assert "cut short" in message


def write_root(path: Path, file: str) -> Path:
    return Path(str(path).removesuffix(f"/{file}"))


def test_another_vocabulary_is_one_sentence(small: Preset, truth: Networks, write: Write) -> None:
    folder = write()

    def shrink(state: dict[str, Tensor]) -> None:
        for name in ("llm.model.embed_tokens.weight", "llm.lm_head.weight"):
            state[name] = state[name][:-2].clone()

    edit(folder / TRAINED, shrink)
    assert problem(folder, small) == "pytorch_model.bin has a vocabulary of 728, the preset wants 730"


def test_a_base_model_alone_has_not_the_vocabulary(small: Preset, write: Write) -> None:
    folder = write(base=("embed_tokens.", "lm_head."))
    expected = f"{BASE}/model.safetensors has a vocabulary of 400, the preset wants 730"
    assert problem(folder, small) == expected


def test_a_unet_of_other_widths_is_one_sentence(small: Preset, write: Write) -> None:
    wide = replace(small, denoiser=replace(small.denoiser, channels=(16, 64)))
    folder = write(preset=wide, networks=random_networks(wide), positions=None)
    expected = f"{UNET}/config.json: block_out_channels is [16, 64], the preset wants [16, 32]"
    assert problem(folder, small) == expected


@pytest.mark.parametrize(
    ("file", "values", "expected"),
    [
        (SCHEDULER, {"beta_end": 0.02}, "beta_end is 0.02, the preset wants 0.012"),
        (SCHEDULER, {"use_karras_sigmas": True}, "use_karras_sigmas is True, the preset wants False"),
        (f"{BASE}/config.json", {"rms_norm_eps": 1e-6}, "rms_norm_eps is 1e-06, the preset wants 1e-05"),
        (f"{BASE}/config.json", {"vocab_size": 99}, "vocab_size is 99, the preset wants 400 or 730"),
        (f"{BASE}/config.json", {"rope_parameters": {"rope_theta": 5e5}}, "rope_theta is 500000.0, the preset wants"),
        (f"{UNET}/config.json", {"flip_sin_to_cos": False}, "flip_sin_to_cos is False, the preset wants True"),
        (f"{SEED_X}/added_tokens.json", {"</img>": 400}, ": </img> is 400, the preset wants 401"),
    ],
)
def test_a_configuration_that_differs_is_named(
    small: Preset, write: Write, file: str, values: dict[str, object], expected: str
) -> None:
    folder = write()
    configure(folder / file, **values)
    message = problem(folder, small)
    assert message.startswith(file)
    assert expected in message
    assert "\n" not in message


def test_all_problems_of_all_parts_are_in_one_error(small: Preset, write: Write) -> None:
    folder = write()

    def spoil(state: dict[str, Tensor]) -> None:
        del state["output_resampler.proj.weight"]
        state["llm.model.norm.weight"] = torch.ones(3)
        state["llm.model.norm.bias"] = state["adapter.extra"] = torch.ones(64)

    edit(folder / TRAINED, spoil)
    edit(folder / CLIP, lambda state: state.pop("visual.blocks.1.attn.v_bias"))
    (folder / VAE).unlink()
    configure(folder / SCHEDULER, steps_offset=0)
    message = problem(folder, small)
    for expected in (
        "small, 7 problems:",
        f"{CLIP} lacks blocks.1.attn.qkv.bias",
        "pytorch_model.bin lacks output_resampler.proj.weight",
        "pytorch_model.bin: llm.model.norm.weight is [3], the preset wants [64]",
        "pytorch_model.bin has an unknown llm.model.norm.bias",
        "pytorch_model.bin has an unknown adapter.extra",
        "vae holds no weights",
        "steps_offset is 0, the preset wants 1",
    ):
        assert expected in message


def test_hundreds_of_tensors_are_one_line_for_each_kind() -> None:
    problems = [f"a.bin lacks llm.model.layers.{i}.mlp.{name}" for i in range(32) for name in ("up", "down")]
    assert shorten([*problems, "a.bin lacks llm.lm_head.weight"]) == [
        "a.bin lacks llm.model.layers.*.mlp.up (32 of them)",
        "a.bin lacks llm.model.layers.*.mlp.down (32 of them)",
        "a.bin lacks llm.lm_head.weight",
    ]
    assert shorten([f"a.bin lacks {name}" for name in map(str, range(100))])[-1] == f"and {100 - LINES} more"


def test_unmerged_lora_is_refused(small: Preset, write: Write) -> None:
    folder = write()
    name = "llm.base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
    edit(folder / TRAINED, lambda state: state.update({name: torch.ones(1)}))
    assert "pytorch_model.bin holds LoRA matrices" in problem(folder, small)


def test_a_file_that_could_run_code_is_refused(small: Preset, write: Write) -> None:
    folder = write()
    torch.save({"weight": torch.ones(1), "when": Path("anything")}, folder / TRAINED)
    assert problem(folder, small) == "pytorch_model.bin holds more than tensors: save its state dict alone"


def test_torchs_old_format_is_refused(small: Preset, write: Write) -> None:
    folder = write()
    torch.save({"weight": torch.ones(1)}, folder / TRAINED, _use_new_zipfile_serialization=False)
    assert problem(folder, small) == "pytorch_model.bin is not in torch's zip format: read it and save it anew"


def test_a_missing_shard_is_named(small: Preset, write: Write) -> None:
    folder = write(shard=100_000)
    shard = sorted((folder / UNET).glob("*.safetensors"))[1]
    shard.unlink()
    assert problem(folder, small) == f"{UNET}/{shard.name} does not exist"


def test_another_tokenizer_is_refused(small: Preset, write: Write) -> None:
    folder = write()
    (folder / SEED_X / "tokenizer.model").write_bytes(b"no pieces")
    expected = f"{SEED_X}/tokenizer.model is cut short or not a sentencepiece model"
    assert problem(folder, small) == expected


def test_no_folder_is_one_sentence(small: Preset, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nowhere does not exist"):
        Checkpoint.open(tmp_path / "nowhere", small)
