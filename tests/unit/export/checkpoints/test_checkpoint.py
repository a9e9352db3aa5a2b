"""Reading a folder gives the networks it was made from, whatever its form."""

from __future__ import annotations

import hashlib

import pytest
import torch
from safetensors.torch import load_file, save_file

from export.checkpoints import Checkpoint
from export.onnx.deferred import SMALLEST, is_placeholder
from export.presets import Preset
from export.weights import NETWORKS, TOKENIZER_FILE, Networks

from .conftest import Write

TRAINED = "pytorch_model.bin"
CLIP = "pretrained/EVA-CLIP/EVA02_CLIP_E_psz14_plus_s9B.pt"
BASE = "pretrained/meta-llama/Llama-2-7b-chat-hf"
VAE = "pretrained/stable-diffusion-xl-base-1.0/vae/diffusion_pytorch_model.safetensors"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"prefix": "module."},
        {"prefix": "_forward_module.module.", "shard": 100_000, "base": ("layers.0.", "norm.")},
        {"visual": True, "positions": None},
        {"trained_unet": True},
    ],
    ids=["plain", "ddp", "deepspeed-sharded-base", "visual", "trained-unet"],
)
def test_every_weight_is_found(small: Preset, truth: Networks, write: Write, form: dict[str, object]) -> None:
    networks = Checkpoint.open(write(**form), small).networks()
    for name in NETWORKS:
        found, wanted = getattr(networks, name).state_dict(), getattr(truth, name).state_dict()
        assert found.keys() == wanted.keys()
        for key, value in wanted.items():
            torch.testing.assert_close(found[key], value, rtol=0, atol=0, msg=f"{name} {key}")
        assert not any(buffer.is_meta for buffer in getattr(networks, name).buffers())


def test_the_files_that_are_read_are_named_with_their_hashes(small: Preset, write: Write) -> None:
    folder = write()
    unet = "stage1_final/unet/diffusion_pytorch_model.bf16.safetensors"
    origin = Checkpoint.open(folder, small).origin()
    assert set(origin) == {CLIP, TRAINED, unet, VAE}
    assert origin[TRAINED] == hashlib.sha256((folder / TRAINED).read_bytes()).hexdigest()


def test_a_networks_digest_changes_with_its_files_alone(small: Preset, write: Write) -> None:
    folder = write()
    before = Checkpoint.open(folder, small).digests()
    state = torch.load(folder / TRAINED, weights_only=True)
    state["llm.model.norm.weight"] += 1
    torch.save(state, folder / TRAINED)
    after = Checkpoint.open(folder, small).digests()
    assert {name for name in NETWORKS if before[name] != after[name]} == {"language"}


def test_a_trained_file_that_lacks_layers_says_where_they_came_from(small: Preset, write: Write) -> None:
    checkpoint = Checkpoint.open(write(base=("layers.0.",)), small)
    assert f"{BASE}/model.safetensors" in checkpoint.origin()
    (note,) = checkpoint.parts["language"].notes
    assert note.endswith(f"9 from {checkpoint.folder}/{BASE}/model.safetensors")


def test_an_outline_reads_large_weights_later(small: Preset, truth: Networks, write: Write) -> None:
    found = Checkpoint.open(write(), small).outline("language", torch.bfloat16)
    wanted, state = truth.language.state_dict(), found.module.state_dict()
    assert found.reads.keys() == {name for name, value in wanted.items() if value.numel() >= SMALLEST}
    for name, value in wanted.items():
        if name in found.reads:
            assert is_placeholder(state[name])
            assert (state[name].shape, state[name].dtype) == (value.shape, torch.bfloat16)
            assert torch.equal(found.reads[name](), value)
        else:
            assert torch.equal(state[name], value.bfloat16())


def test_another_type_is_converted(small: Preset, truth: Networks, write: Write) -> None:
    found = Checkpoint.open(write(), small).network("language", torch.float16).state_dict()
    for name, value in truth.language.state_dict().items():
        assert torch.equal(found[name], value.half())


def test_the_tokenizer_is_the_folders(small: Preset, pieces: bytes, write: Write) -> None:
    folder = write()
    assert Checkpoint.open(folder, small).tokenizer() == pieces
    assert next(folder.rglob(TOKENIZER_FILE)).read_bytes() == pieces


def test_names_of_the_vaes_attention_before_diffusers_0_18_are_known(
    small: Preset, truth: Networks, write: Write
) -> None:
    path = write() / VAE
    old = {"to_q.": "query.", "to_k.": "key.", "to_v.": "value.", "to_out.0.": "proj_attn."}
    state = {}
    for name, value in load_file(path).items():
        for new, before in old.items():
            name = name.replace(f"mid_block.attentions.0.{new}", f"mid_block.attentions.0.{before}")  # noqa: PLW2901
        state[name] = value
    assert sum("proj_attn" in name for name in state) == 4
    save_file(state, path)
    found = Checkpoint.open(path.parents[3], small).network("decoder").state_dict()
    for name, value in truth.decoder.state_dict().items():
        assert torch.equal(found[name], value)
