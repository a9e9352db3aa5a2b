"""The slot pool never gives a slot to two owners, never loses one, and keeps the live ones first."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.engine.slots import SlotError, SlotPool

SIZE = 6


class Owner:
    def __init__(self, name: int) -> None:
        self.name = name
        self.slot = -1


class Slots(RuleBasedStateMachine):
    """Contents follow their owners wherever the pool moves them."""

    def __init__(self) -> None:
        super().__init__()
        self.pool: SlotPool[Owner] = SlotPool(SIZE)
        self.live: list[Owner] = []
        self.contents = [-1] * SIZE
        self.promised = 0
        self.made = 0

    @rule(count=st.integers(0, SIZE + 1))
    def reserve(self, count: int) -> None:
        if count > SIZE - len(self.live) - self.promised:
            with pytest.raises(SlotError):
                self.pool.reserve(count)
        else:
            self.pool.reserve(count)
            self.promised += count

    @rule(count=st.integers(0, SIZE))
    def unreserve(self, count: int) -> None:
        if count > self.promised:
            with pytest.raises(SlotError):
                self.pool.unreserve(count)
        else:
            self.pool.unreserve(count)
            self.promised -= count

    @rule()
    def take(self) -> None:
        owner = Owner(self.made)
        if not self.promised:
            with pytest.raises(SlotError):
                self.pool.take(owner)
            return
        self.contents[self.pool.take(owner)] = owner.name
        self.made += 1
        self.promised -= 1
        self.live.append(owner)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        owner = data.draw(st.sampled_from(self.live))
        move = self.pool.release(owner)
        self.live.remove(owner)
        if move is not None:
            self.contents[move.target] = self.contents[move.source]
        with pytest.raises(SlotError):
            self.pool.release(owner)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def replace(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(self.live))
        new = Owner(old.name)
        self.pool.replace(old, new)
        self.live[self.live.index(old)] = new

    @invariant()
    def everybody_has_one_slot_of_the_first(self) -> None:
        assert sorted(owner.slot for owner in self.live) == list(range(len(self.live)))
        assert all(self.pool.owners[owner.slot] is owner for owner in self.live)
        assert all(self.contents[owner.slot] == owner.name for owner in self.live)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.pool.in_use == len(self.live) + self.promised
        assert self.pool.free + self.pool.in_use == SIZE
        assert self.pool.live == len(self.live)


TestSlots = Slots.TestCase
