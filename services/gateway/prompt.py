"""Interleaved prompts as the generator takes them: ids, and features at the places where pictures stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.errors import InvalidArgumentError
from services.gateway.location import Location
from services.gateway.templates import Draft, Piece, Pieces
from services.gateway.tokenizer import Tokenizer
from services.gateway.wish import ImageRef

Features = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Turn:
    """An exchange that is over: question and answer as the model saw them, `<s>` and `</s>` left out."""

    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Prompt:
    """ids [T]; features [R, D] stand at `feature_positions` (indices into ids), None without pictures."""

    ids: tuple[int, ...]
    features: Features | None
    feature_positions: tuple[int, ...]


class PromptBuilder:
    """Builds prompts for a model with `context` tokens and `features` positions per picture."""

    def __init__(self, tokenizer: Tokenizer, *, context: int, features: int) -> None:
        self._tokenizer = tokenizer
        self._tokens = tokenizer.tokens
        self._context = context
        self._features = features

    @property
    def image_tokens(self) -> int:
        """Tokens one picture takes: `<img>`, its features, `</img>`."""
        return self._features + 2

    def fitting(self, history: Sequence[Turn], draft: Draft, reserve: int) -> tuple[Turn, ...]:
        """The newest turns of `history` that fit before `draft` with `reserve` tokens kept for the answer.

        Raises:
            InvalidArgumentError: `draft` alone does not fit; names both numbers.
        """
        needed, room = self._draft_tokens(draft), self._context - reserve
        if needed > room:
            raise InvalidArgumentError(
                "content",
                f"the message is {needed} tokens long, at most {room} fit "
                f"(context {self._context}, {reserve} kept for the answer)",
                reason="PROMPT_TOO_LONG",
            )
        kept: list[Turn] = []
        for turn in reversed(history):
            needed += self._count(turn.pieces) + 2
            if needed > room:
                break
            kept.append(turn)
        return tuple(reversed(kept))

    def build(self, history: Sequence[Turn], draft: Draft, features: Mapping[str, Features]) -> Prompt:
        """The prompt of `draft` after `history`; `features` holds [64, D] for every picture named in either."""
        assembly = _Assembly(self._tokenizer, self._features, features)
        for turn in history:
            assembly.add([self._tokens.bos])
            assembly.add_pieces(turn.pieces)
            assembly.add([self._tokens.eos])
        assembly.add([self._tokens.bos])
        assembly.add_pieces(draft.pieces)
        if draft.opens_image:
            assembly.add([self._tokens.image_start])
        return assembly.prompt()

    def _draft_tokens(self, draft: Draft) -> int:
        return 1 + self._count(draft.pieces) + int(draft.opens_image)

    def _count(self, pieces: Pieces) -> int:
        return sum(map(self._tokens_of, pieces))

    def _tokens_of(self, piece: Piece) -> int:
        match piece:
            case ImageRef():
                return self.image_tokens
            case Location():
                return len(piece.cells)
            case _:
                return len(self._tokenizer.encode(piece))


class _Assembly:
    def __init__(self, tokenizer: Tokenizer, count: int, features: Mapping[str, Features]) -> None:
        self._tokenizer, self._count, self._known = tokenizer, count, features
        self._ids: list[int] = []
        self._positions: list[int] = []
        self._blocks: list[Features] = []

    def add(self, ids: Sequence[int]) -> None:
        self._ids.extend(ids)

    def add_pieces(self, pieces: Pieces) -> None:
        for piece in pieces:
            match piece:
                case ImageRef():
                    self._add_image(self._known[piece.object])
                case Location():
                    self.add([self._tokenizer.tokens.location_first + cell for cell in piece.cells])
                case _:
                    self.add(self._tokenizer.encode(piece))

    def _add_image(self, features: Features) -> None:
        tokens = self._tokenizer.tokens
        first = len(self._ids) + 1
        self.add([tokens.image_start, *range(tokens.image_first, tokens.image_first + self._count), tokens.image_end])
        self._positions.extend(range(first, first + self._count))
        self._blocks.append(features)

    def prompt(self) -> Prompt:
        features = np.concatenate(self._blocks).astype(np.float32, copy=False) if self._blocks else None
        return Prompt(tuple(self._ids), features, tuple(self._positions))
