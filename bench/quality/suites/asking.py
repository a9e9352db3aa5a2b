"""Asking a subject for many replies, with progress."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tqdm import tqdm

from bench.quality.picture import Picture
from bench.quality.subjects.message import Message, Reply, picture_in
from bench.quality.subjects.subject import Subject

# Enough for the denoiser to be as fast as it gets on two cores, few enough that the first replies come soon.
TOGETHER: Final = 8


def replies(subject: Subject, messages: Sequence[Message], what: str) -> Iterator[Reply]:
    """The reply to each message, asked for a few at a time; `what` names the bar."""
    with tqdm(total=len(messages), desc=what, unit="reply") as bar:
        for start in range(0, len(messages), TOGETHER):
            found = subject.reply(messages[start : start + TOGETHER])
            bar.update(len(found))
            yield from found


def pictures(subject: Subject, messages: Sequence[Message], what: str) -> Iterator[Picture]:
    """The picture in each reply; InternalError where one holds none."""
    for message, reply in zip(messages, replies(subject, messages, what), strict=True):
        yield picture_in(reply, message)
