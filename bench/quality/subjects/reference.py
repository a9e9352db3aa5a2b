"""The plain PyTorch pipeline as a subject."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from bench.quality.picture import Picture, from_pillow
from bench.quality.subjects.strategy import GREEDY, Strategy
from bench.quality.subjects.subject import Content, Identity, Painted
from export.digest import file_digest
from export.reference import ImageMode, Prompt, Reference, Sampling, Turn
from export.weights import NETWORKS, weights_file
from services.errors import FailedPreconditionError
from services.gateway.templates import Draft, chatting, painting, rewriting
from services.gateway.wish import ImageRef

_LONGEST = 128


class ReferenceSubject:
    """Prompts come from the gateway's own templates, so that both subjects are asked in the same words."""

    def __init__(self, reference: Reference, identity: Identity) -> None:
        self._reference, self.identity = reference, identity

    def paint(self, wish: str, strategy: Strategy, seed: int) -> Painted:
        """As `Subject.paint`."""
        draft = rewriting(wish) if strategy.rewrite else painting(wish)
        sampling = Sampling(seed, strategy.top_p, strategy.temperature)
        turn = self._turn(draft, (), sampling, ImageMode.FORCE)
        rewrite = self._reference.text(turn).strip() if strategy.rewrite else ""
        return Painted(self._picture(turn, seed), rewrite)

    def compose(self, content: Content, seed: int) -> Picture:
        """As `Subject.compose`."""
        return self._picture(self._chat(content, ImageMode.FORCE), seed)

    def answer(self, content: Content) -> str:
        """As `Subject.answer`."""
        return self._reference.text(self._chat(content, ImageMode.NEVER)).strip()

    def reconstruct(self, picture: Picture, seed: int) -> Picture:
        """As `Reconstructor.reconstruct`."""
        features = self._reference.encode(Image.fromarray(picture))
        return from_pillow(self._reference.paint(features, seed, self.identity.steps, self.identity.guidance))

    def _chat(self, content: Content, image: ImageMode) -> Turn:
        pictures = [piece for piece in content if not isinstance(piece, str)]
        numbers = iter(range(len(pictures)))
        words = tuple(piece if isinstance(piece, str) else ImageRef(str(next(numbers))) for piece in content)
        return self._turn(chatting(words), pictures, Sampling(temperature=GREEDY), image)

    def _turn(self, draft: Draft, pictures: Sequence[Picture], sampling: Sampling, image: ImageMode) -> Turn:
        prompt = self._prompt(draft, pictures)
        room = self._reference.preset.context - len(prompt.ids) - self._reference.preset.features - 2
        if room < 0:
            limit = self._reference.preset.context
            raise FailedPreconditionError(f"prompt: {len(prompt.ids)} tokens leave no room in a context of {limit}")
        return self._reference.chat(prompt, sampling, max_tokens=min(_LONGEST, room), image=image)

    def _prompt(self, draft: Draft, pictures: Sequence[Picture]) -> Prompt:
        parts = [
            piece if isinstance(piece, str) else self._reference.encode(Image.fromarray(pictures[int(piece.object)]))
            for piece in draft.pieces
        ]
        return self._reference.prompt(*parts, *(["<img>"] if draft.opens_image else []))

    def _picture(self, turn: Turn, seed: int) -> Picture:
        assert turn.features is not None
        return from_pillow(self._reference.paint(turn.features, seed, self.identity.steps, self.identity.guidance))


def weights_of(folder: Path) -> dict[str, str]:
    """SHA-256 of a folder's networks by file name."""
    paths = [weights_file(folder, network) for network in NETWORKS]
    return {path.name: file_digest(path) for path in paths}
