"""A language model and a denoiser small enough to be read, and streams that remember."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.engine.canvas import Canvas
from services.engine.generation import GenerationRequest
from services.engine.generation_limits import GenerationLimits
from services.engine.runtime import DenoiserRows, LanguageOutput, LanguageRows, PromptChunk
from services.engine.vocabulary import Vocabulary
from services.errors import WegenError
from services.generation import FeaturesEvent, FinishedEvent, ImageMode, Sampling, TokensEvent
from services.size import Size

WIDTH = 3
CANVAS = Canvas((Size(16, 16), Size(24, 16), Size(16, 32)), channels=4, factor=8)
VOCABULARY = Vocabulary(size=40, eos=2, image_start=30, image_end=31, image_first=32, image_tokens=7, features=5)


def embed(token: int, feature: NDArray[Any], is_feature: bool) -> float:
    """What one position puts into the cache."""
    return float(feature @ np.arange(1, WIDTH + 1)) if is_feature else float(np.sin(token * 1.7 + 0.3))


def predict(entries: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Logits and feature after `entries`: every entry and every position counts."""
    state = float(np.sin(entries * np.sqrt(np.arange(1, len(entries) + 1))).sum())
    logits = 6 * np.sin(state * np.arange(1, VOCABULARY.size + 1))
    return logits.astype(np.float32), np.cos(state + np.arange(WIDTH)).astype(np.float32)


class FakePool:
    """Cache [slots, span] of one number an entry."""

    def __init__(self, slots: int, span: int) -> None:
        self.slots, self.span = slots, span
        self.rows = LanguageRows.empty(slots, WIDTH)
        self.cache = np.full((slots, span), 0.5)
        self.fail_next: Exception | None = None
        self.poison: set[float] = set()

    def _feed(self, slot: int, at: int, token: int, feature: NDArray[Any], is_feature: bool) -> None:
        self.cache[slot, at] = embed(token, feature, is_feature)

    def _raise(self) -> None:
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            raise error

    def decode(self, count: int) -> LanguageOutput:
        self._raise()
        logits, features = np.zeros((count, VOCABULARY.size), np.float32), np.zeros((count, WIDTH), np.float32)
        rows = self.rows
        for slot in range(count):
            at = int(rows.past_length[slot])
            self._feed(slot, at, int(rows.ids[slot]), rows.features[slot], bool(rows.is_feature[slot]))
            logits[slot], features[slot] = predict(self.cache[slot, : at + 1])
            if float(rows.ids[slot]) in self.poison:
                logits[slot] = np.nan
        return LanguageOutput(logits, features)

    def prefill(self, slot: int, chunk: PromptChunk) -> LanguageOutput:
        self._raise()
        for i, token in enumerate(chunk.ids):
            self._feed(slot, chunk.past_length + i, int(token), chunk.features[i], bool(chunk.is_feature[i]))
        logits, feature = predict(self.cache[slot, : chunk.past_length + len(chunk.ids)])
        return LanguageOutput(logits[None], feature[None])

    def copy(self, source: int, first: int, count: int, length: int) -> None:
        self.cache[first : first + count, :length] = self.cache[source, :length]

    def clear(self, slot: int) -> None:
        self.cache[slot] = 0


class FakeDenoiser:
    """Each step adds what the row's inputs say, so that a wrong row or step shows."""

    def __init__(self, rows: int, shape: tuple[int, int, int] = (4, 2, 2)) -> None:
        self.rows = DenoiserRows.empty(rows, shape, (5, WIDTH))
        self.calls: list[tuple[int, int]] = []
        self.fail_next: Exception | None = None
        self.before: Callable[[], None] | None = None

    def put(self, row: int) -> None:
        pass

    def move(self, source: int, target: int) -> None:
        self.rows.move(source, target)

    def latents(self, row: int) -> NDArray[Any]:
        latents: NDArray[Any] = self.rows.latents[row].copy()
        return latents

    def step(self, first: int, count: int) -> None:
        if self.before is not None:
            self.before()
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            raise error
        self.calls.append((first, count))
        rows, part = self.rows, slice(first, first + count)
        push = rows.guidance[part] * rows.features[part].mean((1, 2)) + 0.001 * rows.timestep[part]
        push = push + 0.01 * rows.time_ids[part] @ np.arange(6)
        change = (rows.sigma_next[part] - rows.sigma[part]) * push
        rows.latents[part] = 0.9 * rows.latents[part] + change[:, None, None, None]


def denoisers(rows: int, canvas: Canvas = CANVAS) -> SimpleNamespace:
    """A runtime with a fake of `rows` rows for each size."""
    return SimpleNamespace(pools=[FakeDenoiser(rows, shape) for shape in canvas.shapes])


class Memory:
    """A stream that keeps everything."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.error: WegenError | None = None
        self.ended = threading.Event()
        self.ends = 0
        self.gone = False
        self.broken = False

    def send(self, events: Sequence[Any], *, final: bool) -> None:
        if self.broken:
            raise RuntimeError("the pipe is broken")
        self.events += events
        if final:
            self._end()

    def fail(self, error: WegenError) -> None:
        self.error = error
        self._end()

    def _end(self) -> None:
        self.ends += 1
        self.ended.set()

    def cancelled(self) -> bool:
        return self.gone

    def wait(self) -> Memory:
        assert self.ended.wait(20), "the request never ended"
        return self


class Answers:
    """Answers without a thread: events by ticket number."""

    def __init__(self) -> None:
        self.events: dict[int, list[Any]] = {}
        self.errors: dict[int, WegenError] = {}
        self.finished: list[int] = []

    def post(self, ticket: Any, event: object) -> None:
        self.events.setdefault(ticket.number, []).append(event)

    def finish(self, ticket: Any) -> None:
        ticket.done = True
        self.finished.append(ticket.number)

    def fail(self, ticket: Any, error: WegenError) -> None:
        self.errors[ticket.number] = error
        self.finish(ticket)


def request(
    ids: Sequence[int],
    *,
    seeds: Sequence[int] = (0,),
    max_tokens: int = 8,
    image: ImageMode = ImageMode.NEVER,
    temperature: float = 0.8,
    top_p: float = 0.9,
    features: NDArray[Any] | None = None,
    positions: Sequence[int] = (),
    guidance: float = 1.0,
) -> GenerationRequest:
    """A request with what a test does not care about filled in."""
    return GenerationRequest(
        ids=np.array(ids, np.int64),
        sampling=tuple(Sampling(seed, top_p, temperature) for seed in seeds),
        max_tokens=max_tokens,
        image=image,
        features=np.zeros((0, WIDTH), np.float32) if features is None else features,
        feature_positions=np.array(positions, np.int64),
        feature_guidance=guidance,
    )


def draw(logits: NDArray[Any], sampling: Sampling, random: np.random.Generator) -> int:
    """The definition of a token, written out."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    scaled = logits.astype(np.float64) / sampling.temperature
    p = np.exp(scaled - scaled.max())
    p /= p.sum()
    order = np.argsort(-p, kind="stable")
    mass = np.cumsum(p[order])
    kept = order[: int(np.argmax(mass >= sampling.top_p)) + 1] if (mass >= sampling.top_p).any() else order
    kept = np.sort(kept)
    cumulated = np.cumsum(p[kept] / p[kept].sum())
    u = random.random()
    return int(kept[np.argmax(cumulated > u)])


def naive(  # noqa: C901
    wish: GenerationRequest,
    index: int,
    offset: int = 0,
    *,
    outputs: Callable[..., Any] | None = None,
    vocabulary: Vocabulary = VOCABULARY,
    width: int = WIDTH,
) -> SimpleNamespace:
    """One candidate, one position after the other, from the definition alone."""
    entries: list[Any] = []
    alone: list[Any] = []
    model = outputs or (lambda rows: predict(np.array([embed(*row) for row in rows])))
    random = np.random.Generator(np.random.Philox(wish.sampling[index].seed))
    at = {int(p): row for p, row in zip(wish.feature_positions, wish.features, strict=True)}
    nothing = np.zeros(width, np.float32)
    for position, token in enumerate(wish.ids):
        entries.append((int(token), at.get(position, nothing), position in at))
    ids: list[int] = []
    sampled = 0
    finish = None
    opened = wish.ids[-1] == vocabulary.image_start
    while not opened and finish is None:
        force = wish.image is ImageMode.FORCE
        if sampled == wish.max_tokens:
            if not force:
                finish = "length"
                break
            token = vocabulary.image_start
        else:
            logits = model(entries)[0].copy()
            logits[vocabulary.image_first : vocabulary.image_first + vocabulary.image_tokens] = -np.inf
            logits[vocabulary.image_end] = -np.inf
            if wish.image is ImageMode.NEVER:
                logits[vocabulary.image_start] = -np.inf
            token = draw(logits, wish.sampling[index], random)
            sampled += 1
            if token == vocabulary.eos and force:
                token = vocabulary.image_start
        if token == vocabulary.eos:
            finish = "stop"
            break
        ids.append(token)
        entries.append((token, nothing, False))
        opened = token == vocabulary.image_start
    features = []
    if opened:
        alone.append((vocabulary.image_start, nothing, False))
        for _ in range(vocabulary.features + offset):
            feature = model(entries)[1]
            if wish.guided:
                other = model(alone)[1]
                feature = other + np.float32(wish.feature_guidance) * (feature - other)
            features.append(feature)
            entries.append((0, feature, True))
            alone.append((0, feature, True))
        ids += vocabulary.image_ids
        finish = "image"
    return SimpleNamespace(ids=ids, features=np.array(features[offset:]), finish=finish)


def answer(events: Sequence[Any], candidate: int) -> SimpleNamespace:
    """What the events of one candidate amount to."""
    mine = [event for event in events if event.candidate == candidate]
    ids = [token for event in mine if isinstance(event, TokensEvent) for token in event.ids]
    features = [event.features for event in mine if isinstance(event, FeaturesEvent)]
    ends = [event for event in mine if isinstance(event, FinishedEvent)]
    assert len(ends) == 1
    assert mine[-1] is ends[0]
    assert ends[0].generated_tokens == len(ids)
    return SimpleNamespace(ids=ids, features=np.array(features[0] if features else []), finish=str(ends[0].reason))


def same(left: SimpleNamespace, right: SimpleNamespace, tolerance: float = 0.0) -> None:
    """Both are the same answer."""
    assert left.ids == right.ids
    assert left.finish == right.finish
    assert left.features.shape == right.features.shape
    np.testing.assert_allclose(left.features, right.features, rtol=0, atol=tolerance)


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """Everything of this file, for tests that cannot import it."""
    return SimpleNamespace(**{name: value for name, value in globals().items() if not name.startswith("_")})


@pytest.fixture
def limits() -> GenerationLimits:
    """Of the fake language model: context 64, 16 slots."""
    return GenerationLimits(VOCABULARY, context=64, slots=16, feature_width=WIDTH)
