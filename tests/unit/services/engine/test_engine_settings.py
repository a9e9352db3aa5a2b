"""Parameters of config.pbtxt: strings in, one sentence when one is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from services.engine.model_folder import ModelFolder
from services.engine.models import open_denoiser, open_generator
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


def test_a_model_that_cannot_be_opened_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def folder(**parameters: str) -> ModelFolder:
        config = {"parameters": {name: {"string_value": value} for name, value in parameters.items()}}
        arguments = {"model_config": json.dumps(config), "model_repository": str(tmp_path), "model_version": "1"}
        return ModelFolder.of(arguments)

    with pytest.raises(SettingsError, match="'tpu' is neither 'onnx' nor 'tensorrt'"):
        open_generator(folder(runtime="tpu"))
    with monkeypatch.context() as patch:
        patch.setattr("services.engine.runtimes.find_spec", lambda module: None)
        with pytest.raises(SettingsError, match=r"needs the package tensorrt, .*--model-config-name=cpu"):
            open_generator(folder(runtime="tensorrt"))
    with monkeypatch.context() as patch:
        patch.setattr("services.engine.runtimes.find_spec", lambda module: object())
        with pytest.raises(SettingsError, match=r"1/model\.plan does not exist"):
            open_denoiser(folder(runtime="tensorrt"))
    with pytest.raises(SettingsError, match=r"model.onnx does not exist: run `python -m export build`"):
        open_denoiser(folder())


@pytest.mark.parametrize(
    ("model", "settings"), [("llama_feature_generator", GeneratorSettings), ("sdxl_denoiser", DenoiserSettings)]
)
def test_the_configurations_differ_in_the_runtime_and_its_sizes_only(model: str, settings: type[Any]) -> None:
    folder = Path(__file__).parents[4] / "model_repository" / model
    files = {"tensorrt": folder / "config.pbtxt", "onnx": folder / "configs" / "cpu.pbtxt"}
    configs = {
        runtime: text_format.Parse(path.read_text(), model_config_pb2.ModelConfig()) for runtime, path in files.items()
    }
    for runtime, config in configs.items():
        parameters = {name: value.string_value for name, value in config.parameters.items()}
        assert settings.read(parameters).runtime == runtime
        config.ClearField("parameters")
        config.ClearField("instance_group")
    assert configs["tensorrt"] == configs["onnx"]
