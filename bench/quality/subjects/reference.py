"""The plain PyTorch pipeline as a subject."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from bench.quality.picture import Picture, from_pillow
from bench.quality.subjects.message import Message, Reply
from bench.quality.subjects.prompting import Prompting, Ready, caption
from bench.quality.subjects.subject import Identity
from export.digest import file_digest
from export.reference import Prompt, Reference, Turn
from export.reference.condition import Condition
from export.weights import NETWORKS, weights_file
from services.gateway.intent import Manner
from services.gateway.prompt import Features

_KEPT_FEATURES = 256


class ReferenceSubject:
    """Prompts come from the gateway's own code, so that both subjects are asked in the same words."""

    def __init__(self, reference: Reference, prompting: Prompting, identity: Identity) -> None:
        self._reference, self._prompting, self.identity = reference, prompting, identity
        self._known: OrderedDict[str, Features] = OrderedDict()

    def reply(self, messages: Sequence[Message]) -> list[Reply]:
        """As `Subject.reply`; InvalidArgumentError where the gateway would refuse a message."""
        # Samples of one wish that differ by their noise alone share one answer.
        answered: dict[object, Turn] = {}
        ready = [self._prompting.ready(message, self.identity) for message in messages]
        turns = [self._answer(each, answered) for each in ready]
        pairs = zip(messages, turns, strict=True)
        led = [(turn.features, message.seed) for message, turn in pairs if turn.features is not None]
        painted = iter(self._painted([features for features, _ in led], [seed for _, seed in led]))
        return [
            self._reply(each, turn, None if turn.features is None else next(painted))
            for each, turn in zip(ready, turns, strict=True)
        ]

    def reconstruct(self, pictures: Sequence[Picture], seeds: Sequence[int]) -> list[Picture]:
        """As `Reconstructor.reconstruct`."""
        return self._painted([self._reference.encode(Image.fromarray(picture)) for picture in pictures], seeds)

    def _reply(self, ready: Ready, turn: Turn, picture: Picture | None) -> Reply:
        words = self._prompting.words(turn.ids)
        memory = self._prompting.remembered(ready, words, picture)
        if ready.plan.manner is Manner.REWRITE:
            return Reply(rewrite=caption(words), picture=picture, memory=memory)
        return Reply(words.strip(), picture=picture, memory=memory)

    def _answer(self, ready: Ready, answered: dict[object, Turn]) -> Turn:
        features = {name: self._features(name, picture) for name, picture in ready.pictures.items()}
        built = self._prompting.build(ready, features)
        shown = np.zeros((0, 0), np.float32) if built.features is None else built.features
        sampled = ready.max_tokens > 0 and ready.sampling.temperature > 0
        key = (built.ids, shown.tobytes(), ready.mode, ready.sampling if sampled else None)
        if key not in answered:
            answered[key] = self._reference.chat(
                Prompt(built.ids, torch.from_numpy(shown), built.feature_positions),
                ready.sampling,
                max_tokens=ready.max_tokens,
                image=ready.mode,
            )
        return answered[key]

    def _features(self, name: str, picture: Picture) -> Features:
        """A picture's features, the last used ones remembered."""
        if name not in self._known:
            self._known[name] = np.asarray(self._reference.encode(Image.fromarray(picture)).numpy())
        self._known.move_to_end(name)
        while len(self._known) > _KEPT_FEATURES:
            self._known.popitem(last=False)
        return self._known[name]

    def _painted(self, features: Sequence[Tensor], seeds: Sequence[int]) -> list[Picture]:
        """Pictures of features [64, D], denoised together."""
        if not features:
            return []
        painter, identity = self._reference.painter, self.identity
        condition = Condition.of_features(torch.stack(list(features)))
        *_, latents = painter.follow(condition, seeds, identity.steps, identity.guidance)
        return [from_pillow(painter.decode(each)) for each in latents]


def weights_of(folder: Path) -> Mapping[str, str]:
    """SHA-256 of a folder's networks by file name."""
    paths = [weights_file(folder, network) for network in NETWORKS]
    return {path.name: file_digest(path) for path in paths}
