"""The language graph against transformers' LLaMA."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
import torch

from export.onnx import language
from export.onnx.exporter import export
from export.onnx.precision import Precision
from export.presets import Preset
from export.reference import ReferenceLanguage
from export.weights import Networks

from .conftest import Sessions
from .language_rows import Cache, Floats, Row, random_row

pytestmark = pytest.mark.graphs

LOGITS = 2e-5
FEATURES = 1e-5
SPAN = 48


@pytest.fixture(scope="module")
def served(sessions: Sessions) -> ort.InferenceSession:
    """With ONNX Runtime's own attention."""
    return sessions(language.NAME, Precision.FP32)


@pytest.fixture(scope="module")
def standard(preset: Preset, networks: Networks) -> ort.InferenceSession:
    """With ONNX's attention, as TensorRT gets it."""
    graph = language.language_graph(networks.language, Precision.FP32, preset.context, SPAN)
    return ort.InferenceSession(export(graph).SerializeToString(), providers=["CPUExecutionProvider"])


@pytest.fixture(params=["served", "standard"])
def session(request: pytest.FixtureRequest) -> ort.InferenceSession:
    found: ort.InferenceSession = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def peer(preset: Preset, networks: Networks) -> ReferenceLanguage:
    return ReferenceLanguage(networks.language, preset.context)


def expected(peer: ReferenceLanguage, row: Row) -> tuple[Floats, Floats]:
    """Logits [T, vocab] and features [T, D] by transformers, the sequence read at once."""
    embeddings = peer.token(row.ids)
    mask = torch.tensor(row.is_feature)
    embeddings[mask] = peer.feature(torch.from_numpy(row.features))[mask]
    logits, features = peer.hidden(embeddings[None])
    return logits[0].numpy(), features[0].numpy()


def check(outputs: tuple[Floats, Floats], peers: list[tuple[Floats, Floats]], ends: list[int]) -> None:
    for row, ((logits, features), end) in enumerate(zip(peers, ends, strict=True)):
        np.testing.assert_allclose(outputs[0][row], logits[end - 1], atol=LOGITS, rtol=0)
        np.testing.assert_allclose(outputs[1][row], features[end - 1], atol=FEATURES, rtol=0)


def test_a_ragged_batch_of_tokens_and_features_is_read_at_once(
    preset: Preset, session: ort.InferenceSession, peer: ReferenceLanguage
) -> None:
    rows = [random_row(preset, length, seed) for seed, length in enumerate((9, 1, 14))]
    outputs = Cache(session, preset, 3, SPAN).step(rows)
    check(outputs, [expected(peer, row) for row in rows], [9, 1, 14])


def test_chunks_of_a_prompt_equal_the_whole(
    preset: Preset, session: ort.InferenceSession, peer: ReferenceLanguage
) -> None:
    row = random_row(preset, 21, 5)
    cache = Cache(session, preset, 1, SPAN)
    for start in (0, 8, 16):
        outputs = cache.step([row[start : start + 8]])
    check(outputs, [expected(peer, row)], [21])


def test_decoding_rows_of_different_lengths_and_kinds(
    preset: Preset, session: ort.InferenceSession, peer: ReferenceLanguage
) -> None:
    rows = [random_row(preset, 24, seed) for seed in (1, 2, 3, 4)]
    ends = [3, 12, 7, 1]
    peers = [expected(peer, row) for row in rows]
    cache = Cache(session, preset, 4, SPAN)
    cache.step([row[:end] for row, end in zip(rows, ends, strict=True)])
    for _ in range(12):
        outputs = cache.step([row[end : end + 1] for row, end in zip(rows, ends, strict=True)])
        ends = [end + 1 for end in ends]
        check(outputs, peers, ends)


def test_a_row_that_prefills_beside_rows_that_decode(
    preset: Preset, standard: ort.InferenceSession, peer: ReferenceLanguage
) -> None:
    rows = [random_row(preset, 20, seed) for seed in (6, 7)]
    cache = Cache(standard, preset, 2, SPAN)
    cache.step([rows[0][:10], rows[1][:2]])
    outputs = cache.step([rows[0][10:11], rows[1][2:16]])
    check(outputs, [expected(peer, row) for row in rows], [11, 16])


def test_onnx_runtime_refuses_what_its_attention_cannot(preset: Preset, served: ort.InferenceSession) -> None:
    rows = [random_row(preset, 20, seed) for seed in (6, 7)]
    cache = Cache(served, preset, 2, SPAN)
    cache.step([rows[0][:10], rows[1][:2]])
    with pytest.raises(RuntimeError, match="batch_size must be 1"):
        cache.step([rows[0][10:11], rows[1][2:16]])


def test_the_graphs_reach_is_the_presets_context(
    preset: Preset, served: ort.InferenceSession, peer: ReferenceLanguage
) -> None:
    row = random_row(preset, preset.context, 12)
    cache = Cache(served, preset, 1, preset.context)
    cache.step([row[: preset.context - 1]])
    check(cache.step([row[preset.context - 1 :]]), [expected(peer, row)], [preset.context])


def test_a_slot_is_used_again_for_another_sequence(
    preset: Preset, session: ort.InferenceSession, peer: ReferenceLanguage
) -> None:
    cache = Cache(session, preset, 1, SPAN)
    cache.step([random_row(preset, 30, 8)])
    cache.lengths[:] = 0
    row = random_row(preset, 6, 9)
    check(cache.step([row]), [expected(peer, row)], [6])


def test_the_last_position_of_the_cache_is_usable(
    preset: Preset, session: ort.InferenceSession, peer: ReferenceLanguage
) -> None:
    row = random_row(preset, SPAN, 10)
    cache = Cache(session, preset, 1, SPAN)
    cache.step([row[: SPAN - 1]])
    check(cache.step([row[SPAN - 1 :]]), [expected(peer, row)], [SPAN])


def test_half_precision_stays_near_fp32(preset: Preset, sessions: Sessions, peer: ReferenceLanguage) -> None:
    row = random_row(preset, 12, 11)
    cache = Cache(sessions(language.NAME, Precision.FP16), preset, 1, preset.context, np.float16)
    cache.step([row[:11]])
    logits, features = cache.step([row[11:]])
    peer_logits, peer_features = expected(peer, row)
    np.testing.assert_allclose(logits[0], peer_logits[-1], atol=1e-2, rtol=0)
    np.testing.assert_allclose(features[0], peer_features[-1], atol=1e-2, rtol=0)
