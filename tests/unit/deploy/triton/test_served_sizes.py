"""The configurations in git fit the sizes that wegen-7b is served at."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from export import presets

REPOSITORY = Path(__file__).resolve().parents[4] / "model_repository"


def config(path: str) -> model_config_pb2.ModelConfig:
    return text_format.Parse((REPOSITORY / path).read_text(), model_config_pb2.ModelConfig())


def test_the_decoder_serves_every_profile_of_its_plan() -> None:
    """`python -m export plans` compiles one for each size; Triton takes the first alone where none is named."""
    found = config("vae_decoder/config.pbtxt")
    (group,) = found.instance_group
    assert list(group.profile) == [str(number) for number in range(len(presets.load("wegen-7b").sizes))]
    assert list(found.input[0].dims) == [4, -1, -1]
    assert list(found.output[0].dims) == [-1, -1, 3]


@pytest.mark.parametrize("path", ["sdxl_denoiser/config.pbtxt", "sdxl_denoiser/configs/cpu.pbtxt"])
def test_the_denoiser_takes_a_size(path: str) -> None:
    (size,) = (one for one in config(path).input if one.name == "size")
    assert size.optional
    assert list(size.dims) == [2]
