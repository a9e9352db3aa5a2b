"""What the model's outputs mean for a candidate: the next token, the next feature, the end."""

from __future__ import annotations

import numpy as np

from services.engine.arrays import Floats
from services.engine.generation_limits import GenerationLimits
from services.engine.program import Answers
from services.engine.running import Running
from services.engine.sampling import NOT_FINITE, sample
from services.engine.sequence import Candidate, Phase, Sequence
from services.generation import FeaturesEvent, Finish, FinishedEvent, ImageMode, TokensEvent


class CandidateWriter:
    """Writes candidates' text and images, posts their events and feeds their next inputs.

    `ended` are those that are complete, `broken` those whose output was not finite, until the loop has freed their
    slots: that has to wait until no output of the step is read any more.
    """

    def __init__(self, limits: GenerationLimits, answers: Answers, *, feature_offset: int) -> None:
        self.ended: list[Candidate] = []
        self.broken: list[Candidate] = []
        self._vocabulary = limits.vocabulary
        self._width = limits.feature_width
        self._offset = feature_offset
        self._answers = answers

    def draw(self, candidates: list[Candidate], logits: Floats) -> None:
        """Sample from `logits` [candidates, vocab], which it overwrites."""
        self._vocabulary.hide(logits)
        for row, candidate in enumerate(candidates):
            if candidate.owner.ticket.request.image is ImageMode.NEVER:
                logits[row, self._vocabulary.image_start] = -np.inf
        tokens = sample(logits, [candidate.sampler for candidate in candidates])
        for candidate, token in zip(candidates, tokens, strict=True):
            if token == NOT_FINITE:
                self.broken.append(candidate)
            else:
                self._take_token(candidate, token)

    def begin_image(self, candidate: Candidate, *, announce: bool = True) -> None:
        """Feed `<img>`, emitted too if `announce`; with guidance an unconditional sequence starts beside it."""
        running, image_start = candidate.owner, self._vocabulary.image_start
        candidate.phase = Phase.IMAGE
        count = self._vocabulary.features + self._offset
        candidate.features = np.empty((count, self._width), np.float32)
        running.lane.feed_token(candidate, image_start)
        if announce:
            self._emit(candidate, (image_start,))
        if running.ticket.request.guided:
            candidate.shadow = Sequence(running, Phase.SHADOW)
            running.take(candidate.shadow)
            running.lane.feed_token(candidate.shadow, image_start)

    def take_feature(self, candidate: Candidate, predicted: Floats) -> None:
        """The feature predicted for the next image position, from `predicted` [slots, D]."""
        assert candidate.features is not None
        lane, shadow = candidate.owner.lane, candidate.shadow
        feature = predicted[candidate.slot]
        if shadow is not None:
            alone = predicted[shadow.slot]
            feature = alone + np.float32(candidate.owner.ticket.request.feature_guidance) * (feature - alone)
        candidate.features[candidate.taken] = feature
        candidate.taken += 1
        if candidate.taken == len(candidate.features):
            self._finish_image(candidate, candidate.features[self._offset :])
            return
        lane.feed_feature(candidate, feature)
        if shadow is not None:
            lane.feed_feature(shadow, feature)

    def forget(self, running: Running) -> None:
        """Drop `running`'s candidates, whose slots are freed otherwise."""
        self.ended = [each for each in self.ended if each.owner is not running]
        self.broken = [each for each in self.broken if each.owner is not running]

    def _take_token(self, candidate: Candidate, token: int) -> None:
        request = candidate.owner.ticket.request
        forced = request.image is ImageMode.FORCE
        candidate.sampled += 1
        if token == self._vocabulary.eos and not forced:
            self._finish(candidate, Finish.STOP)
        elif token in (self._vocabulary.eos, self._vocabulary.image_start):
            self.begin_image(candidate)
        else:
            self._emit(candidate, (token,))
            if candidate.sampled < request.max_tokens or forced:
                candidate.owner.lane.feed_token(candidate, token)
            if candidate.sampled == request.max_tokens and forced:
                candidate.phase = Phase.CLOSING
            elif candidate.sampled == request.max_tokens:
                self._finish(candidate, Finish.LENGTH)

    def _finish_image(self, candidate: Candidate, features: Floats) -> None:
        if not np.isfinite(features).all():
            self.broken.append(candidate)
            return
        self._answers.post(candidate.owner.ticket, FeaturesEvent(candidate.index, features))
        self._emit(candidate, self._vocabulary.image_ids)
        self._finish(candidate, Finish.IMAGE)

    def _emit(self, candidate: Candidate, ids: tuple[int, ...]) -> None:
        candidate.generated += len(ids)
        self._answers.post(candidate.owner.ticket, TokensEvent(candidate.index, ids))

    def _finish(self, candidate: Candidate, finish: Finish) -> None:
        ticket = candidate.owner.ticket
        event = FinishedEvent(candidate.index, finish, len(ticket.request.ids), candidate.generated)
        self._answers.post(ticket, event)
        self.ended.append(candidate)
