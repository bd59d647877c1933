"""What happens when a value is iterated, and what each item is."""

from __future__ import annotations

from seedlint.flow import attribute, calls, containers, library
from seedlint.flow.machine import Machine
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Alternatives,
    Class,
    Container,
    Entropy,
    ExternalMethod,
    ExternalObject,
    Lazy,
    Method,
    Object,
    Through,
    Tuple,
    Value,
    alternatives,
    any_of,
)
from seedlint.index.summary import GENERATOR_EXPRESSION, Position

_NAMED_TUPLE = "typing.NamedTuple"
MOST_ITERATORS = 500
"""Iterators that may run for one item of an iterator: where loops wrap them again and again, there is no end."""


def iterate(m: Machine, value: Value, pos: Position) -> Value:
    """Iterate a value, doing what that does, and return what an item may be."""
    return any_of(_iterate_one(m, part, pos) for part in alternatives(value))


def awaited(m: Machine, value: Value) -> Value:
    """Run the coroutines that a value may be, and return what they give."""
    return any_of(
        run(m, part, part.pos) if isinstance(part, Lazy) and "async" in part.function.record[5] else part
        for part in alternatives(value)
    )


def consumed(m: Machine, args: calls.Arguments, pos: Position) -> None:
    """Run the coroutines and generator expressions that a library is given: it runs them once, before it returns."""
    args.positional = [_consumed_one(m, value, pos) for value in args.positional]
    args.keywords = {name: _consumed_one(m, value, pos) for name, value in args.keywords.items()}


def _consumed_one(m: Machine, value: Value, pos: Position) -> Value:
    if not isinstance(value, Lazy):
        return value
    record = value.function.record
    if "async" in record[5]:
        run(m, value, pos)
    elif record[0] == GENERATOR_EXPRESSION:
        return containers.make_list(m, "list", [run(m, value, pos)], False, record[1])
    return value


def run(m: Machine, value: Lazy, pos: Position) -> Value:
    """Run the body of a generator or coroutine."""
    args = calls.Arguments(value.args, dict(value.keywords))
    return calls.call_function(m, value.function, args, pos, value.function.name, running=True)


def _iterate_one(m: Machine, value: Value, pos: Position) -> Value:
    """Iterate one value; what iterators over many others reach by several ways gives its item once."""
    if not m.iterators:
        return _item(m, value, pos)
    key = (id(m.frame), value if isinstance(value, (Object, ExternalObject)) else id(value))
    found = m.taken.get(key)
    if found is None:
        found = m.taken[key] = (_item(m, value, pos), value, m.frame)
    return found[0]


def _item(m: Machine, value: Value, pos: Position) -> Value:
    if isinstance(value, Lazy):
        return run(m, value, pos)
    if isinstance(value, Through):
        return _through(m, value, pos)
    if isinstance(value, Object):
        return _object(m, value, pos)
    if isinstance(value, ExternalObject) and value.cls != containers.RECORD:
        return library.iterate_external(m, value, pos)
    return element(m, value)


def _through(m: Machine, value: Through, pos: Position) -> Value:
    """Iterate what an iterator goes through; of iterators over many others no more than a number."""
    if m.iterators >= MOST_ITERATORS:
        return UNKNOWN
    outer, m.iterators = m.iterators, m.iterators + 1
    try:
        return _next_of(m, value, pos)
    finally:
        if not outer:
            m.iterators = 0
            m.taken.clear()


def _next_of(m: Machine, value: Through, pos: Position) -> Value:
    items = [iterate(m, item, pos) for item in value.items]
    if value.calls is not None:
        result = calls.call(m, value.calls, calls.Arguments(items), pos, value.kind)
        return items[0] if value.kind == "filter" and items else result
    if value.kind == "zip":
        return Tuple(tuple(items))
    if value.kind == "chain":
        return any_of(items)
    if value.kind == "flat":
        return iterate(m, any_of(items), pos)
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
    if isinstance(value, (Tuple, ExternalObject)):
        return any_of(known_items(m, value) or ())
    if isinstance(value, Container):
        return containers.any_item(m, value)
    if isinstance(value, Alternatives):
        return any_of(element(m, part) for part in value.values if part != NONE)
    return value if isinstance(value, Entropy) else UNKNOWN


def known_items(m: Machine, value: Value) -> list[Value] | None:
    """All items in order, if every one is known."""
    if isinstance(value, Tuple):
        return list(value.items)
    if isinstance(value, Container) and value.kind != "dict":
        return containers.list_items(m, value)
    if isinstance(value, Alternatives):
        return _items_of_each(m, value)
    if isinstance(value, ExternalObject) and value.cls == containers.RECORD:
        return list(m.heap[value.id].values())
    if isinstance(value, Object) and _NAMED_TUPLE in value.cls.mro:
        cell = m.heap[value.id]
        return [cell.get(name, UNKNOWN) for item in value.cls.mro if isinstance(item, Class) for name in item.fields]
    return None


def taken_items(m: Machine, value: Value, pos: Position) -> list[Value] | None:
    """All items in order, if every one is known; what is mapped over known items is called for each of them."""
    if not (isinstance(value, Through) and value.calls is not None and value.kind == "map" and len(value.items) == 1):
        return known_items(m, value)
    items = known_items(m, value.items[0])
    if items is None:
        return None
    return [calls.call(m, value.calls, calls.Arguments([item]), pos, "map") for item in items]


def _items_of_each(m: Machine, value: Alternatives) -> list[Value] | None:
    """The items of sequences that are all known and of one length, place by place."""
    found = [known_items(m, part) for part in value.values if part != NONE]
    rows = [items for items in found if items is not None]
    if not rows or len(rows) < len(found) or len({len(items) for items in rows}) > 1:
        return None
    return [any_of(column) for column in zip(*rows, strict=True)]


def unpacked(m: Machine, value: Value, count: int, star: int | None, pos: Position) -> list[Value]:
    """What each of `count` targets gets, of all that a value may be and that has as many items.

    The target at place `star` takes what the others leave.
    """
    parts = list(alternatives(value))
    known = [taken_items(m, part, pos) for part in parts]
    rows = [_fitted(m, items, count, star, pos) for items in known if items is not None and _fits(items, count, star)]
    for part, items in zip(parts, known, strict=True):
        if items is None and isinstance(part, (Container, Lazy, Object, Through, Entropy)):
            each = iterate(m, part, pos)
            rows.append([each if i != star else _rest(m, [each], False, pos) for i in range(count)])
    if not rows or UNKNOWN in parts:
        rows.append([UNKNOWN] * count)
    return [any_of(column) for column in zip(*rows, strict=True)]


def _fits(items: list[Value], count: int, star: int | None) -> bool:
    return len(items) == count if star is None else len(items) >= count - 1


def _fitted(m: Machine, items: list[Value], count: int, star: int | None, pos: Position) -> list[Value]:
    if star is None:
        return items
    end = len(items) - (count - 1 - star)
    return [*items[:star], _rest(m, items[star:end], True, pos), *items[end:]]


def _rest(m: Machine, items: list[Value], whole: bool, pos: Position) -> Value:
    """The list that a starred target takes."""
    return containers.make_list(m, "list", items, whole, pos)
