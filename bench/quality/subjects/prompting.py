"""The gateway's way from a message to a prompt, without a gateway: its checks, rules, templates and memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bench.quality.picture import Picture, fingerprint
from bench.quality.subjects.message import Message
from bench.quality.subjects.request import request_of
from bench.quality.subjects.subject import Identity
from export.manifest import describe
from export.presets import Preset
from export.reference import ImageMode, Sampling
from export.weights import TOKENIZER_FILE
from services.gateway import seeds, validation
from services.gateway.caption import CaptionReader
from services.gateway.chat_settings import ChatDefaults
from services.gateway.intent import Manner, Plan, planned
from services.gateway.intent import Picture as Wanted
from services.gateway.prompt import Features, Prompt, PromptBuilder, Turn
from services.gateway.settings import GatewaySettings
from services.gateway.templates import merged
from services.gateway.tokenizer import Tokenizer
from services.gateway.wish import ImageRef, Wish
from services.manifest import Manifest

_MODES = {Wanted.NEVER: ImageMode.NEVER, Wanted.ALLOWED: ImageMode.ALLOW, Wanted.FORCED: ImageMode.FORCE}


@dataclass(frozen=True, slots=True)
class History:
    """A conversation so far: turns as the gateway keeps them, and the pictures they name."""

    turns: tuple[Turn, ...] = ()
    pictures: Mapping[str, Picture] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that has passed the gateway's checks: how it is answered, and what its prompt is made of.

    `turns` are those of `history` that fit before it; `history` has the message's own pictures already.
    """

    plan: Plan
    turns: tuple[Turn, ...]
    history: History
    sampling: Sampling
    max_tokens: int

    @property
    def mode(self) -> ImageMode:
        """Whether the answer holds an image."""
        return _MODES[self.plan.picture]

    @property
    def pictures(self) -> dict[str, Picture]:
        """All pictures in the prompt, by name."""
        pieces = [piece for turn in self.turns for piece in turn.pieces] + list(self.plan.draft.pieces)
        return {piece.object: self.history.pictures[piece.object] for piece in pieces if isinstance(piece, ImageRef)}


class Prompting:
    """Reads messages and answers as the gateway would with `settings`."""

    def __init__(self, manifest: Manifest, tokenizer: Tokenizer, settings: GatewaySettings) -> None:
        self._defaults = ChatDefaults.of(settings, manifest)
        self._most_turns = settings.gateway_conversation_turns
        self._tokenizer = tokenizer
        self._prompts = PromptBuilder(tokenizer, context=manifest.language.context, features=manifest.features)

    @classmethod
    def load(cls, preset: Preset, weights: Path, settings: GatewaySettings) -> Self:
        """For the tokenizer in a folder of weights; TokenizerError where it is missing or does not fit."""
        manifest = Manifest.model_validate(describe(preset, weights, {}, weights / TOKENIZER_FILE, {}))
        return cls(manifest, Tokenizer.load(weights, manifest), settings)

    def ready(self, message: Message, identity: Identity) -> Ready:
        """The message checked and planned; InvalidArgumentError as the gateway raises it."""
        history = message.after.memory if message.after else History()
        assert isinstance(history, History), "a reply of another subject"
        shown = {fingerprint(piece): piece for piece in message.content if not isinstance(piece, str)}
        names = [fingerprint(piece) for piece in message.content if not isinstance(piece, str)]
        defaults = self._defaults
        wish = validation.checked(request_of(message, names, identity), defaults.limits, seeds.draw)
        plan = planned(wish, has_picture=bool(history.pictures), rewrite_max_words=defaults.rewrite_max_words)
        max_tokens = 0 if plan.manner is Manner.PAINT else defaults.answer_tokens
        turns = self._prompts.fitting(history.turns, plan.draft, self._reserve(plan, max_tokens))
        history = History(history.turns, {**history.pictures, **shown})
        return Ready(plan, turns, history, self._sampling(wish, plan), max_tokens)

    def build(self, ready: Ready, features: Mapping[str, Features]) -> Prompt:
        """The prompt's ids and features; `features` [64, D] by name of every picture in it."""
        return self._prompts.build(ready.turns, ready.plan.draft, features)

    def words(self, ids: Sequence[int]) -> str:
        """The text of an answer's ids, special tokens left out."""
        reader = self._tokenizer.reader()
        return reader.feed(token for token in ids if token < self._tokenizer.tokens.text_vocab) + reader.end()

    def remembered(self, ready: Ready, words: str, picture: Picture | None) -> History:
        """The conversation after an answer."""
        image = [] if picture is None else [ImageRef(fingerprint(picture))]
        turn = Turn(merged((*ready.plan.draft.pieces, words, *image)))
        made = {} if picture is None else {fingerprint(picture): picture}
        turns = (*ready.history.turns, turn)[-self._most_turns :]
        return History(turns, {**ready.history.pictures, **made})

    def _reserve(self, plan: Plan, max_tokens: int) -> int:
        """Tokens the gateway keeps free for the answer."""
        return max_tokens + (0 if plan.picture is Wanted.NEVER else self._prompts.image_tokens) + 1

    def _sampling(self, wish: Wish, plan: Plan) -> Sampling:
        usual = self._defaults.rewrite_temperature if plan.manner is Manner.REWRITE else 0.0
        return Sampling(
            wish.seed,
            self._defaults.top_p if wish.top_p is None else wish.top_p,
            usual if wish.temperature is None else wish.temperature,
        )


def caption(words: str) -> str:
    """The dense caption in a rewriting answer."""
    reader = CaptionReader()
    reader.feed(words)
    reader.end()
    return reader.text
