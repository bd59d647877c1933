"""The cells of objects, which tell a clock when what they hold changes."""

from __future__ import annotations

from typing import Any

from seedlint.flow.values import Container, ExternalObject, Object, Value

WITH_CELLS: frozenset[type] = frozenset({Container, Object, ExternalObject})
"""The values whose `id` names a cell."""


class Clock:
    """Counts the changes to all that one statement leaves to others, apart from variables and streams."""

    __slots__ = ("now", "way")

    def __init__(self) -> None:
        self.now = 0
        self.way = 0
        """How many ways through branches have been begun."""


class Cell(dict[Any, Value]):
    """What one object holds, by attribute, key or index; of the ways to change a dictionary, those that are used."""

    __slots__ = ("born", "clock")

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.born = clock.way

    def __setitem__(self, key: Any, value: Value) -> None:
        old = self.get(key)
        if old is not value and old != value:
            self.clock.now += 1
        super().__setitem__(key, value)

    def setdefault(self, key: Any, default: Value) -> Value:
        """Store a value where there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, other: Any) -> None:  # type: ignore[override]
        """Store what another dictionary, or pairs, hold."""
        for key, value in dict(other).items():
            self[key] = value

    def pop(self, key: Any, default: Any = None) -> Any:
        """Take a value out, if there is one."""
        if key in self:
            self.clock.now += 1
        return super().pop(key, default)

    def assume(self, key: Any, value: Value | None) -> None:
        """Hold a value, or none, for the length of a branch: this does not count as a change."""
        if value is None:
            super().pop(key, None)
        else:
            super().__setitem__(key, value)
