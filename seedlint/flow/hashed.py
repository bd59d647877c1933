"""Tuples that are looked up again and again."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


class Hashed(tuple[T, ...]):
    """A tuple that computes its hash once, however deep its items are."""

    _hash: int

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            self._hash = super().__hash__()
            return self._hash
