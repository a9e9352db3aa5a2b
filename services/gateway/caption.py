"""Cuts the dense caption out of a rewriting answer while the answer still grows.

The answer's form is ` Here is my detailed description: {dense} Here is the generated image: ` (WeGen's PSR template).
"""

from __future__ import annotations

PREFIX = "Here is my detailed description:"
SUFFIX = "Here is the generated image:"


class CaptionReader:
    """Takes the answer piece by piece and gives the caption's growth; `text` is the caption so far.

    An answer without the template's words is a caption as it is.
    """

    def __init__(self) -> None:
        self.answer = ""
        self._given = 0

    @property
    def text(self) -> str:
        """The caption given so far."""
        return self._caption(ended=False)[: self._given]

    def feed(self, piece: str) -> str:
        """Take the answer's next `piece`, return what can be told of the caption already."""
        self.answer += piece
        return self._grown(ended=False)

    def end(self) -> str:
        """The answer is over: the last of the caption."""
        return self._grown(ended=True)

    def _grown(self, *, ended: bool) -> str:
        caption = self._caption(ended=ended)
        delta = caption[self._given :]
        self._given = len(caption)
        return delta

    def _caption(self, *, ended: bool) -> str:
        answer = self.answer.lstrip()
        if answer.startswith(PREFIX):
            body = answer[len(PREFIX) :].lstrip()
        elif PREFIX.startswith(answer) and not ended:
            return ""
        else:
            body = answer
        caption, found, _ = body.partition(SUFFIX)
        if not found and not ended:
            caption = caption[: len(caption) - _overlap(caption, SUFFIX)]
        # White space before the suffix is not the caption's, so it waits for the next word.
        return caption.rstrip()


def _overlap(text: str, suffix: str) -> int:
    """Characters at the end of `text` that may be the beginning of `suffix`."""
    for length in range(min(len(text), len(suffix)), 0, -1):
        if suffix.startswith(text[-length:]):
            return length
    return 0
