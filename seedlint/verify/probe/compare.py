"""Compares what two runs showed at one point."""

from __future__ import annotations

from typing import Any, Dict

from . import streams

DIFFERENT, ALIKE, SAME, UNMOVED, NONE = "different", "alike", "same", "unmoved", "none"
"""The values differ; only the state does; nothing does; the state does, but nothing was drawn; not reached."""

Hit = Dict[str, Any]


def compare(one: list[Hit], other: list[Hit], stream: str | None, kind: str) -> tuple[str, tuple[Hit, Hit] | None]:
    """How the hits of a point compare between two runs, with the first pair that differs."""
    result, pair = _in_order([h for h in one if h["main"]], [h for h in other if h["main"]], stream, kind)
    if result in (DIFFERENT, ALIKE):
        return result, pair
    below, below_pair = _of_children(
        [h for h in one if not h["main"]], [h for h in other if not h["main"]], stream, kind
    )
    return (below, below_pair) if result == NONE or below in (DIFFERENT, ALIKE) else (result, pair)


def _in_order(one: list[Hit], other: list[Hit], stream: str | None, kind: str) -> tuple[str, tuple[Hit, Hit] | None]:
    results = [(judge(mine, theirs, stream, kind), (mine, theirs)) for mine, theirs in zip(one, other)]
    for wanted in (DIFFERENT, ALIKE, UNMOVED):
        for result, pair in results:
            if result == wanted:
                return result, pair
    return (SAME, results[0][1]) if results else (NONE, None)


def judge(mine: Hit, theirs: Hit, stream: str | None, kind: str) -> str:
    """How two hits compare."""
    if kind == "kernel":
        apart = mine["inputs"] == theirs["inputs"] and mine["value"] != theirs["value"]
        return DIFFERENT if apart or "other" in mine else SAME
    if kind == "seed":
        readable = bool(stream) and mine["after"].get(stream) is not None
        differs = mine["after"] != theirs["after"] if readable else mine["value"] != theirs["value"]
        return DIFFERENT if differs else SAME
    if kind == "generator" or not stream or mine["before"].get(stream) is None:
        return DIFFERENT if mine["value"] != theirs["value"] else SAME
    if mine["before"][stream] == theirs["before"][stream] == streams.ABSENT:
        return UNMOVED
    if mine["before"][stream] == theirs["before"][stream]:
        return SAME
    moved = any(hit["before"][stream] != hit["after"].get(stream) for hit in (mine, theirs))
    if not moved:
        return UNMOVED
    return DIFFERENT if mine["value"] != theirs["value"] else ALIKE


def _of_children(one: list[Hit], other: list[Hit], stream: str | None, kind: str) -> tuple[str, tuple[Hit, Hit] | None]:
    """Hits of child processes, whose work is dealt out in no fixed order.

    They are the same if all their hits are the same in some order, or the first of each process are.
    """
    if not one or not other:
        return NONE, None

    mine, theirs = (sorted(hits, key=lambda hit: (shown(hit, stream, kind), hit["n"])) for hits in (one, other))
    if equal_below(mine, theirs, stream, kind):
        return SAME, (mine[0], theirs[0])
    known = {shown(hit, stream, kind) for hit in theirs}
    odd = next((hit for hit in mine if shown(hit, stream, kind) not in known), mine[0])
    known = {shown(hit, stream, kind) for hit in mine}
    return DIFFERENT, (odd, next((hit for hit in theirs if shown(hit, stream, kind) not in known), theirs[0]))


def shown(hit: Hit, stream: str | None, kind: str) -> str:
    """What is compared of a hit: the state that a seed leaves, else the value."""
    state = hit["after"].get(stream) if kind == "seed" and stream else None
    return str(state or hit["value"])


def equal_below(one: list[Hit], other: list[Hit], stream: str | None, kind: str) -> bool:
    """Whether child processes agree: all their hits in some order, or the first of each process."""
    values = [sorted(shown(hit, stream, kind) for hit in hits) for hits in (one, other)]
    firsts = [{shown(hit, stream, kind) for hit in hits if hit["n"] == 1} for hits in (one, other)]
    return values[0] == values[1] or firsts[0] == firsts[1]


def equal(one: list[Hit], other: list[Hit], stream: str | None, kind: str) -> bool:
    """Whether two runs show the same at a point: in order in the main process, in any order below it."""
    if any("other" in hit for hit in [*one, *other]):
        return False
    main = [[shown(hit, stream, kind) for hit in hits if hit["main"]] for hits in (one, other)]
    if any(mine != theirs for mine, theirs in zip(*main)):
        return False
    return equal_below([hit for hit in one if not hit["main"]], [hit for hit in other if not hit["main"]], stream, kind)
