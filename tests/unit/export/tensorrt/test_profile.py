"""The shapes that engines are compiled for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from export.presets import Serving
from export.tensorrt.graph import Tensor
from export.tensorrt.problem import GraphError
from export.tensorrt.profile import ENGINES, ShapeRange, profiles

from .fakes import LANGUAGE, LATENTS, OPEN_LATENTS, PRESET, graph


def test_llama_decodes_many_rows_and_prefills_one() -> None:
    decode, prompt = profiles(graph("llama_feature_generator", LANGUAGE), PRESET)
    assert decode["ids"] == ShapeRange((1, 1), (16, 1), (64, 1))
    assert decode["past_length"] == ShapeRange((1,), (16,), (64,))
    assert decode["past_key_0"].max == (64, 32, 2048, 128)
    assert prompt["ids"] == ShapeRange((1, 1), (1, 256), (1, 512))
    assert prompt["past_key_0"].max == (1, 32, 2048, 128)


def test_no_prompt_is_longer_than_the_cache() -> None:
    """`export graphs --span` may be shorter than the prompts that a preset is compiled for."""
    short = replace(LANGUAGE[-1], shape=("batch", 32, 160, 128))
    _, prompt = profiles(graph("llama_feature_generator", (*LANGUAGE[:-1], short)), PRESET)
    assert prompt["ids"] == ShapeRange((1, 1), (1, 160), (1, 160))


def test_a_cache_of_open_length_is_refused() -> None:
    growing = replace(LANGUAGE[-1], shape=("batch", 32, "span", 128))
    with pytest.raises(GraphError, match="its cache has no fixed length"):
        profiles(graph("llama_feature_generator", (*LANGUAGE[:-1], growing)), PRESET)


@pytest.mark.parametrize(("engine", "batch"), [("sdxl_denoiser", (1, 4, 8)), ("vae_decoder", (1, 2, 4))])
def test_a_picture_of_fixed_size_has_one_profile(engine: str, batch: tuple[int, int, int]) -> None:
    (profile,) = profiles(graph(engine, (LATENTS, Tensor("sigma", "float32", ("batch",)))), PRESET)
    assert profile["latents"] == ShapeRange(*((rows, 4, 128, 128) for rows in batch))
    assert profile["sigma"] == ShapeRange(*((rows,) for rows in batch))


def test_an_open_size_has_a_profile_for_each_bucket_the_usual_one_first() -> None:
    found = profiles(graph("sdxl_denoiser", (OPEN_LATENTS,)), PRESET)
    assert len(found) == len(PRESET.serving.buckets) == 7
    assert found[0]["latents"] == ShapeRange((1, 4, 128, 128), (4, 4, 128, 128), (8, 4, 128, 128))
    assert found[5]["latents"].opt == (4, 4, 96, 168)  # 768 x 1344


@pytest.mark.parametrize(("engine", "batch"), [("sdxl_denoiser", 8), ("vae_decoder", 4)])
def test_every_size_that_is_served_has_a_profile_for_every_batch(engine: str, batch: int) -> None:
    """`batch` is what the configurations in `model_repository` ask for."""
    config = (Path(__file__).parents[4] / "model_repository" / engine / "config.pbtxt").read_text()
    assert re.search(rf'(key: "batch" value {{ string_value: "{batch}"|max_batch_size: {batch}\n)', config)
    ranges = [profile["latents"] for profile in profiles(graph(engine, (OPEN_LATENTS,)), PRESET)]
    served = [(4, height // 8, width // 8) for height, width in PRESET.sizes]
    assert len(set(served)) == 7
    for shape in served:
        (found,) = (one for one in ranges if one.min[1:] == shape == one.max[1:])
        assert found.min[0] == 1
        assert found.max[0] >= batch


def test_without_buckets_an_open_size_is_the_presets_own() -> None:
    preset = replace(PRESET, serving=Serving())
    (profile,) = profiles(graph("vae_decoder", (OPEN_LATENTS,)), preset)
    assert profile["latents"].max == (4, 4, 128, 128)


def test_fixed_inputs_have_no_range() -> None:
    (profile,) = profiles(graph("eva_clip", (LATENTS, Tensor("mean", "float32", (3,)))), PRESET)
    assert set(profile) == {"latents"}


def test_an_axis_nobody_knows_is_named() -> None:
    with pytest.raises(GraphError, match=r"model\.onnx: nobody knows the sizes of axis 'span'"):
        profiles(graph("eva_clip", (Tensor("cache", "float16", ("batch", "span")),)), PRESET)


def test_an_unknown_engine_names_the_others() -> None:
    with pytest.raises(GraphError, match=f"'clip' is no engine; there are {', '.join(ENGINES)}"):
        profiles(graph("clip"), PRESET)


def test_ranges_grow() -> None:
    with pytest.raises(ValueError, match="do not grow"):
        ShapeRange((2, 4), (1, 4), (4, 4))


def test_serving_sizes_grow() -> None:
    with pytest.raises(ValueError, match=r"serving\.rows 4, 2, 8: not 1 <= smallest <= usual <= largest"):
        Serving(rows=(4, 2, 8))
