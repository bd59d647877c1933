"""What a test says of variables and of cells of the heap, where it holds and where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from seedlint.flow import evaluate
from seedlint.flow.heap import Cell
from seedlint.flow.machine import Machine
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Alternatives,
    Const,
    Container,
    ExternalObject,
    Object,
    Option,
    Value,
    alternatives,
    any_of,
    join,
    truth,
)
from seedlint.index.summary import Expression

_EQUAL = ("is", "is not", "==", "!=")
_ORDER = ("<", "<=", ">", ">=")


def narrowed(m: Machine, test: Expression) -> tuple[Narrowing, Narrowing]:
    """What a test says in its two branches of the variable or attribute that it asks about."""
    yes, no = Narrowing(), Narrowing()
    if test is None:
        return yes, no
    if test[0] == "not":
        yes, no = narrowed(m, test[1])
        return no, yes
    if test[0] == "and":
        for part in test[1]:
            yes.also(narrowed(m, part)[0])
        return yes, no
    asked: Any = test
    given = NONE
    if test[0] == "cmp" and test[1] in ("in", "not in"):
        _among(m, test, (yes, no) if test[1] == "in" else (no, yes))
        return yes, no
    if test[0] == "cmp":
        if test[1] not in _EQUAL + _ORDER or test[3] is None or test[3][0] != "const":
            return yes, no
        asked, given = test[2], Const(test[3][1])
    if asked is not None and asked[0] == "walrus":
        asked = ("name", asked[1])
    if asked is None or asked[0] not in ("name", "attr", "index"):
        return yes, no
    value = evaluate.evaluate(m, asked)
    if given != NONE or (test[0] == "cmp" and test[1] in _ORDER):
        _compared(m, asked, value, test[1], given, (yes, no))
        return yes, no
    some = _given(value)
    if some is None:
        return yes, no
    negative = test[0] == "cmp" and test[1] in ("is", "==")
    (no if negative else yes).say(m, asked, some)
    if test[0] == "cmp":
        (yes if negative else no).say(m, asked, NONE)
    return yes, no


def _compared(
    m: Machine, asked: Expression, value: Value, operator: str, given: Const, ways: tuple[Narrowing, Narrowing]
) -> None:
    """What a comparison says: which of all that a value may be, and whether an option is what stands for none.

    That is a number that the option is compared with, or any negative one.
    """
    if not isinstance(value, Option) or not isinstance(value.default, Const):
        if operator in _EQUAL:
            _one_of(m, asked, value, (given,), ways if operator in ("is", "==") else ways[::-1])
        return
    default = value.default
    stands = default == given if operator in _EQUAL else _negative(default)
    answer = truth(evaluate.compare(operator, default, given))[0] if stands else None
    if answer is not None:
        usual, other = ways if answer else ways[::-1]
        usual.say(m, asked, default)
        other.say(m, asked, Option(UNKNOWN, value.name))


def _among(m: Machine, test: Any, ways: tuple[Narrowing, Narrowing]) -> None:
    """What `x in ("a", "b")` says of `x`."""
    _, _, asked, items = test
    if asked is None or asked[0] not in ("name", "attr", "index") or items is None or items[0] != "seq":
        return
    if items[2] and all(item is not None and item[0] == "const" for item in items[2]):
        _one_of(m, asked, evaluate.evaluate(m, asked), [Const(item[1]) for item in items[2]], ways)


def _one_of(
    m: Machine, asked: Expression, value: Value, given: Sequence[Const], ways: tuple[Narrowing, Narrowing]
) -> None:
    """Note that a value which may be any of several, or anything, is one of these on one way, and none on the other."""
    parts = list(alternatives(value))
    if not all(part is UNKNOWN or isinstance(part, Const) for part in parts):
        return
    yes, no = ways
    yes.say(m, asked, any_of([part for part in given if part in parts or UNKNOWN in parts]))
    rest = [part for part in parts if part not in given]
    if rest and len(rest) < len(parts):
        no.say(m, asked, any_of(rest))


def _negative(value: Const) -> bool:
    return isinstance(value.value, (int, float)) and value.value < 0


def _given(value: Value) -> Value | None:
    """A value that may be None, where it is not; None if there is nothing to say."""
    if isinstance(value, Option) and value.default == NONE:
        return Option(UNKNOWN, value.name)
    if isinstance(value, Alternatives) and NONE in value.values:
        rest = [part for part in value.values if part != NONE]
        return next(iter(rest)) if len(rest) == 1 else Alternatives(rest)
    return None


class Narrowing:
    """What is known of variables and of cells of the heap within one branch."""

    def __init__(self) -> None:
        self.variables: dict[str, Value] = {}
        self.cells: list[tuple[Cell, Any, Value]] = []
        self.stored = False
        self._before: list[Value | None] = []

    def also(self, other: Narrowing) -> None:
        """Add what another test says."""
        self.variables.update(other.variables)
        self.cells += other.cells

    def say(self, m: Machine, asked: Expression, value: Value) -> None:
        """Note that the asked expression has this value."""
        assert asked is not None
        if asked[0] == "name":
            self.variables[asked[1]] = value
            return
        owner = evaluate.evaluate(m, asked[1])
        if asked[0] == "attr" and isinstance(owner, (Object, ExternalObject)):
            self.cells.append((m.heap[owner.id], asked[2], value))
        elif isinstance(owner, Container) and owner.kind == "dict":
            key = Const(asked[2]) if asked[0] == "attr" else evaluate.evaluate(m, asked[2])
            self.cells.append((m.heap[owner.id], key, value))

    def held(self) -> AbstractContextManager[None]:
        """Let the cells hold what is known; what the branch itself stores there stays."""
        return self

    def __enter__(self) -> None:
        self._before = [cell.get(key) for cell, key, _ in self.cells]
        for cell, key, value in self.cells:
            cell.assume(key, value)

    def __exit__(self, *_: object) -> None:
        for (cell, key, value), old in zip(self.cells, self._before, strict=True):
            if cell.get(key) is value:
                cell.assume(key, old)
            else:
                self.stored = True

    def give_back(self) -> None:
        """Where another branch has stored something, leave beside it the option that this branch keeps."""
        for cell, key, value in self.cells if not self.stored else ():
            stored = cell.get(key)
            if isinstance(value, Option) and stored is not None:
                cell[key] = Option(stored, value.name) if isinstance(stored, Const) else join(stored, value)
