"""Text with special tokens to ids and back: sentencepiece, and the 330 specials behind its vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from export.presets.preset import special_tokens


class TokenizerError(ValueError):
    """A tokenizer file is missing or does not fit the preset."""


class Tokenizer:
    """Ids 0..text_vocab-1 are sentencepiece's own, the specials follow in `special_tokens()`'s order."""

    def __init__(self, processor: SentencePieceProcessor, specials: Sequence[str]) -> None:
        self._processor = processor
        self.text_vocab: int = processor.get_piece_size()
        self.specials = tuple(specials)
        self._ids = {token: self.text_vocab + i for i, token in enumerate(self.specials)}
        longest_first = sorted(self.specials, key=len, reverse=True)
        self._pattern = re.compile("(" + "|".join(re.escape(token) for token in longest_first) + ")")

    @classmethod
    def load(cls, path: Path, text_vocab: int | None = None) -> Tokenizer:
        """Read a tokenizer.model; `text_vocab` is what the preset expects."""
        if not path.is_file():
            raise TokenizerError(f"{path} does not exist")
        tokenizer = cls(SentencePieceProcessor(model_file=str(path)), special_tokens())
        if text_vocab is not None and tokenizer.text_vocab != text_vocab:
            raise TokenizerError(f"{path} has {tokenizer.text_vocab} pieces, the preset wants {text_vocab}")
        return tokenizer

    @property
    def bos(self) -> int:
        """Begins every sequence."""
        return int(self._processor.bos_id())

    @property
    def eos(self) -> int:
        """Ends an answer."""
        return int(self._processor.eos_id())

    def id_of(self, special: str) -> int:
        """The id of a special token, such as `<img>`; KeyError for other text."""
        return self._ids[special]

    def encode(self, text: str, *, bos: bool = False) -> list[int]:
        """Ids of `text`; each stretch between special tokens is encoded on its own, as sentencepiece does it."""
        ids = [self.bos] if bos else []
        for part in self._pattern.split(text):
            if part in self._ids:
                ids.append(self._ids[part])
            elif part:
                ids += self._processor.encode(part)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Text of `ids`, special tokens by name; control tokens (BOS, EOS) leave nothing."""
        text, run = [], []
        for token in ids:
            if token < self.text_vocab:
                run.append(int(token))
                continue
            text += [self._processor.decode(run), self.specials[token - self.text_vocab]]
            run = []
        return "".join([*text, self._processor.decode(run)])
