"""The exported graphs behind the runtimes: any batch, any company, the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.engine.canvas import Canvas
from services.engine.denoising import DenoiseRequest
from services.engine.generation import GenerationRequest
from services.engine.model_folder import ModelFolder
from services.engine.models import open_denoiser, open_generator
from services.engine.onnx_denoiser import OnnxDenoiserRuntime
from services.engine.onnx_language import OnnxLanguageRuntime
from services.engine.runtime import PromptChunk
from services.engine.vocabulary import Vocabulary
from services.generation import ImageMode, Sampling
from services.manifest import Manifest
from services.settings import SettingsError

REPOSITORY = Path(__file__).parents[4] / "model_repository"

pytestmark = pytest.mark.skipif(not (REPOSITORY / "manifest.json").is_file(), reason="needs `python -m export build`")


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return Manifest.load(REPOSITORY)


@pytest.fixture(scope="module")
def language(manifest: Manifest) -> OnnxLanguageRuntime:
    graph = REPOSITORY / manifest.graphs["llama_feature_generator"].file
    return OnnxLanguageRuntime(graph, manifest.language, manifest.feature_width, slots=5, spans=(160, 256), threads=1)


def whole(ids: NDArray[Any], width: int, features: dict[int, NDArray[Any]] | None = None) -> PromptChunk:
    rows, marks = np.zeros((len(ids), width), np.float32), np.zeros(len(ids), np.bool_)
    for position, feature in (features or {}).items():
        rows[position], marks[position] = feature, True
    return PromptChunk(np.asarray(ids, np.int64), rows, marks, 0)


def test_a_row_is_the_same_to_the_last_bit_in_any_batch(language: OnnxLanguageRuntime, manifest: Manifest) -> None:
    pool = language.pools[0]
    ids = np.random.default_rng(1).integers(3, manifest.tokens.text_vocab, (5, 21))
    seen = []
    for count in (1, 2, 3, 5):
        for slot in range(5):
            pool.prefill(slot, whole(ids[slot], manifest.feature_width))
        pool.rows.past_length[:], pool.rows.ids[:], pool.rows.is_feature[:] = 21, ids[:, 0], False
        for _ in range(3):
            output = pool.decode(count)
            pool.rows.past_length[:count] += 1
        seen.append((output.logits[0].copy(), output.features[0].copy()))
    for logits, features in seen[1:]:
        np.testing.assert_array_equal(logits, seen[0][0])
        np.testing.assert_array_equal(features, seen[0][1])


def test_a_copied_prefix_goes_on_like_its_source(language: OnnxLanguageRuntime, manifest: Manifest) -> None:
    pool = language.pools[1]
    ids = np.random.default_rng(2).integers(3, manifest.tokens.text_vocab, 40)
    pool.prefill(0, whole(ids, manifest.feature_width))
    pool.copy(0, 1, 3, 40)
    pool.rows.past_length[:4], pool.rows.ids[:4], pool.rows.is_feature[:4] = 40, 7, False
    logits = pool.decode(4).logits
    np.testing.assert_array_equal(logits, np.repeat(logits[:1], 4, axis=0))


def test_a_chunked_prompt_is_the_whole_prompt(language: OnnxLanguageRuntime, manifest: Manifest) -> None:
    pool, width = language.pools[1], manifest.feature_width
    random = np.random.default_rng(3)
    ids = random.integers(3, manifest.tokens.text_vocab, 150)
    chunk = whole(ids, width, {20: random.standard_normal(width), 77: random.standard_normal(width)})
    expected = pool.prefill(0, chunk).logits.copy()
    for start in range(0, 150, 64):
        part = slice(start, start + 64)
        output = pool.prefill(1, PromptChunk(ids[part], chunk.features[part], chunk.is_feature[part], start))
    np.testing.assert_allclose(output.logits, expected, atol=2e-4)


@pytest.fixture(scope="module")
def generator() -> Iterator[Any]:
    folder = ModelFolder(REPOSITORY / "llama_feature_generator", "1", {"spans": "160", "chunk": "16", "slots": "16"})
    manifest, limits, scheduler = open_generator(folder)
    yield SimpleNamespace(manifest=manifest, limits=limits, scheduler=scheduler)
    scheduler.close()


def outputs(pool: Any, width: int) -> Any:
    """Logits and feature after a list of (id, feature, is_feature), all fed at once into slot 0."""

    def predict(entries: list[tuple[int, NDArray[Any], bool]]) -> tuple[NDArray[Any], NDArray[Any]]:
        features = {i: feature for i, (_, feature, marked) in enumerate(entries) if marked}
        output = pool.prefill(0, whole(np.array([token for token, _, _ in entries]), width, features))
        return output.logits[0].copy(), output.features[0].copy()

    return predict


def test_generations_in_company_are_what_stepping_alone_gives(
    kit: SimpleNamespace, generator: Any, language: OnnxLanguageRuntime, manifest: Manifest
) -> None:
    width, vocabulary = manifest.feature_width, Vocabulary.of(manifest)
    random = np.random.default_rng(4)
    none = np.zeros((0, width), np.float32)
    reference = random.standard_normal((3, width)).astype(np.float32)
    wishes = [
        (
            random.integers(3, 700, 30),
            (Sampling(1, 0.9, 0.8), Sampling(2, 0.9, 0.8)),
            12,
            ImageMode.NEVER,
            none,
            (),
            1.0,
        ),
        (random.integers(3, 700, 9), (Sampling(3, 0.9, 0.8),), 3, ImageMode.FORCE, none, (), 2.0),
        (random.integers(3, 700, 20), (Sampling(4, 1.0, 1.3),), 4, ImageMode.FORCE, reference, (4, 5, 6), 1.0),
        (random.integers(3, 700, 5), (Sampling(5, 0.9, 0.0),) * 3, 20, ImageMode.ALLOW, none, (), 1.0),
    ]
    requests = [
        GenerationRequest(ids, sampling, most, image, features, np.array(positions, np.int64), guidance)
        for ids, sampling, most, image, features, positions, guidance in wishes
    ]
    streams = [kit.Memory() for _ in requests]
    for request, stream in zip(requests, streams, strict=True):
        generator.limits.check(request)
        generator.scheduler.submit(request, stream)
    model = outputs(language.pools[0], width)
    for request, stream in zip(requests, streams, strict=True):
        events = stream.wait().events
        for index in range(len(request.sampling)):
            expected = kit.naive(request, index, outputs=model, vocabulary=vocabulary, width=width)
            kit.same(kit.answer(events, index), expected, tolerance=2e-3)


def test_jobs_in_company_are_what_stepping_alone_gives(kit: SimpleNamespace, manifest: Manifest) -> None:
    folder = ModelFolder(REPOSITORY / "sdxl_denoiser", "1", {"rows": "3"})
    _, limits, scheduler = open_denoiser(folder)
    random = np.random.default_rng(5)
    jobs = [
        DenoiseRequest(random.standard_normal((64, manifest.feature_width)).astype(np.float32), seed, steps, 3.0)
        for seed, steps in ((1, 4), (2, 3), (3, 5), (4, 2))
    ]

    def latents(group: list[DenoiseRequest]) -> list[NDArray[Any]]:
        streams = [kit.Memory() for _ in group]
        for wish, stream in zip(group, streams, strict=True):
            limits.check(wish)
            scheduler.submit(wish, stream)
        return [stream.wait().events[-1].latents for stream in streams]

    together = latents(jobs)
    for wish, expected in zip(jobs, together, strict=True):
        np.testing.assert_array_equal(latents([wish])[0], expected)
    scheduler.close()


def test_a_window_of_rows_leaves_the_others_alone(manifest: Manifest) -> None:
    shapes, features = Canvas.of(manifest).shapes, (64, manifest.feature_width)
    graph = REPOSITORY / manifest.graphs["sdxl_denoiser"].file
    runtime = OnnxDenoiserRuntime(graph, rows=3, latents=shapes, features=features, threads=1).pools[0]
    runtime.rows.latents[:] = np.random.default_rng(6).standard_normal(runtime.rows.latents.shape)
    runtime.rows.sigma[:], runtime.rows.sigma_next[:], runtime.rows.timestep[:] = 2.0, 1.0, 300
    before = runtime.rows.latents.copy()
    runtime.step(1, 1)
    changed = [not np.array_equal(before[row], runtime.rows.latents[row]) for row in range(3)]
    assert changed == [False, True, False]


def test_a_graph_of_one_size_refuses_a_manifest_of_others(manifest: Manifest) -> None:
    graph, features = REPOSITORY / manifest.graphs["sdxl_denoiser"].file, (64, manifest.feature_width)
    shapes = [*Canvas.of(manifest).shapes, (4, 8, 24)]
    with pytest.raises(SettingsError, match=r"latents are .*, the manifest wants \[4, 8, 24\] too"):
        OnnxDenoiserRuntime(graph, rows=1, latents=shapes, features=features, threads=1)
