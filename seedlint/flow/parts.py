"""What objects consist of, and which of them a value that is filled in place is a part of."""

from __future__ import annotations

from typing import Any

from seedlint.flow import library
from seedlint.flow.heap import WITH_CELLS
from seedlint.flow.machine import Machine
from seedlint.flow.values import UNKNOWN, Alternatives, ExternalObject, Object, Tuple, Value, alternatives


def held(m: Machine, owner: Value) -> frozenset[int]:
    """An object, and all that it holds: the modules that a module is made of."""
    found: set[int] = set()
    waiting: list[Any] = [owner]
    while waiting:
        value = waiting.pop()
        kind = type(value)
        if kind is Alternatives:
            waiting += value.values
        elif kind is Tuple:
            waiting += value.items
        elif kind in WITH_CELLS and value.id not in found:
            found.add(value.id)
            waiting += m.heap[value.id].values()
    return frozenset(found)


def filled(m: Machine, value: Value) -> tuple[int, ...] | None:
    """The modules of which what a draw fills is a part, one for each that it may be; none if nobody knows one.

    None where what is filled is known to be no part of a module. What nobody knows is taken for a part of the
    module whose method runs.
    """
    module = _running(m)
    found = []
    for part in alternatives(value):
        number = _outermost(m, part.id) if isinstance(part, ExternalObject) else 0
        if not number and module is not None and (part is UNKNOWN or _is_in(m, part, module)):
            number = module.id
        if not number and part is not UNKNOWN:
            return None
        found.append(number)
    return tuple(found) if all(found) else ()


def _running(m: Machine) -> Object | None:
    """The module whose method runs."""
    function = m.frame.function
    if function is None or function.owner is None or not function.record[2]:
        return None
    receiver = m.frame.scope.variables.get(function.record[2][0][0])
    return receiver if isinstance(receiver, Object) and library.is_module(m, receiver.cls) else None


def _outermost(m: Machine, number: int) -> int:
    """The object that has this one as an attribute by its table, and is none itself; 0 if there is none."""
    number = m.owners.get(number, 0)
    while number in m.owners:
        number = m.owners[number]
    return number


def _is_in(m: Machine, value: Value, owner: Object) -> bool:
    return isinstance(value, ExternalObject) and value.id in held(m, owner)
