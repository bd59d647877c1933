"""What happens when a value is iterated, and what each item is."""

from __future__ import annotations

from seedlint.flow import attribute, calls, containers, library
from seedlint.flow.machine import Machine
from seedlint.flow.values import (
    UNKNOWN,
    Const,
    Container,
    Entropy,
    External,
    ExternalMethod,
    ExternalObject,
    Lazy,
    Method,
    Object,
    Through,
    Tuple,
    Value,
    View,
    alternatives,
    join,
)
from seedlint.index.summary import GENERATOR_EXPRESSION, Position


def iterate(m: Machine, value: Value, pos: Position) -> Value:
    """Iterate a value, doing what that does, and return what an item may be."""
    out: Value | None = None
    for part in alternatives(value):
        item = _iterate_one(m, part, pos)
        out = item if out is None else join(out, item)
    return UNKNOWN if out is None else out


def awaited(m: Machine, value: Value) -> Value:
    """Run the coroutines that a value may be, and return what they give."""
    out: Value | None = None
    for part in alternatives(value):
        if isinstance(part, Lazy) and "async" in part.function.record[5]:
            part = run(m, part, part.pos)
        out = part if out is None else join(out, part)
    return UNKNOWN if out is None else out


def consumed(m: Machine, args: calls.Arguments, pos: Position) -> None:
    """Run the coroutines and generator expressions that a library is given: it runs them before it returns."""
    for value in (*args.positional, *args.keywords.values()):
        if isinstance(value, Lazy):
            record = value.function.record
            if "async" in record[5] or record[0] == GENERATOR_EXPRESSION:
                run(m, value, pos)


def run(m: Machine, value: Lazy, pos: Position) -> Value:
    """Run the body of a generator or coroutine."""
    args = calls.Arguments(value.args, dict(value.keywords))
    return calls.call_function(m, value.function, args, pos, value.function.name, running=True)


def _iterate_one(m: Machine, value: Value, pos: Position) -> Value:
    if isinstance(value, Lazy):
        return run(m, value, pos)
    if isinstance(value, Through):
        return _through(m, value, pos)
    if isinstance(value, Object):
        return _object(m, value, pos)
    if isinstance(value, ExternalObject):
        return library.iterate_external(m, value, pos)
    return element(m, value)


def _through(m: Machine, value: Through, pos: Position) -> Value:
    items = [iterate(m, item, pos) for item in value.items]
    if value.calls is not None:
        result = calls.call(m, value.calls, calls.Arguments(items), pos, value.kind)
        return items[0] if value.kind == "filter" and items else result
    if value.kind == "zip":
        return Tuple(tuple(items))
    if value.kind == "enumerate":
        return Tuple((UNKNOWN, *items[:1]))
    return items[0] if items else UNKNOWN


def _object(m: Machine, value: Object, pos: Position) -> Value:
    result = iterator(m, value, pos)
    if result is not None:
        item = following(m, value, pos) if any(p == value for p in alternatives(result)) else None
        if item is not None:
            return item
        return iterate(m, result, pos) if result != value else UNKNOWN
    if isinstance(attribute.get_attribute(m, value, "__iter__"), ExternalMethod):
        return library.iterate_external(m, value, pos)
    item = following(m, value, pos)
    return calls.call_method(m, value, "__getitem__", [UNKNOWN], pos) if item is None else item


def iterator(m: Machine, value: Value, pos: Position) -> Value | None:
    """What `__iter__` of an object of the project gives; None if it has none."""
    return _special(m, value, "__iter__", pos)


def following(m: Machine, value: Value, pos: Position) -> Value | None:
    """What `__next__` of an object of the project gives; None if it has none."""
    return _special(m, value, "__next__", pos)


def _special(m: Machine, value: Value, name: str, pos: Position) -> Value | None:
    method = attribute.get_attribute(m, value, name) if isinstance(value, Object) else None
    return calls.call(m, method, calls.Arguments(), pos, name) if isinstance(method, Method) else None


def element(m: Machine, value: Value) -> Value:
    """What an item of a container may be, without any effect."""
    if isinstance(value, Tuple):
        out: Value | None = None
        for item in value.items:
            out = item if out is None else join(out, item)
        return UNKNOWN if out is None else out
    if isinstance(value, Container):
        return containers.any_item(m, value)
    if isinstance(value, Entropy):
        return value
    if isinstance(value, (Const, External, View)):
        return UNKNOWN
    return UNKNOWN


def known_items(m: Machine, value: Value) -> list[Value] | None:
    """All items in order, if every one is known."""
    if isinstance(value, Tuple):
        return list(value.items)
    if isinstance(value, Container) and value.kind != "dict":
        return containers.list_items(m, value)
    return None
