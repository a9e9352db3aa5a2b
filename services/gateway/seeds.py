"""Seeds of one request: a candidate's seed rules its sampling and its picture's noise."""

from __future__ import annotations

import hashlib
import secrets

from services.gateway.limits import MAX_SEED


def draw() -> int:
    """A fresh request seed, 0 to 2^63 - 1."""
    return secrets.randbits(63)


def derived(seed: int, index: int) -> int:
    """The seed of candidate `index` of a request with `seed`, stable over releases.

    Candidate 0 has the request's own seed, so that asking again with n = 1 and a picture's seed gives that picture;
    candidate i > 0 has the first 63 bits of SHA-256("wegen.v1/candidate/{seed}/{i}").
    """
    if index == 0:
        return seed
    digest = hashlib.sha256(f"wegen.v1/candidate/{seed}/{index}".encode()).digest()
    return int.from_bytes(digest[:8], "big") & MAX_SEED
