"""One pool of cache slots, the sequences in it and the inputs of their next step."""

from __future__ import annotations

from services.engine.arrays import Floats
from services.engine.runtime import LanguageOutput, LanguagePool
from services.engine.sequence import Phase, Sequence
from services.engine.slots import SlotPool


class Lane:
    """All sequences of a lane decode together; lanes take turns."""

    def __init__(self, cache: LanguagePool) -> None:
        self.cache = cache
        self.slots: SlotPool[Sequence] = SlotPool(cache.slots)

    @property
    def decoding(self) -> int:
        """Rows that a decode step advances."""
        return sum(row.phase is not Phase.IDLE for row in self.slots.owners)

    def take(self, row: Sequence) -> None:
        """Put `row` into the next slot, empty."""
        slot = self.slots.take(row)
        self.cache.rows.past_length[slot] = 0
        self.feed_token(row, 0)

    def release(self, row: Sequence) -> None:
        """Free `row`'s slot and fill the hole with the last live one."""
        length = self.slots.owners[-1].length
        move = self.slots.release(row)
        if move is not None:
            self.cache.copy(move.source, move.target, 1, length)
            self.cache.rows.move(move.source, move.target)

    def fork(self, source: Sequence, rows: list[Sequence]) -> None:
        """Copy `source`'s entries to `rows`, which hold the last slots in order."""
        if rows:
            self.cache.copy(source.slot, rows[0].slot, len(rows), source.length)
        for row in rows:
            row.length = source.length
            self.cache.rows.past_length[row.slot] = row.length

    def feed_token(self, row: Sequence, token: int) -> None:
        """`token` is `row`'s next input."""
        self.cache.rows.ids[row.slot] = token
        self.cache.rows.is_feature[row.slot] = False

    def feed_feature(self, row: Sequence, feature: Floats) -> None:
        """`feature` [D] is `row`'s next input."""
        self.cache.rows.features[row.slot] = feature
        self.cache.rows.is_feature[row.slot] = True

    def prefilled(self, row: Sequence, count: int) -> None:
        """`count` more entries of `row` are in the cache."""
        row.length += count
        self.cache.rows.past_length[row.slot] = row.length

    def decode(self) -> LanguageOutput:
        """Advance every live row; idle ones stay where they are."""
        rows, past = self.slots.owners, self.cache.rows.past_length
        output = self.cache.decode(len(rows))
        past[: len(rows)] += 1
        for row in rows:
            if row.phase is Phase.IDLE:
                past[row.slot] -= 1
            else:
                row.length += 1
        return output
