"""What one execution of a body did: its events in order, and how it left the streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from seedlint.flow.state import NO_STATE, Spot, State, StreamState
from seedlint.flow.values import Value


def option_of(way: Way) -> str:
    """What a run must be given to go a way, or nothing where an ordinary run may."""
    return next((turn.given for turn in way if turn.given), "")


@dataclass(frozen=True, slots=True)
class Event:
    """A draw, seed, flag, generator or mark, as it was met.

    `stands` is where a finding about it belongs if that is not at the call itself.
    """

    kind: str
    spot: Spot
    callee: str
    stream: str
    state: StreamState
    stands: Spot | None = None
    detail: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Edge:
    """A call into another body.

    `mode` is "" for a plain call, "module" for the construction of a module, "factory" for a function
    that gives one back, "import", or the kind of process that runs it: "spawn", "fork", "thread",
    "fresh" or "worker". `stands` moves the findings below, `made` numbers the module that is constructed, `fills` one
    whose weights are set below.
    """

    spot: Spot
    text: str
    target: Activation
    mode: str = ""
    stands: Spot | None = None
    state: State = NO_STATE
    made: int = 0
    fills: int = 0


class Turn(NamedTuple):
    """One way of a branch, or of a call of one of several; `given` is what a run must be given to take it.

    That is empty where an ordinary run may take it. `ways` counts these, 0 if they are not known, and `option`
    names what leads to the others. On a way that `looks`, nobody sees more of what is drawn than its form.
    """

    place: int | Spot
    number: int
    given: str = ""
    ways: int = 0
    option: str = ""
    looks: bool = False


Way = tuple[Turn, ...]
"""The branches that are taken within one body."""


class Activation:
    """One body analysed with one set of arguments from one state; `record` tells a function's body by its identity.

    `ways` says for each event on which branches of the body it lies. `built` numbers the modules and
    estimators that it constructs, `flags` holds those that it sets. `paused` is how a generator has left the
    streams at its `yield`. Of the parts of the `mode` that it ran in, it depends on those that it `asked` for.
    """

    __slots__ = (
        "asked",
        "body",
        "built",
        "events",
        "flags",
        "imported",
        "mode",
        "out",
        "paused",
        "quiet",
        "record",
        "value",
        "ways",
    )

    def __init__(self, body: str, record: int = 0) -> None:
        self.body = body
        self.record = record
        self.events: list[Event | Edge] = []
        self.ways: list[Way] = []
        self.imported: set[str] = set()
        self.built: set[int] = set()
        self.flags: dict[str, Value] = {}
        self.out: State | None = None
        self.paused: State | None = None
        self.value: Value | None = None
        self.quiet = False
        self.mode: tuple[Any, ...] = ()
        self.asked: frozenset[int] = frozenset()

    def fits(self, mode: tuple[Any, ...]) -> bool:
        """Whether it would be the same in this mode."""
        return self.mode == mode or all(self.mode[part] == mode[part] for part in self.asked)
