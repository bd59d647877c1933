"""What ways through a branch write to objects, modules and classes: none sees another's, and what follows sees all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from seedlint.flow.heap import Cell, Clock
from seedlint.flow.values import Class, Const, Entropy, Option, Scope, Value, any_of

Holder = Cell | Scope | Class
"""What holds values by name, key or index for others to read."""
Place = tuple[int, Any]
"""A holder, by its identity, and a key in it."""


@dataclass(slots=True)
class Change:
    """What reading a place gave before some statements, None if nothing, and what it holds after them.

    `derived` says that the place itself held nothing then: the value came from a class, or is an option's.
    """

    holder: Holder
    key: Any
    old: Value | None
    derived: bool
    new: Value


Changes = dict[Place, Change]


class Writes:
    """The writes of a run that replace a value, in order, as far as they lie on a way of some branch."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._log: list[tuple[Holder, Any, Value | None, bool]] = []
        self.current = 0

    def begin(self) -> None:
        """Start a run."""
        self._log.clear()
        self.current = 0

    def mark(self) -> int:
        """This moment."""
        return len(self._log)

    def matter(self, holder: Holder) -> bool:
        """Whether a write may have to be taken back: what was made on this way is nobody else's."""
        return self.current > (holder.born if isinstance(holder, Cell) else 0)

    def note(self, holder: Holder, key: Any, old: Value | None, derived: bool = False) -> None:
        """Note that a place is about to be written."""
        self._log.append((holder, key, old, derived))

    def since(self, mark: int) -> Changes:
        """What has changed since a moment."""
        out: Changes = {}
        for holder, key, old, derived in self._log[mark:]:
            place = (id(holder), key)
            new = _table(holder).get(key)
            if place not in out and new is not None:
                out[place] = Change(holder, key, old, derived, new)
        return out

    def take_back(self, mark: int, stays: Callable[[Change], bool] = lambda change: False) -> Changes:
        """What has changed since a moment, but for what stays; places hold what they held then.

        What nothing was held before stays too: the same call on another way is taken over without its writes.
        """
        if len(self._log) == mark:
            return {}
        changes = {place: change for place, change in self.since(mark).items() if not stays(change)}
        del self._log[mark:]
        for change in changes.values():
            if change.derived:
                _put(change, None)
            elif change.old is not None:
                _put(change, change.old)
        return changes

    def forget(self, mark: int) -> None:
        """Let all that has changed since a moment be there to stay."""
        del self._log[mark:]

    def join(self, ways: list[Changes], rare: Iterable[Changes] = ()) -> None:
        """Let places hold what any of several ways leaves there, all of which have been taken back.

        What rare ways leave to chance, or set to a literal, only counts where no other way leaves anything.
        """
        rare = list(rare)
        if not any(ways) and not any(rare):
            return
        first = {place: change for way in reversed([*ways, *rare]) for place, change in way.items()}
        for place, change in first.items():
            left = [way[place].new if place in way else change.old for way in ways]
            known = [value for value in left if value is not None]
            others = [way[place].new for way in rare if place in way]
            known += [value for value in others if not (known and isinstance(value, (Entropy, Const)))]
            held = _table(change.holder).get(change.key)
            if change.old is None and held is not None and not isinstance(held, Const):
                known.append(held)
            self.note(change.holder, change.key, change.old, change.derived)
            _put(change, any_of(known))

    def diverge(self) -> None:
        """From here on the run is on a way that others have left, as after a branch that may return."""
        self._clock.way += 1
        self.current = self._clock.way

    def apart(self) -> AbstractContextManager[None]:
        """Run statements after which the run is again on the way that it is on now."""
        return _Apart(self)


class _Apart:
    """Leads a run back to the way that it was on."""

    __slots__ = ("_way", "_writes")

    def __init__(self, writes: Writes) -> None:
        self._writes = writes

    def __enter__(self) -> None:
        self._way = self._writes.current

    def __exit__(self, *_: object) -> None:
        self._writes.current = self._way


class Fork:
    """Several ways from one point, taken one after the other.

    What they write to places in `shared` they see of each other, nor is it joined: tests narrow these, and
    the caller joins variables itself.
    """

    def __init__(self, writes: Writes, scope: Scope, shared: Collection[tuple[Cell, Any]] = ()) -> None:
        self._writes = writes
        self._scope = scope
        self._before = {(id(cell), key): (cell, key, cell.get(key)) for cell, key in shared}
        self._new: set[Place] = set()
        self._last: Changes = {}
        self._mark = self._outer = 0
        self._usual: list[Changes] = []
        self._rare: list[Changes] = []

    def way(self) -> AbstractContextManager[None]:
        """Run one way."""
        return self

    def __enter__(self) -> None:
        self._mark, self._outer = self._writes.mark(), self._writes.current
        self._writes.diverge()

    def __exit__(self, *failed: object) -> None:
        self._writes.current = self._outer
        if failed[0] is None:
            self._leave()

    def _leave(self) -> None:
        self._last = self._writes.take_back(self._mark, self._shared)
        for place, change in self._last.items():
            if place in self._new:
                change.old = None
            elif change.old is None:
                self._new.add(place)

    def _shared(self, change: Change) -> bool:
        return change.holder is self._scope or (id(change.holder), change.key) in self._before

    def goes_on(self, rare: bool = False) -> None:
        """Count the way that was run last among those that lead on; with `rare`, ordinary runs do not take it."""
        (self._rare if rare else self._usual).append(self._last)

    def passes(self, rare: bool) -> None:
        """Count a way on which nothing is run."""
        (self._rare if rare else self._usual).append({})

    def join(self) -> None:
        """Leave what any way leaves that leads on, ordinary ones first."""
        self._writes.join(self._usual or self._rare, self._rare if self._usual else ())
        for cell, key, old in self._before.values():
            if cell.get(key) is not old:
                self._writes.note(cell, key, old)


def replaces(old: Value) -> bool:
    """Whether a later value takes the place of an earlier one, and is not joined with it."""
    return isinstance(old, (Const, Option))


def _table(holder: Holder) -> dict[Any, Value]:
    if isinstance(holder, Cell):
        return holder
    return holder.variables if isinstance(holder, Scope) else holder.attributes


def _put(change: Change, value: Value | None) -> None:
    """Let a place hold a value, or nothing; the clock has counted the change when it was written."""
    table = _table(change.holder)
    if value is None:
        dict.pop(table, change.key, None)
    else:
        dict.__setitem__(table, change.key, value)
