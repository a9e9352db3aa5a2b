"""One rewrite while it grows."""

from __future__ import annotations

from dataclasses import dataclass

from services.gateway.caption import CaptionReader
from services.gateway.prompt import Features
from services.gateway.timing import TokenClock
from services.gateway.tokenizer import TextReader
from services.protos.wegen.v1 import chat_pb2


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A rewrite that becomes an image: `slot` is the image's number, `answer` the model's words up to `<img>`."""

    candidate: int
    slot: int
    seed: int
    answer: str
    features: Features


class Candidate:
    """Candidate `number` for image `slot`; reads its tokens until the image begins or the answer ends."""

    def __init__(self, number: int, slot: int, seed: int, reader: TextReader, clock: TokenClock) -> None:
        self.number, self.slot, self.seed = number, slot, seed
        self.outcome: chat_pb2.RewriteOutcome.ValueType = chat_pb2.REWRITE_OUTCOME_UNSPECIFIED
        self.tokens = 0
        self.finished = False
        self.clock = clock
        self._reader = reader
        self._caption = CaptionReader()

    @property
    def caption(self) -> str:
        """The dense caption so far."""
        return self._caption.text

    @property
    def answer(self) -> str:
        """The model's words so far, the template's among them."""
        return self._caption.answer

    @property
    def decided(self) -> bool:
        """Whether the caption has ended and been judged."""
        return self.outcome != chat_pb2.REWRITE_OUTCOME_UNSPECIFIED

    @property
    def dropped(self) -> bool:
        """Whether no image is made of it."""
        return self.outcome in {chat_pb2.REWRITE_OUTCOME_DUPLICATE, chat_pb2.REWRITE_OUTCOME_INCOMPLETE}

    def feed(self, ids: tuple[int, ...]) -> str:
        """Take text tokens, return how much the caption grew."""
        self.clock.tokens(len(ids))
        return self._caption.feed(self._reader.feed(ids))

    def end(self) -> str:
        """The text is over: the last of the caption."""
        return self._caption.feed(self._reader.end()) + self._caption.end()
