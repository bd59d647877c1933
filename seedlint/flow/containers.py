"""Lists, sets, dictionaries and views: what they hold, and what their methods do."""

from __future__ import annotations

from seedlint.flow import attribute, builtin, calls, iterate, options, texts
from seedlint.flow.machine import Machine
from seedlint.flow.values import (
    NONE,
    UNKNOWN,
    Alternatives,
    Const,
    Container,
    External,
    ExternalObject,
    Object,
    Option,
    Through,
    Tuple,
    Value,
    View,
    join,
)
from seedlint.index.summary import Position

OTHERS = "<others>"
"""The heap key of a container's items whose place is not known."""
LENGTH = "<length>"
ABSENT = External("<absent>")
"""Beside a value: an entry that some runs do not have."""
LONGEST_LIST = 64


def make_list(m: Machine, kind: str, values: list[Value], whole: bool, pos: Position) -> Value:
    """A list or set of known items, or of some items where not `whole`."""
    number = m.allocate(pos, "list")
    cell = m.heap[number]
    if whole and len(values) <= LONGEST_LIST and OTHERS not in cell:
        cell.setdefault(LENGTH, Const(len(values)))
        for i, value in enumerate(values):
            m.store(number, i, value)
    else:
        for value in values:
            cell[OTHERS] = join(cell[OTHERS], value) if OTHERS in cell else value
    return Container("list" if kind == "tuple" else kind, number)


def with_item(m: Machine, owner: int, name: str, value: Value) -> Container:
    """The list that an object holds under a name, with one more item."""
    held = m.heap[owner].get(name)
    out = held if isinstance(held, Container) else Container("list", m.identity("kept", owner, name))
    set_item(m, out, UNKNOWN, value)
    return out


def list_items(m: Machine, value: Container) -> list[Value] | None:
    """A list's items, if all are known in order."""
    cell = m.heap[value.id]
    length = cell.get(LENGTH)
    if OTHERS in cell or not isinstance(length, Const):
        return None
    return [cell.get(i, UNKNOWN) for i in range(length.value)]


def make_dict(m: Machine, pos: Position) -> Container:
    """The dictionary made at a place of the running body."""
    return Container("dict", m.allocate(pos, "dict"))


def set_item(m: Machine, owner: Container, key: Value, value: Value, fresh: bool = False) -> None:
    """Store under a key; where the key is not known, among the others."""
    cell = m.heap[owner.id]
    if isinstance(key, Const):
        if key not in cell and m.conditional and not fresh:
            value = join(value, ABSENT)
        m.store(owner.id, key, value)
    else:
        cell[OTHERS] = join(cell[OTHERS], value) if OTHERS in cell else value
        if owner.kind != "dict":
            cell.pop(LENGTH, None)


def get_item(m: Machine, owner: Container, key: Value) -> Value:
    """What lies under a key."""
    cell = m.heap[owner.id]
    if isinstance(key, Option):
        key = key.default
    if isinstance(key, Const):
        found = cell.get(key if owner.kind == "dict" else key.value)
        if found is not None:
            return present(found, UNKNOWN)
        return cell.get(OTHERS, UNKNOWN)
    return any_item(m, owner)


def present(value: Value, default: Value) -> Value:
    """An argument or entry, or its default where some runs do not have it."""
    if isinstance(value, Alternatives) and ABSENT in value.values:
        rest = [part for part in value.values if part != ABSENT]
        known = next(iter(rest)) if len(rest) == 1 else Alternatives(rest)
        return known if default is UNKNOWN else join(known, default)
    return value


def any_item(m: Machine, owner: Container) -> Value:
    """What any item may be."""
    out: Value | None = None
    for key, value in list(m.heap[owner.id].items()):
        if key == LENGTH:
            continue
        value = present(value, UNKNOWN)
        out = value if out is None else join(out, value)
    return UNKNOWN if out is None else out


def update(m: Machine, owner: Container, other: Value) -> None:
    """`owner.update(other)`."""
    known, whole = known_entries(m, other)
    for key, value in known.items():
        set_item(m, owner, Const(key), value)
    if not whole and isinstance(other, Container):
        set_item(m, owner, UNKNOWN, any_item(m, other))
    elif not whole:
        m.heap[owner.id].setdefault(OTHERS, UNKNOWN)


def known_entries(m: Machine, value: Value) -> tuple[dict[str, Value], bool]:
    """(the entries with known text keys, whether those are all)."""
    if isinstance(value, Container) and value.kind == "dict":
        cell = m.heap[value.id]
        known = {key.value: item for key, item in cell.items() if isinstance(key, Const) and isinstance(key.value, str)}
        return known, OTHERS not in cell
    if isinstance(value, View) and isinstance(value.value, (Object, ExternalObject)):
        if isinstance(value.value, ExternalObject) and value.value.cls == options.NAMESPACE:
            return options.declared_options(m, value.value), True
        cell = m.heap[value.value.id]
        return {k: v for k, v in cell.items() if isinstance(k, str) and not k.startswith("<")}, False
    if isinstance(value, Alternatives):
        out: dict[str, Value] = {}
        whole = True
        for part in value.values:
            known, all_of_it = known_entries(m, part)
            whole = whole and all_of_it
            for key, item in known.items():
                out[key] = join(out[key], item) if key in out else join(item, ABSENT)
        return out, whole
    return {}, False


def attribute_of_dict(m: Machine, owner: Value, name: str) -> Value | None:
    """`config.name` on a mapping that allows it; None if there is no such key."""
    if isinstance(owner, Container) and owner.kind == "dict":
        return m.heap[owner.id].get(Const(name))
    return None


def extend(m: Machine, owner: Container, other: Value) -> None:
    """`owner += other`."""
    if owner.kind == "dict":
        update(m, owner, other)
    else:
        set_item(m, owner, UNKNOWN, iterate.element(m, other))


def concatenate(m: Machine, operands: list[Value]) -> Value:
    """`a + b` of lists, `a | b` of dictionaries."""
    number = m.identity("concatenation", tuple(operands))
    if any(isinstance(o, Container) and o.kind == "dict" for o in operands):
        out = Container("dict", number)
        for operand in operands:
            update(m, out, operand)
        return out
    for operand in operands:
        item = iterate.element(m, operand)
        cell = m.heap[number]
        cell[OTHERS] = join(cell[OTHERS], item) if OTHERS in cell else item
    return Container("list", number)


def call_method(m: Machine, owner: Value, name: str, args: calls.Arguments, pos: Position) -> Value:
    """A method of a list, dictionary, set or string."""
    values = args.positional
    if isinstance(owner, View):
        return _view_method(m, owner, name, values, pos)
    if not isinstance(owner, Container):
        text = texts.formatted(m, owner, "{}", values) if name == "format" and not args.keywords else None
        iterate.consumed(m, args, pos)
        return UNKNOWN if text is None else text
    if name in ("append", "add", "appendleft", "put") and values:
        _append(m, owner, values[0])
    elif name == "insert" and len(values) > 1:
        set_item(m, owner, UNKNOWN, values[1])
    elif name in ("extend", "update"):
        for value in values:
            if owner.kind != "dict":
                iterate.iterate(m, value, pos)
            extend(m, owner, value)
        for key, value in args.keywords.items():
            set_item(m, owner, Const(key), value)
    elif name in ("get", "pop", "setdefault"):
        return _get(m, owner, name, values)
    elif name == "items":
        return Through((make_list(m, "list", [Tuple((UNKNOWN, any_item(m, owner)))], False, pos),))
    elif name == "values":
        return make_list(m, "list", [any_item(m, owner)], False, pos)
    elif name == "keys":
        keys: list[Value] = [k for k in m.heap[owner.id] if isinstance(k, Const)]
        return make_list(m, "list", keys, OTHERS not in m.heap[owner.id], pos)
    elif name == "copy":
        return owner
    elif name == "sort":
        builtin.apply_key(m, args.before(owner), pos)
    return UNKNOWN


def _append(m: Machine, owner: Container, value: Value) -> None:
    cell = m.heap[owner.id]
    for i, item in cell.items():
        if item == value and i != LENGTH:
            cell.pop(LENGTH, None)
            cell.setdefault(OTHERS, value)
            return
    length = cell.get(LENGTH)
    if isinstance(length, Const) and length.value < LONGEST_LIST and OTHERS not in cell:
        cell[length.value] = value
        cell[LENGTH] = Const(length.value + 1)
    else:
        set_item(m, owner, UNKNOWN, value)


def _get(m: Machine, owner: Container, name: str, values: list[Value]) -> Value:
    default = values[1] if len(values) > 1 else NONE
    if not values:
        return any_item(m, owner)
    key = values[0]
    cell = m.heap[owner.id]
    if isinstance(key, Const) and owner.kind == "dict" and key not in cell:
        if name == "setdefault":
            set_item(m, owner, key, default)
            return default
        return (
            default
            if OTHERS not in cell
            else Option(default)
            if isinstance(default, Const) and default != NONE
            else UNKNOWN
        )
    value = get_item(m, owner, key)
    return value if isinstance(key, Const) else join(value, default)


def _view_method(m: Machine, owner: View, name: str, values: list[Value], pos: Position) -> Value:
    if name in ("get", "pop") and values:
        key = values[0]
        if isinstance(key, Const) and isinstance(key.value, str):
            found = attribute.get_attribute(m, owner.value, key.value)
            return found if found is not UNKNOWN or len(values) < 2 else Option(values[1])
        return attribute.any_attribute(m, owner.value)
    if name in ("items", "values"):
        options.note(m, [owner])
    if name == "values":
        return make_list(m, "list", [attribute.any_attribute(m, owner.value)], False, pos)
    if name == "items":
        return make_list(m, "list", [Tuple((UNKNOWN, attribute.any_attribute(m, owner.value)))], False, pos)
    if name == "update" and isinstance(owner.value, (Object, ExternalObject)):
        for value in values:
            for word, item in known_entries(m, value)[0].items():
                m.store(owner.value.id, word, item)
    return UNKNOWN
