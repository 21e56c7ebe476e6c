"""Chance without a sequence: every draw is a hash of what it is about; no order of arrival and no crash changes it."""

import math
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, TypeVar

T = TypeVar("T")
GOLDEN: Final = (math.sqrt(5) - 1) / 2


def fraction(*about: object) -> float:
    """A number in [0, 1), the same for the same `about`."""
    digest = blake2b("/".join(map(str, about)).encode(), digest_size=7).digest()
    return int.from_bytes(digest) / (1 << 56)


def whole(low: int, high: int, *about: object) -> int:
    """A whole number from `low` to `high`, both inclusive."""
    return low + int(fraction(*about) * (high - low + 1))


def pick(choices: Sequence[T], *about: object) -> T:
    return choices[int(fraction(*about) * len(choices))]


def weighted(choices: Sequence[tuple[T, float]], at: float) -> T:
    """The choice at `at` in [0, 1) when each takes room by its weight."""
    left = at * sum(weight for _, weight in choices)
    for choice, weight in choices:
        left -= weight
        if left < 0:
            return choice
    return choices[-1][0]


def spread(seed: int, number: int, about: str) -> float:
    """A low-discrepancy draw: shares among consecutive numbers are met closely even in a small city."""
    return (fraction(seed, about) + number * GOLDEN) % 1.0
