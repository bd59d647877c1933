"""Room for deep recursion: code may be nested deeply, and so may its calls."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

_STACK_BYTES = 512 * 1024 * 1024
_DEEPEST_RECURSION = 100_000
_FRAME_SLOTS = 1 << 19
"""The interpreter keeps frames in chunks of 16 KB, which it maps and unmaps whenever the depth of calls crosses the
end of one. A frame that asks for this many slots gets a chunk of twice the size, in which those of its callees fit."""
_T = TypeVar("_T")


def on_large_stack(work: Callable[[], _T]) -> _T:
    """Run where deep recursion fits, and return or raise what the work does."""
    result: list[Any] = []

    def run() -> None:
        try:
            result.append((_with_room(work), None))
        except BaseException as error:
            result.append((None, error))

    limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
    sys.setrecursionlimit(_DEEPEST_RECURSION)
    try:
        thread = threading.Thread(target=run, name="seedlint-flow", daemon=True)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    value, error = result[0]
    if error is not None:
        raise error
    return value  # type: ignore[no-any-return]


def _with_room(work: Callable[[], _T]) -> _T:
    return work()


_with_room.__code__ = _with_room.__code__.replace(co_stacksize=_FRAME_SLOTS)
