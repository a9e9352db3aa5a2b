"""Text to token ids and back, by the sentencepiece model that the manifest names."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from services.manifest import Manifest, ManifestError, TokenSpec

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_SPACE = "\u2581"


class Tokenizer:
    """Encodes text and reads generated ids. Thread-safe: the model is read-only."""

    def __init__(self, model: bytes, tokens: TokenSpec) -> None:
        self.tokens = tokens
        self._model = SentencePieceProcessor(model_proto=model)

    @classmethod
    def load(cls, folder: Path, manifest: Manifest) -> Tokenizer:
        """The tokenizer of the model repository in `folder`.

        Raises:
            ManifestError: the file is missing, or not the one the manifest was written with.
        """
        path = folder / manifest.tokenizer.file
        if not path.is_file():
            raise ManifestError(f"{path} does not exist: run `python -m export build` again")
        model = path.read_bytes()
        if hashlib.sha256(model).hexdigest() != manifest.tokenizer.sha256:
            raise ManifestError(f"{path} is not the tokenizer of this manifest: run `python -m export build` again")
        return cls(model, manifest.tokens)

    def encode(self, text: str) -> tuple[int, ...]:
        """Ids of one stretch of text between special tokens, encoded as a whole as in training; no BOS, no EOS."""
        return tuple(self._model.encode(text)) if text else ()

    def piece(self, token: int) -> bytes:
        """The UTF-8 bytes `token` stands for; none for special and control tokens."""
        if token >= self.tokens.text_vocab or token < 0 or self._model.is_control(token):
            return b""
        if self._model.is_unknown(token):
            return "\ufffd".encode()
        text: str = self._model.id_to_piece(token)
        byte = _BYTE.fullmatch(text)
        return bytes([int(byte[1], 16)]) if byte else text.replace(_SPACE, " ").encode()

    def reader(self) -> TextReader:
        """A reader for one stretch of generated text."""
        return TextReader(self)


class TextReader:
    """Turns ids into text as they arrive; a character split over tokens comes out when it is whole.

    The pieces joined are the text of all ids, whatever the chunks were.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, ids: Iterable[int]) -> str:
        """Text that `ids` complete."""
        return self._decoder.decode(b"".join(self._tokenizer.piece(token) for token in ids))

    def end(self) -> str:
        """What an unfinished character leaves: the replacement character, or nothing."""
        return self._decoder.decode(b"", final=True)
