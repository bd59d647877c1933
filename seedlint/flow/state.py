"""What a stream's state is at one moment, and how states join."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from seedlint.flow.hashed import Hashed
from seedlint.index.summary import Position

UNSEEDED = "unseeded"
SEEDED = "seeded"
MAYBE = "maybe"
ENTROPY = "entropy"


class Spot(NamedTuple):
    """A span in one of the project's modules."""

    module: str
    pos: Position


@dataclass(frozen=True, slots=True)
class StreamState:
    """The state of one stream: `seed` is where it was seeded, `condition` where it was decided."""

    kind: str
    seed: Spot | None = None
    condition: Spot | None = None
    option: str = ""


FRESH = StreamState(UNSEEDED)

State = Hashed[StreamState]
"""One entry for each stream, in the order of the machine's stream names."""
NO_STATE = State()


def join_stream(usual: StreamState, other: StreamState, condition: Spot, biased: bool, option: str) -> StreamState:
    """Join the states after two branches; with `biased`, `usual` is what an ordinary run does."""
    if usual == other:
        return usual
    if usual.kind == SEEDED and (biased or other.kind == SEEDED):
        return usual
    kinds = {usual.kind, other.kind}
    if ENTROPY in kinds and kinds <= {ENTROPY, SEEDED, MAYBE}:
        return usual if usual.kind == ENTROPY else other
    if MAYBE in kinds:
        return usual if usual.kind == MAYBE else other
    if SEEDED in kinds:
        seeded = usual if usual.kind == SEEDED else other
        return StreamState(MAYBE, seeded.seed, condition, option)
    if biased:
        return usual
    return usual if usual.kind == UNSEEDED else other


def join_states(usual: State, other: State, condition: Spot, biased: bool = False, option: str = "") -> State:
    """Join stream by stream."""
    if usual is other or usual == other:
        return usual
    return State([join_stream(a, b, condition, biased, option) for a, b in zip(usual, other, strict=True)])


def replace(state: State, changes: Iterable[tuple[int, StreamState]]) -> State:
    """The state with some streams changed."""
    out = list(state)
    for index, stream in changes:
        out[index] = stream
    return State(out)
