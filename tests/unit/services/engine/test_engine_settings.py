"""Parameters of config.pbtxt: strings in, one sentence when one is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.engine.models import ModelFolder, open_denoiser, open_generator
from services.engine.settings import DenoiserSettings, GeneratorSettings
from services.settings import SettingsError


def test_strings_become_numbers() -> None:
    settings = GeneratorSettings.read({"slots": "48", "spans": "128, 512", "pace_ms": "2.5", "threads": "2"})
    assert (settings.slots, settings.spans, settings.pace_ms, settings.threads) == (48, (128, 512), 2.5, 2)
    assert settings.pools(768) == (128, 512, 768)
    assert settings.pools(512) == (128, 512)
    assert GeneratorSettings.read({"spans": ""}).pools(768) == (768,)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"slots": "8"}, "'slots'.*16"),
        ({"slots": "many"}, "'slots'"),
        ({"slot": "16"}, "'slot'"),
        ({"queue": "0"}, "'queue'"),
    ],
)
def test_a_wrong_parameter_is_named(parameters: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        GeneratorSettings.read(parameters)
    if "slots" not in parameters:
        with pytest.raises(SettingsError, match=words):
            DenoiserSettings.read(parameters)


def test_a_model_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    def folder(**parameters: str) -> ModelFolder:
        config = {"parameters": {name: {"string_value": value} for name, value in parameters.items()}}
        arguments = {"model_config": json.dumps(config), "model_repository": str(tmp_path), "model_version": "1"}
        return ModelFolder.of(arguments)

    with pytest.raises(SettingsError, match="model-config-name=cpu"):
        open_generator(folder(runtime="tensorrt"))
    with pytest.raises(SettingsError, match=r"model.onnx does not exist: run `python -m export build`"):
        open_denoiser(folder())
