"""A fixed number of slots whose live ones are always the first ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class SlotOwner(Protocol):
    """Whatever holds a slot; the pool keeps `slot` true, also when it moves the owner."""

    slot: int


OwnerT = TypeVar("OwnerT", bound=SlotOwner)


class SlotError(RuntimeError):
    """A slot was asked for that was never reserved, or given back by who does not own it."""


@dataclass(frozen=True, slots=True)
class Move:
    """The contents of slot `source` now belong in slot `target`."""

    source: int
    target: int


class SlotPool(Generic[OwnerT]):
    """Slots 0..size-1. Live ones are 0..live-1, so a batch is a contiguous range of them.

    A request first reserves all slots it will ever need and then takes them one by one: nobody waits while
    holding a part. Releasing fills the hole with the last live slot and says so in a `Move`.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.owners: list[OwnerT] = []
        self.reserved = 0

    @property
    def live(self) -> int:
        """Slots that hold something."""
        return len(self.owners)

    @property
    def in_use(self) -> int:
        """Slots that are live or promised."""
        return len(self.owners) + self.reserved

    @property
    def free(self) -> int:
        """Slots that may still be reserved."""
        return self.size - self.in_use

    def reserve(self, count: int) -> None:
        """Promise `count` slots; `SlotError` if they are not free."""
        if count > self.free:
            raise SlotError(f"{count} slots are wanted, {self.free} of {self.size} are free")
        self.reserved += count

    def unreserve(self, count: int) -> None:
        """Give promised slots back that were never taken."""
        if not 0 <= count <= self.reserved:
            raise SlotError(f"{count} slots are given back, {self.reserved} are promised")
        self.reserved -= count

    def take(self, owner: OwnerT) -> int:
        """Turn a promised slot into a live one: the first behind the live ones."""
        if not self.reserved:
            raise SlotError("no slot was promised")
        self.reserved -= 1
        owner.slot = len(self.owners)
        self.owners.append(owner)
        return owner.slot

    def replace(self, old: OwnerT, new: OwnerT) -> None:
        """Hand `old`'s slot with its contents to `new`."""
        self._check(old)
        new.slot = old.slot
        self.owners[old.slot] = new
        old.slot = -1

    def release(self, owner: OwnerT) -> Move | None:
        """Free `owner`'s slot; the move to make, if the last live slot fills the hole."""
        self._check(owner)
        hole, owner.slot = owner.slot, -1
        last = self.owners.pop()
        if hole == len(self.owners):
            return None
        self.owners[hole] = last
        last.slot = hole
        return Move(len(self.owners), hole)

    def _check(self, owner: OwnerT) -> None:
        if not 0 <= owner.slot < len(self.owners) or self.owners[owner.slot] is not owner:
            raise SlotError(f"slot {owner.slot} does not belong to {owner!r}")
